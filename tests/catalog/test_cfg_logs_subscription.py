"""A subscription filter: taken only when its destination takes a test message; two to a group."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from typing import Any

import pytest

from catalog.configurations import policy, refused, role
from foulweather.testing import Aws

GROUP = "/shop/app"
NO_FUNCTION = (
    "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your "
    "function."
)


@pytest.fixture
def logs(aws: Aws) -> Any:
    client = aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return client


def subscribing(aws: Aws, service: str, name: str, filter_name: str = "all", **more: Any) -> dict[str, Any]:
    destination = f"arn:aws:{service}:us-east-1:{aws.account}:{name}"
    return {
        "logGroupName": GROUP,
        "filterName": filter_name,
        "filterPattern": "",
        "destinationArn": destination,
        **more,
    }


def test_a_function_that_cannot_be_invoked_is_refused_and_no_filter_stays(aws: Aws, logs: Any) -> None:
    error = refused(logs.put_subscription_filter, **subscribing(aws, "lambda", "function:nobody"))
    assert (error["Code"], error["Message"]) == ("InvalidParameterException", NO_FUNCTION)
    assert logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"] == []


@pytest.mark.parametrize(
    ("service", "name", "word"), [("kinesis", "stream/s", "Kinesis"), ("firehose", "deliverystream/s", "Firehose")]
)
def test_a_stream_that_takes_no_test_message_is_refused(
    aws: Aws, logs: Any, service: str, name: str, word: str
) -> None:
    passed = role(aws, "to-stream", {"Service": "logs.amazonaws.com"})
    error = refused(logs.put_subscription_filter, **subscribing(aws, service, name, roleArn=passed))
    assert error["Code"] == "InvalidParameterException"
    assert error["Message"].startswith(f"Could not deliver test message to specified {word} stream.")
    assert logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"] == []


def test_opensearch_is_no_destination_of_its_own(aws: Aws, logs: Any) -> None:
    error = refused(logs.put_subscription_filter, **subscribing(aws, "es", "domain/logs"))
    assert (error["Code"], error["Message"]) == ("InvalidParameterException", "Invalid destinationArn.")


def test_what_is_asked_is_checked_before_the_destination_is(aws: Aws, logs: Any) -> None:
    error = refused(logs.put_subscription_filter, **subscribing(aws, "kinesis", "stream/s"))
    assert error["Message"] == "destinationArn for vendor kinesis cannot be used without roleArn"
    error = refused(
        logs.put_subscription_filter, **{**subscribing(aws, "lambda", "function:f"), "logGroupName": "/nobody"}
    )
    assert error["Code"] == "ResourceNotFoundException"


@pytest.fixture
def stream(aws: Aws) -> dict[str, str]:
    """A stream, and a role that CloudWatch Logs takes on, with no permission yet."""
    aws.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    aws.advance("1m")
    arn = f"arn:aws:kinesis:us-east-1:{aws.account}:stream/s"
    return {"destinationArn": arn, "roleArn": role(aws, "to-stream", {"Service": "logs.amazonaws.com"})}


def allow(aws: Aws, stream: dict[str, str]) -> None:
    put = {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": stream["destinationArn"]}
    aws.client("iam").put_role_policy(RoleName="to-stream", PolicyName="put", PolicyDocument=policy(put))


def received(aws: Aws) -> list[dict[str, Any]]:
    """The data messages in the stream."""
    kinesis = aws.client("kinesis")
    asked = {"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    records = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**asked)["ShardIterator"])["Records"]
    told = [json.loads(gzip.decompress(record["Data"])) for record in records]
    assert "CONTROL_MESSAGE" in {each["messageType"] for each in told}
    return [each for each in told if each["messageType"] == "DATA_MESSAGE"]


def test_a_role_without_permission_is_refused_and_with_it_events_arrive(
    aws: Aws, logs: Any, stream: dict[str, str]
) -> None:
    asked = {"logGroupName": GROUP, "filterName": "all", "filterPattern": "", **stream}
    assert refused(logs.put_subscription_filter, **asked)["Code"] == "InvalidParameterException"
    allow(aws, stream)
    logs.put_subscription_filter(**asked)
    logs.put_log_events(
        logGroupName=GROUP, logStreamName="s", logEvents=[{"timestamp": aws.now_ms, "message": "order 1 placed"}]
    )
    aws.advance("1m")
    (told,) = received(aws)
    assert (told["logGroup"], told["logStream"], told["subscriptionFilters"]) == (GROUP, "s", ["all"])
    assert [event["message"] for event in told["logEvents"]] == ["order 1 placed"]


def test_a_third_filter_of_a_group_is_refused(aws: Aws, logs: Any, stream: dict[str, str]) -> None:
    allow(aws, stream)
    for name in ("one", "two", "one"):
        logs.put_subscription_filter(logGroupName=GROUP, filterName=name, filterPattern="", **stream)
    third = {"logGroupName": GROUP, "filterName": "three", "filterPattern": "", **stream}
    assert refused(logs.put_subscription_filter, **third)["Code"] == "LimitExceededException"


def test_another_account_sends_to_a_destination_whose_policy_names_it(
    aws: Aws, logs: Any, stream: dict[str, str]
) -> None:
    allow(aws, stream)
    made = logs.put_destination(
        destinationName="central", targetArn=stream["destinationArn"], roleArn=stream["roleArn"]
    )
    arn = made["destination"]["arn"]
    sender = aws.session("999988887777").client("logs")
    sender.create_log_group(logGroupName="/theirs")
    sender.create_log_stream(logGroupName="/theirs", logStreamName="t")
    asked = {"logGroupName": "/theirs", "filterName": "all", "filterPattern": "ERROR", "destinationArn": arn}
    assert refused(sender.put_subscription_filter, **asked)["Code"] == "AccessDeniedException"
    allowed = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "logs:PutSubscriptionFilter"}
    logs.put_destination_policy(destinationName="central", accessPolicy=policy({**allowed, "Resource": arn}))
    sender.put_subscription_filter(**asked)
    events = [{"timestamp": aws.now_ms, "message": text} for text in ("fine", "ERROR one")]
    sender.put_log_events(logGroupName="/theirs", logStreamName="t", logEvents=events)
    aws.advance("1m")
    (told,) = received(aws)
    assert (told["owner"], told["logGroup"]) == ("999988887777", "/theirs")
    assert [event["message"] for event in told["logEvents"]] == ["ERROR one"]


CODE = """import base64, gzip

