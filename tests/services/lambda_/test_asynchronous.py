"""Asynchronous invocations: retries, back-off, age, dead letters, destinations, loops."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from harness import ACCOUNT, REGION, Aws
from services.lambda_.calls import refused
from services.lambda_.packaged import modelled, role

FAILS = "error_rate = 1.0\nerror_message = 'always'\n"
WORKS = "duration_ms = 100.0\nresponse = {ok = true}\n"
ALL = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
QUEUE = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters"


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    role(aws, ALL)
    aws.sqs.create_queue({"QueueName": "letters"})
    yield aws
    aws.world.close()


async def send(aws: Aws, event: Any, name: str = "work") -> None:
    answer = await aws.lambda_.invoke(
        {"FunctionName": name, "InvocationType": "Event", "Payload": json.dumps(event).encode()}
    )
    assert answer == {"StatusCode": 202}


async def letters(aws: Aws) -> list[dict[str, Any]]:
    asked = {"QueueUrl": QUEUE, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    answer = aws.sqs.receive_message(asked)
    if inspect.isawaitable(answer):
        answer = await answer
    return answer.get("Messages", [])


def runs_ms(aws: Aws) -> list[int]:
    return [event.at_ms for event in aws.events("lambda.Invoked")]


async def test_a_success_runs_once_and_leaves_nothing(work: Aws) -> None:
    await modelled(work, WORKS)
    await send(work, {"a": 1})
    await work.advance(seconds=3600)
    assert len(runs_ms(work)) == 1
    assert len(work.events("lambda.AsyncEventReceived")) == 1
    assert work.events("lambda.AsyncEventDropped") == []


async def test_a_failure_is_tried_after_one_minute_and_two_more(work: Aws) -> None:
    await modelled(work, "duration_ms = 1.0\ninit_ms = 0.0\n" + FAILS)
    await send(work, {"a": 1})
    began = work.now
    await work.advance(seconds=3600)
    assert [at - began for at in runs_ms(work)] == [1, 60_002, 180_003]
    assert work.events("lambda.AsyncEventDropped")[0].facts["reason"] == "RetriesExhausted"


async def test_the_dead_letter_is_the_event_with_the_error_in_its_attributes(work: Aws) -> None:
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
    await modelled(work, FAILS, DeadLetterConfig={"TargetArn": target})
    await send(work, {"a": 1})
    await work.advance(seconds=3600)
    (letter,) = await letters(work)
    assert json.loads(letter["Body"]) == {"a": 1}
    told = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert (told["ErrorCode"], told["ErrorMessage"]) == ("200", "always")
    assert told["RequestID"] == work.events("lambda.AsyncEventReceived")[0].request_id


async def test_a_destination_gets_the_record_of_a_failure_and_another_that_of_a_success(work: Aws) -> None:
    target = {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"}
    await modelled(work, FAILS)
    await modelled(work, WORKS, "well")
    for name, which in (("work", "OnFailure"), ("well", "OnSuccess")):
        work.lambda_.put_function_event_invoke_config(
            {"FunctionName": name, "MaximumRetryAttempts": 1, "DestinationConfig": {which: target}}
        )
        await send(work, {"n": name}, name)
    await work.advance(seconds=3600)
    records = {record["requestPayload"]["n"]: record for record in map(_record, await letters(work))}
    failed, well = records["work"], records["well"]
    assert failed["requestContext"]["condition"] == "RetriesExhausted"
    assert failed["requestContext"]["approximateInvokeCount"] == 2
    assert failed["requestContext"]["functionArn"].endswith(":function:work:$LATEST")
    assert failed["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"
    }  # fmt: skip
    assert failed["responsePayload"]["errorMessage"] == "always"
    assert (well["requestContext"]["condition"], well["responsePayload"]) == ("Success", {"ok": True})


async def test_a_bus_gets_the_record_as_the_detail_of_an_event(work: Aws) -> None:
    bus = work.events_.create_event_bus({"Name": "outcomes"})["EventBusArn"]
    work.events_.put_rule({"Name": "all", "EventBusName": "outcomes", "EventPattern": '{"source":["lambda"]}'})
    letter_box = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
    work.events_.put_targets({"Rule": "all", "EventBusName": "outcomes", "Targets": [{"Id": "1", "Arn": letter_box}]})
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    work.sqs.set_queue_attributes({"QueueUrl": QUEUE, "Attributes": {"Policy": policy}})
    await modelled(work, FAILS)
    put = {"FunctionName": "work", "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": bus}}}
    assert work.lambda_.put_function_event_invoke_config(put)["DestinationConfig"]["OnFailure"] == {"Destination": bus}
    await send(work, {"n": 1})
    await work.advance(seconds=10)
    (event,) = [json.loads(letter["Body"]) for letter in await letters(work)]
    assert (event["source"], event["detail-type"]) == ("lambda", "Lambda Function Invocation Result - Failure")
    assert event["resources"] == [bus, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work:$LATEST"]
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"
    assert event["detail"]["requestPayload"] == {"n": 1}


async def test_a_bucket_gets_the_record_of_a_failure_and_none_of_a_success(work: Aws) -> None:
    work.s3.create_bucket({"Bucket": "outcomes"})
    bucket = {"Destination": "arn:aws:s3:::outcomes"}
    await modelled(work, FAILS)
    put = work.lambda_.put_function_event_invoke_config
    with refused("InvalidParameterValueException", "The destination ARN arn:aws:s3:::outcomes is invalid"):
        put({"FunctionName": "work", "DestinationConfig": {"OnSuccess": bucket}})
    put({"FunctionName": "work", "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": bucket}})
    await send(work, {"n": 1})
    await work.advance(seconds=10)
    listed = work.s3.list_objects_v2({"Bucket": "outcomes"})
    (kept,) = (await listed if inspect.isawaitable(listed) else listed)["Contents"]
    assert kept["Key"].startswith("aws/lambda/async/work/")


async def test_a_role_must_be_allowed_to_use_a_bus_or_a_bucket(aws: Aws) -> None:
    role(aws)
    await modelled(aws, WORKS)
    for arn, words in (
        (f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default", "call PutEvents on EventBridge"),
        ("arn:aws:s3:::outcomes", "call PutObject on S3"),
    ):
        asked = {"FunctionName": "work", "DestinationConfig": {"OnFailure": {"Destination": arn}}}
        with refused("InvalidParameterValueException", f"does not have permissions to {words}"):
            aws.lambda_.put_function_event_invoke_config(asked)
    aws.world.close()


async def test_a_destination_that_the_role_may_not_use_gets_nothing(work: Aws) -> None:
    target = {"Destination": f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"}
    await modelled(work, WORKS)
    work.lambda_.put_function_event_invoke_config({"FunctionName": "work", "DestinationConfig": {"OnSuccess": target}})
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    )
    work.iam.put_role_policy({"RoleName": "function", "PolicyName": "own", "PolicyDocument": document})
    await send(work, {})
    await work.advance(seconds=10)
    assert await letters(work) == []
    assert work.events("lambda.DestinationDeliveryFailed")[0].facts["error"].startswith("AccessDenied")


async def test_an_event_of_a_throttled_function_waits_longer_and_longer_and_is_not_lost(work: Aws) -> None:
    await modelled(work, "duration_ms = 50_000.0\ninit_ms = 0.0\n", Timeout=60)
    work.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 1})
    await send(work, {"n": 1})
    await send(work, {"n": 2})
    began = work.now
    await work.advance(seconds=600)
    throttled = [event.at_ms - began for event in work.events("lambda.Throttled")]
    assert throttled == [0, 1_000, 3_000, 7_000, 15_000, 31_000]
    assert len(runs_ms(work)) == 2
    assert work.events("lambda.AsyncEventDropped") == []


async def test_an_event_older_than_its_age_is_given_up(work: Aws) -> None:
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
    await modelled(work, FAILS, DeadLetterConfig={"TargetArn": target})
    work.lambda_.put_function_event_invoke_config({"FunctionName": "work", "MaximumEventAgeInSeconds": 60})
    await send(work, {})
    await work.advance(seconds=600)
    assert len(runs_ms(work)) == 1
    assert work.events("lambda.AsyncEventDropped")[0].facts["reason"] == "EventAgeExceeded"
    assert len(await letters(work)) == 1


async def test_with_nothing_reserved_events_are_dead_letters_at_once(work: Aws) -> None:
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
    await modelled(work, WORKS, DeadLetterConfig={"TargetArn": target})
    work.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 0})
    await send(work, {})
    await work.advance(seconds=1)
    assert runs_ms(work) == []
    (letter,) = await letters(work)
    assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"


async def test_a_function_that_invokes_itself_is_stopped_after_sixteen_runs(work: Aws) -> None:
    own = '[[calls]]\nservice = "lambda"\noperation = "invoke"\n'
    own += 'request = {FunctionName = "work", InvocationType = "Event", Payload = "{}"}\n'
    await modelled(work, own)
    await send(work, {})
    await work.advance(seconds=600)
    assert len(runs_ms(work)) == 16
    assert work.events("lambda.RecursiveInvocationDropped")[0].resource.endswith(":function:work")
    assert work.events("lambda.AsyncEventDropped")[0].facts["reason"] == "RecursionDetected"


async def test_a_loop_through_a_topic_is_stopped_unless_it_is_allowed(work: Aws) -> None:
    topic = work.sns.create_topic({"Name": "again"})["TopicArn"]
    arn = await modelled(
        work, f'[[calls]]\nservice = "sns"\noperation = "publish"\nrequest = {{TopicArn = "{topic}", Message = "x"}}\n'
    )
    permission = {"FunctionName": "work", "StatementId": "sns", "Action": "lambda:InvokeFunction"}
    work.lambda_.add_permission({**permission, "Principal": "sns.amazonaws.com", "SourceArn": topic})
    work.sns.subscribe({"TopicArn": topic, "Protocol": "lambda", "Endpoint": arn})
    await send(work, {})
    await work.advance(seconds=60)
    assert len(runs_ms(work)) == 16
    work.lambda_.put_function_recursion_config({"FunctionName": "work", "RecursiveLoop": "Allow"})
    await send(work, {})
    await work.advance(seconds=3)  # nothing slows it down: hundreds of runs and more
    assert len(runs_ms(work)) > 60


async def test_a_loop_through_a_queue_is_stopped(work: Aws) -> None:
    send_again = f'request = {{QueueUrl = "{QUEUE}", MessageBody = "x"}}\n'
    await modelled(work, f'[[calls]]\nservice = "sqs"\noperation = "send_message"\n{send_again}')
    await work.lambda_.create_event_source_mapping(
        {"FunctionName": "work", "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"}
    )
    await work.advance(seconds=10)
    work.sqs.send_message({"QueueUrl": QUEUE, "MessageBody": "x"})
    await work.advance(seconds=20)
    assert len(runs_ms(work)) == 16
    assert work.events("lambda.RecursiveInvocationDropped")


async def test_what_waits_survives_the_process(work: Aws) -> None:
    await modelled(work, WORKS)
    await send(work, {"kept": True})
    forked = work.world.fork("later")
    from harness import new_aws

    later = new_aws(world=forked)
    await later.advance(seconds=10)
    assert len(runs_ms(later)) == 1
    forked.close()


def _record(letter: dict[str, Any]) -> dict[str, Any]:
    return json.loads(letter["Body"])
