"""Modelled functions: no process, the world's time alone, and said so everywhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.lambda_.packaged import invoke, logged, modelled, role


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    role(aws, [{"Effect": "Allow", "Action": ["logs:*", "sqs:*"], "Resource": "*"}])
    yield aws
    aws.world.close()


async def test_it_takes_its_time_and_says_that_it_is_modelled(work: Aws) -> None:
    await modelled(work, "duration_ms = 250.0\ninit_ms = 700.0\nmemory_mib = 60.0\nresponse = {a = 1}\n")
    began = work.now
    assert (await invoke(work))["Payload"] == {"a": 1}
    assert work.now == began + 950
    report = logged(work)[-1]
    assert "\tDuration: 250.00 ms\tBilled Duration: 950 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB" in report
    assert report.endswith("\tInit Duration: 700.00 ms\tModelled: true\t\n")
    assert work.events("lambda.Invoked")[0].facts["is_modelled"] is True


@pytest.mark.parametrize(("memory_mib", "took_ms"), [(128, 13820), (1769, 1000), (3008, 1000)])
async def test_what_computes_takes_longer_with_less_memory(work: Aws, memory_mib: int, took_ms: int) -> None:
    await modelled(work, "duration_ms = 1000.0\ncpu_bound = true\n", MemorySize=memory_mib, Timeout=60)
    await invoke(work)
    assert work.events("lambda.Invoked")[0].facts["duration_ms"] == took_ms


async def test_one_that_takes_too_long_times_out(work: Aws) -> None:
    await modelled(work, "duration_ms = 5000.0\n", Timeout=3)
    answer = await invoke(work)
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert work.events("lambda.Invoked")[0].facts["duration_ms"] == 3_000


async def test_one_that_needs_too_much_memory_is_killed(work: Aws) -> None:
    await modelled(work, "memory_mib = 300.0\n")
    answer = await invoke(work)
    assert answer["Payload"]["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


async def test_its_draws_follow_the_distribution_and_the_seed(work: Aws) -> None:
    await modelled(work, "duration_ms = {p50 = 100, p99 = 1000}\n", Timeout=60)
    for _ in range(200):
        await invoke(work)
    took = sorted(event.facts["duration_ms"] for event in work.events("lambda.Invoked"))
    assert 80 < took[100] < 125
    assert took[-1] > 400


async def test_its_calls_are_made_with_its_role(work: Aws) -> None:
    work.sqs.create_queue({"QueueName": "q"})
    url = "https://sqs.us-east-1.amazonaws.com/111122223333/q"
    call = (
        f'[[calls]]\nservice = "sqs"\noperation = "send_message"\nrequest = {{QueueUrl = "{url}", MessageBody = "x"}}\n'
    )
    await modelled(work, call)
    await invoke(work)
    assert ":assumed-role/function/work" in work.events("sqs.MessageSent")[0].principal
    await modelled(work, call.replace('/q"', '/none"'), "lost")
    answer = await invoke(work, name="lost")
    assert answer["Payload"]["errorType"] == "ClientError"
    assert "when calling the SendMessage operation" in answer["Payload"]["errorMessage"]


async def test_a_text_becomes_bytes_where_the_api_wants_bytes(work: Aws) -> None:
    role_may_put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [role_may_put]})
    work.iam.put_role_policy({"RoleName": "function", "PolicyName": "put", "PolicyDocument": policy})
    work.s3.create_bucket({"Bucket": "receipts"})
    put = '[[calls]]\nservice = "s3"\noperation = "put_object"\n'
    await modelled(
        work, put + 'request = {Bucket = "receipts", Key = "r", Body = "Thank you", Metadata = {by = "${uuid}"}}\n'
    )
    assert "FunctionError" not in await invoke(work)
    head = work.s3.head_object({"Bucket": "receipts", "Key": "r"})
    assert head["ContentLength"] == len("Thank you")
    assert len(head["Metadata"]["by"]) == 36


async def test_a_model_that_makes_no_sense_is_refused_with_the_reason(work: Aws) -> None:
    await modelled(work, "duration = 3\n")
    with pytest.raises(AwsError, match=r"foulweather\.toml does not describe a function: .*duration"):
        await invoke(work)


async def test_a_published_version_with_snap_start_is_restored_and_its_report_says_so(aws: Aws) -> None:
    role(aws)
    await modelled(
        aws, "init_ms = 200.0\n", Runtime="python3.13", SnapStart={"ApplyOn": "PublishedVersions"}, Publish=True
    )
    await aws.advance(seconds=180)
    await invoke(aws, Qualifier="1")
    lines = logged(aws)
    assert lines[0].startswith("RESTORE_START Runtime Version: python:3.13.v1\tRuntime Version ARN: ")
    report = next(line for line in lines if line.startswith("REPORT"))
    assert "\tRestore Duration: 200.00 ms\tBilled Restore Duration: 200 ms\t" in report
    assert "Init Duration" not in report