def handler(event, context):
    print("GOT " + gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode())
"""


def function(aws: Aws) -> str:
    """The ARN of a function that writes down what it is sent."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("app.py", CODE)
    write = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    aws.client("lambda").create_function(
        FunctionName="ship",
        Role=role(aws, "ship", {"Service": "lambda.amazonaws.com"}, write),
        Runtime=f"python3.{sys.version_info.minor}",
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    aws.advance("1m")
    return f"arn:aws:lambda:us-east-1:{aws.account}:function:ship"


def test_a_function_gets_events_once_its_policy_lets_cloudwatch_logs_invoke_it(aws: Aws, logs: Any) -> None:
    arn = function(aws)
    asked = {"logGroupName": GROUP, "filterName": "all", "filterPattern": "", "destinationArn": arn}
    assert refused(logs.put_subscription_filter, **asked)["Message"] == NO_FUNCTION
    aws.client("lambda").add_permission(
        FunctionName="ship",
        StatementId="logs",
        Action="lambda:InvokeFunction",
        Principal="logs.amazonaws.com",
        SourceArn=f"arn:aws:logs:us-east-1:{aws.account}:log-group:{GROUP}:*",
    )
    logs.put_subscription_filter(**asked)
    logs.put_log_events(
        logGroupName=GROUP, logStreamName="s", logEvents=[{"timestamp": aws.now_ms, "message": "order 1 placed"}]
    )
    aws.advance("1m")
    (written,) = logs.filter_log_events(logGroupName="/aws/lambda/ship", filterPattern="GOT")["events"]
    told = json.loads(written["message"].removeprefix("GOT "))
    assert (told["messageType"], told["logGroup"], told["logStream"]) == ("DATA_MESSAGE", GROUP, "s")
    assert [event["message"] for event in told["logEvents"]] == ["order 1 placed"]
