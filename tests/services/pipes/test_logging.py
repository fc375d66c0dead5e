"""Log records of pipes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import Aws
from services.pipes.piped import Pipes

GROUP = "/aws/vendedlogs/pipes/p"
UPPER = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def logged(aws: Aws, level: str, *, has_data: bool = False) -> dict[str, Any]:
    aws.logs.create_log_group({"logGroupName": GROUP})
    group = f"arn:aws:logs:us-east-1:{aws.account}:log-group:{GROUP}"
    told: dict[str, Any] = {"Level": level, "CloudwatchLogsLogDestination": {"LogGroupArn": group}}
    return {"LogConfiguration": {**told, "IncludeExecutionData": ["ALL"]} if has_data else told}


def records(aws: Aws) -> list[dict[str, Any]]:
    found = aws.logs.filter_log_events({"logGroupName": GROUP})["events"]
    return [json.loads(each["message"]) for each in found]


def kinds(aws: Aws) -> list[str]:
    return [each["messageType"] for each in records(aws)]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (
            "TRACE",
            [
                "EXECUTION_STARTED",
                "ENRICHMENT_STAGE_ENTERED",
                "ENRICHMENT_INVOCATION_STARTED",
                "ENRICHMENT_INVOCATION_SUCCEEDED",
                "ENRICHMENT_STAGE_SUCCEEDED",
                "TARGET_STAGE_ENTERED",
                "TARGET_TRANSFORMATION_STARTED",
                "TARGET_TRANSFORMATION_SUCCEEDED",
                "TARGET_INVOCATION_STARTED",
                "TARGET_INVOCATION_SUCCEEDED",
                "TARGET_STAGE_SUCCEEDED",
                "EXECUTION_SUCCEEDED",
            ],
        ),
        (
            "INFO",
            [
                "EXECUTION_STARTED",
                "ENRICHMENT_STAGE_ENTERED",
                "ENRICHMENT_STAGE_SUCCEEDED",
                "TARGET_STAGE_ENTERED",
                "TARGET_STAGE_SUCCEEDED",
                "EXECUTION_SUCCEEDED",
            ],
        ),
        ("ERROR", []),
    ],
)
async def test_a_record_for_each_step_as_the_level_says(
    aws: Aws, pipes: Pipes, level: str, expected: list[str]
) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    shape = {"TargetParameters": {"InputTemplate": '{"got": <$.body>}'}}
    told = await pipes.made(source, target, Enrichment=pipes.machine(UPPER), **shape, **logged(aws, level))
    assert told["LogConfiguration"]["Level"] == level
    pipes.send(source, {"id": 7})
    await aws.advance(seconds=2)
    assert len(pipes.bodies(target)) == 1
    assert kinds(aws) == expected
    assert len({each["executionId"] for each in records(aws)}) <= 1


async def test_a_failure_is_a_record_with_its_error(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target, **logged(aws, "ERROR"))
    aws.sqs.delete_queue({"QueueUrl": pipes.url(target)})
    pipes.send(source, "hello")
    await aws.advance(seconds=2)
    assert kinds(aws)[:3] == ["TARGET_INVOCATION_FAILED", "TARGET_STAGE_FAILED", "EXECUTION_FAILED"]
    first = records(aws)[0]
    assert (first["error"]["awsService"], first["error"]["httpStatusCode"]) == ("sqs", 400)
    assert "does not exist" in first["error"]["message"]
    assert not {"payload", "awsRequest"} & set(first)


async def test_execution_data_is_in_the_records_only_when_asked_for(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target, **logged(aws, "TRACE", has_data=True))
    pipes.send(source, "x" * 200_000)
    await aws.advance(seconds=2)
    by_kind = {each["messageType"]: each for each in records(aws)}
    assert json.loads(by_kind["EXECUTION_STARTED"]["payload"])[0]["body"] == "x" * 200_000
    sent = by_kind["TARGET_INVOCATION_SUCCEEDED"]
    assert json.loads(sent["awsRequest"])["QueueUrl"] == pipes.url(target)
    assert json.loads(sent["awsResponse"])["Successful"]
    assert "payload" not in by_kind["TARGET_STAGE_ENTERED"]


def test_a_record_is_cut_to_its_size_and_says_so(aws: Aws) -> None:
    from foulweather.services.pipes import logging

    record = logging.fitted({"payload": "x" * 200_000, "awsRequest": "y" * 200_000, "messageType": "m"})
    assert len(json.dumps(record)) <= logging.RECORD_BYTES_MAX
    assert record["truncatedFields"] == ["payload"]
    assert (len(record["payload"]) < 100_000, len(record["awsRequest"])) == (True, 200_000)


def test_who_sets_logging_up_needs_to_create_its_delivery(aws: Aws, pipes: Pipes) -> None:
    request = {"Name": "p", "Source": pipes.queue("in"), "Target": pipes.queue("out"), "RoleArn": pipes.role()}
    user = aws.iam.create_user({"UserName": "ann"})["User"]
    allowed = {"Effect": "Allow", "Action": ["pipes:*", "iam:PassRole"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": document})
    ann = aws.as_principal(Principal("user", user["Arn"], aws.account, user["UserId"]))
    with pytest.raises(AwsError, match="logs:CreateLogDelivery"):
        ann.pipes.create_pipe({**request, **logged(aws, "INFO")})
    assert ann.pipes.create_pipe(request)["CurrentState"] == "CREATING"


async def test_records_that_cannot_be_written_are_on_record_and_the_events_go_on(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target, **logged(aws, "INFO"))
    aws.logs.delete_log_group({"logGroupName": GROUP})
    pipes.send(source, "hello")
    await aws.advance(seconds=2)
    assert len(pipes.bodies(target)) == 1
    (lost,) = aws.events("pipes.LogsLost")
    assert (lost.facts["records"], lost.facts["error"]) == (4, "ResourceNotFoundException")
