"""A subscription filter: taken only when its destination takes a test message; two to a group."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused, role
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
