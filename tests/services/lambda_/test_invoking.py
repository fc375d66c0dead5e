"""Invoke: what is answered, what is logged, how time passes, and how a function ends."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from harness import Aws, new_aws
from services.lambda_.packaged import ROLE, function, invoke, logged, made, role, zipped

CODE = """
import os, time
count = 0
if os.environ.get("INIT_S"):
    time.sleep(float(os.environ["INIT_S"]))

def handler(event, context):
    global count
    count += 1
    what = event.get("do", "")
    if what == "sleep":
        time.sleep(event["s"])
    elif what == "raise":
        raise ValueError("no")
    elif what == "exit":
        os._exit(event["status"])
    elif what == "spin":
        while True: pass
    elif what == "eat":
        held = bytearray(event["mib"] << 20); time.sleep(0.2); time.sleep(0.2)
    elif what == "key":
        return os.environ["AWS_ACCESS_KEY_ID"]
    elif what == "print":
        print("printed")
    elif what == "client":
        told = context.client_context
        return told and [told.custom, told.env, told.client and told.client.app_title]
    return {"count": count, "event": event, "left": context.get_remaining_time_in_millis(),
            "arn": context.invoked_function_arn, "version": context.function_version}
"""


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    role(aws)
    await function(aws, CODE, Timeout=60)
    yield aws
    aws.world.close()


async def test_the_answer_comes_from_the_code(work: Aws) -> None:
    answer = await invoke(work, {"a": 1})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["Payload"]["event"] == {"a": 1}
    assert answer["Payload"]["left"] == 60_000
    assert "FunctionError" not in answer


async def test_what_a_client_tells_of_itself_has_the_attributes_that_python_handlers_ask(work: Aws) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    told = {"client": {"app_title": "shop"}, "custom": {"a": 1}}
    encoded = base64.b64encode(json.dumps(told).encode()).decode()
    assert (await invoke(work, {"do": "client"}, ClientContext=encoded))["Payload"] == [{"a": 1}, None, "shop"]
    assert (await invoke(work, {"do": "client"}, ClientContext="e30="))["Payload"] == [None, None, None]
    assert (await invoke(work, {"do": "client"}))["Payload"] is None


async def test_an_environment_is_used_again_and_a_changed_function_gets_a_new_one(work: Aws) -> None:
    assert [(await invoke(work))["Payload"]["count"] for _ in range(3)] == [1, 2, 3]
    await work.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 59})
    await work.advance(seconds=5)
    assert (await invoke(work))["Payload"]["count"] == 1
    assert [event.facts["is_cold"] for event in work.events("lambda.Invoked")] == [True, False, False, True]


async def test_an_environment_that_is_idle_for_long_is_let_go(work: Aws) -> None:
    await invoke(work)
    await work.advance(seconds=300)
    assert (await invoke(work))["Payload"]["count"] == 2
    await work.advance(seconds=601)
    assert (await invoke(work))["Payload"]["count"] == 1


async def test_forty_seconds_of_sleep_are_gone_at_once_and_no_more(work: Aws) -> None:
    began = work.now
    await invoke(work, {"do": "sleep", "s": 40})
    assert work.now == began + 40_000
    event = work.events("lambda.Invoked")[-1]
    assert (event.facts["duration_ms"], event.facts["billed_ms"]) == (40_000, 40_000)
    assert work.world.in_flight == 0


async def test_what_is_due_meanwhile_happens_in_its_time(work: Aws) -> None:
    rung: list[int] = []
    for s in (10, 20, 50):
        work.world.agenda.alarm(work.now + s * 1000, lambda: rung.append(work.now))
    began = work.now
    await invoke(work, {"do": "sleep", "s": 40})
    assert rung == [began + 10_000, began + 20_000]


async def test_the_log_has_the_lines_of_lambda_in_order(work: Aws) -> None:
    answer = await invoke(work, {"do": "print"}, LogType="Tail")
    request_id = work.events("lambda.Invoked")[-1].request_id
    lines = logged(work)
    assert lines[0].startswith("INIT_START Runtime Version: python:3.11.v1\tRuntime Version ARN: arn:aws:lambda:")
    assert lines[1:4] == [
        f"START RequestId: {request_id} Version: $LATEST\n", "printed\n", f"END RequestId: {request_id}\n"
    ]  # fmt: skip
    assert lines[4].startswith(f"REPORT RequestId: {request_id}\tDuration: 0.00 ms\tBilled Duration: 1 ms\t")
    assert "\tMemory Size: 128 MB\tMax Memory Used: " in lines[4]
    assert lines[4].endswith("\tInit Duration: 0.00 ms\t\n")
    assert base64.b64decode(answer["LogResult"]).decode() == "".join(lines[1:])


async def test_a_raised_exception_is_the_answer(work: Aws) -> None:
    answer = await invoke(work, {"do": "raise"})
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "ValueError"
    assert (await invoke(work))["Payload"]["count"] == 2


async def test_a_time_out_is_told_logged_and_costs_the_environment(work: Aws) -> None:
    began = work.now
    answer = await invoke(work, {"do": "sleep", "s": 61})
    request_id = work.events("lambda.Invoked")[-1].request_id
    assert work.now == began + 60_000
    assert answer["Payload"] == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 60.00 seconds",
    }
    assert [line for line in logged(work) if "Task timed out after 60.00 seconds" in line]
    assert logged(work)[-1].endswith("\tStatus: timeout\t\n")
    assert (await invoke(work))["Payload"]["count"] == 1


async def test_code_that_computes_for_ever_times_out_on_a_held_clock_too(work: Aws) -> None:
    await work.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 1})
    await work.advance(seconds=5)
    began = work.now
    answer = await invoke(work, {"do": "spin"})
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert work.now == began + 1_000


@pytest.mark.parametrize(
    ("status", "words"),
    [(3, "Runtime exited with error: exit status 3"), (0, "Runtime exited without providing a reason")],
)
async def test_an_exit_is_told(work: Aws, status: int, words: str) -> None:
    answer = await invoke(work, {"do": "exit", "status": status})
    request_id = work.events("lambda.Invoked")[-1].request_id
    assert answer["Payload"] == {
        "errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {words}"
    }  # fmt: skip
    assert "\tStatus: error\tError Type: Runtime.ExitError\t\n" in logged(work)[-1]


async def test_one_that_eats_too_much_memory_is_killed(work: Aws) -> None:
    answer = await invoke(work, {"do": "eat", "mib": 400})
    assert answer["Payload"]["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert "Max Memory Used: 128 MB" in logged(work)[-1]


async def test_a_slow_initialization_is_reported_and_paid_once(work: Aws) -> None:
    await function(work, CODE, "slow", Environment={"Variables": {"INIT_S": "4"}}, Timeout=60)
    began = work.now
    await invoke(work, name="slow")
    assert work.now == began + 4_000
    first, second = logged(work, "slow")[-1], (await invoke(work, name="slow"), logged(work, "slow")[-1])[1]
    assert "\tDuration: 0.00 ms\tBilled Duration: 4000 ms" in first
    assert "\tInit Duration: 4000.00 ms" in first
    assert "Init Duration" not in second


async def test_an_initialization_over_ten_seconds_is_done_again_in_the_invocation(work: Aws) -> None:
    await function(work, CODE, "slow", Environment={"Variables": {"INIT_S": "12"}}, Timeout=60)
    began = work.now
    answer = await invoke(work, {"a": 1}, name="slow")
    assert answer["Payload"]["event"] == {"a": 1}
    assert work.now == began + 22_000
    lines = logged(work, "slow")
    assert lines[1] == "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout\n"
    assert "\tDuration: 12000.00 ms\tBilled Duration: 12000 ms" in lines[-1]


async def test_code_that_cannot_be_loaded_is_told_twice_in_the_log(work: Aws) -> None:
    await made(work, {"other.py": ""}, "broken")
    answer = await invoke(work, name="broken")
    assert answer["Payload"]["errorType"] == "Runtime.ImportModuleError"
    phases = [line.split("\t")[1] for line in logged(work, "broken") if line.startswith("INIT_REPORT")]
    assert phases == ["Phase: init", "Phase: invoke"]
    assert "Status: error\tError Type: Runtime.ImportModuleError" in logged(work, "broken")[-1]


async def test_a_role_that_does_not_trust_lambda_any_more_stops_the_function(work: Aws) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    work.iam.update_assume_role_policy({"RoleName": "function", "PolicyDocument": document})
    with pytest.raises(AwsError, match="cannot be assumed by Lambda") as caught:
        await invoke(work)
    assert caught.value.why.because[0].decision == "denied"


async def test_a_role_without_permission_leaves_the_function_without_logs(aws: Aws) -> None:
    role(aws, statements=[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}])
    await function(aws, CODE)
    assert (await invoke(aws))["StatusCode"] == 200
    assert aws.logs.describe_log_groups({})["logGroups"] == []
    assert aws.events("lambda.LogsLost")[0].facts["error"] == "AccessDeniedException"
    trace = aws.world.state(Traces).find(aws.events("lambda.Invoked")[0].request_id)
    wrong = trace.first_wrong() if trace is not None else None
    assert wrong is not None
    assert wrong.why is not None
    assert wrong.why.because[0].decision == "denied"
    aws.world.close()


async def test_a_log_group_that_was_deleted_is_made_again(work: Aws) -> None:
    await invoke(work)
    work.logs.delete_log_group({"logGroupName": "/aws/lambda/work"})
    await invoke(work)
    assert [line.partition(" ")[0] for line in logged(work)] == ["START", "END", "REPORT"]


async def test_the_log_is_json_where_the_function_wants_it_so(work: Aws) -> None:
    await function(work, CODE, "json", LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"})
    await invoke(work, {"do": "print"}, name="json")
    events = work.logs.filter_log_events({"logGroupName": "/mine"})["events"]
    told = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
    assert [each["type"] for each in told] == ["platform.initStart", "platform.start", "platform.report"]
    assert told[-1]["record"]["metrics"]["billedDurationMs"] == 1
    assert told[-1]["record"]["status"] == "success"


async def test_the_function_has_credentials_of_its_role(work: Aws) -> None:
    key = (await invoke(work, {"do": "key"}))["Payload"]
    assert key.startswith("ASIA")
    assert work.events("sts.RoleAssumed")[-1].resource == ROLE


async def test_a_dry_run_runs_nothing(work: Aws) -> None:
    assert (await work.lambda_.invoke({"FunctionName": "work", "InvocationType": "DryRun"}))["StatusCode"] == 204
    assert work.events("lambda.Invoked") == []


async def test_an_alias_is_told_to_the_function(work: Aws) -> None:
    work.lambda_.publish_version({"FunctionName": "work"})
    await work.advance(seconds=5)
    work.lambda_.create_alias({"FunctionName": "work", "Name": "live", "FunctionVersion": "1"})
    answer = await invoke(work, Qualifier="live")
    assert answer["ExecutedVersion"] == answer["Payload"]["version"] == "1"
    assert answer["Payload"]["arn"].endswith(":function:work:live")


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"{no", "InvalidRequestContentException"), (b'"' + b"x" * 6_291_456 + b'"', "RequestTooLargeException")],
)
async def test_what_is_no_event_is_refused(work: Aws, payload: bytes, code: str) -> None:
    with pytest.raises(AwsError) as caught:
        await work.lambda_.invoke({"FunctionName": "work", "Payload": payload})
    assert caught.value.code == code


async def test_a_function_that_is_still_made_cannot_run(aws: Aws) -> None:
    role(aws)
    request = {"FunctionName": "new", "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE}
    await aws.lambda_.create_function({**request, "Code": {"ZipFile": zipped({"app.py": CODE})}})
    with pytest.raises(AwsError, match="currently in the following state: Pending"):
        await invoke(aws, name="new")


async def test_fifty_at_once_lose_and_double_no_answer(work: Aws) -> None:
    asked = [invoke(work, {"do": "sleep", "s": 1 + number % 7, "n": number}) for number in range(50)]
    answers = await asyncio.gather(*asked)
    assert [answer["Payload"]["event"]["n"] for answer in answers] == list(range(50))
    assert work.world.in_flight == 0


async def test_two_worlds_of_one_seed_tell_the_same() -> None:
    told: list[list[str]] = []
    for _ in range(2):
        aws = new_aws(seed=7)
        role(aws)
        await function(aws, CODE)
        for n in range(3):
            await invoke(aws, {"do": "sleep", "s": n})
        told.append(logged(aws))
        aws.world.close()
    assert [line for line in told[0] if "REPORT" not in line] == [line for line in told[1] if "REPORT" not in line]
