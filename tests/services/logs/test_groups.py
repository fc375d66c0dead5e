from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.logs.log_calls import DAY_MS, GROUP, filtered, make, put, put_at

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}"


def refused(operation: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value


def described(aws: Aws, **request: Any) -> list[dict[str, Any]]:
    return aws.logs.describe_log_groups(request)["logGroups"]


def test_a_group_is_described_as_it_was_made(aws: Aws) -> None:
    make(aws, GROUP, logGroupClass="INFREQUENT_ACCESS", tags={"team": "shop"})
    (group,) = described(aws)
    assert group == {
        "logGroupName": GROUP,
        "creationTime": aws.now,
        "metricFilterCount": 0,
        "arn": f"{ARN}:*",
        "logGroupArn": ARN,
        "storedBytes": 0,
        "logGroupClass": "INFREQUENT_ACCESS",
        "deletionProtectionEnabled": False,
    }
    assert aws.logs.list_tags_for_resource({"resourceArn": ARN})["tags"] == {"team": "shop"}
    assert aws.logs.list_tags_log_group({"logGroupName": GROUP})["tags"] == {"team": "shop"}


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({}, "InvalidParameterException", "Value null at 'logGroupName' failed to satisfy constraint"),
        ({"logGroupName": "a b"}, "InvalidParameterException", "Member must satisfy regular expression pattern"),
        ({"logGroupName": "aws/x"}, "InvalidParameterException", "reserved for AWS"),
        ({"logGroupName": "x", "logGroupClass": "CHEAP"}, "InvalidParameterException", "enum value set"),
        ({"logGroupName": "x", "tags": {"aws:x": "y"}}, "InvalidParameterException", "aws:"),
        ({"logGroupName": GROUP}, "ResourceAlreadyExistsException", "The specified log group already exists"),
    ],
)
def test_what_cannot_be_a_new_group_is_refused(aws: Aws, request_: dict[str, Any], code: str, message: str) -> None:
    make(aws)
    error = refused(aws.logs.create_log_group, request_)
    assert (error.code, error.status) == (code, 400)
    assert message in error.message


def test_groups_are_listed_in_pages_by_prefix_and_by_part(aws: Aws) -> None:
    for name in ("/b/two", "/a/one", "/b/one"):
        make(aws, name)
    assert [group["logGroupName"] for group in described(aws)] == ["/a/one", "/b/one", "/b/two"]
    assert [group["logGroupName"] for group in described(aws, logGroupNamePrefix="/b")] == ["/b/one", "/b/two"]
    brief = described(aws, logGroupNamePattern="one")
    assert [set(group) for group in brief] == [{"logGroupName", "creationTime", "arn"}] * 2
    page = aws.logs.describe_log_groups({"limit": 2})
    rest = aws.logs.describe_log_groups({"limit": 2, "nextToken": page["nextToken"]})
    assert [group["logGroupName"] for group in rest["logGroups"]] == ["/b/two"]
    assert "nextToken" not in rest
    listed = aws.logs.list_log_groups({"logGroupNamePattern": "^/b/|one"})["logGroups"]
    assert [group["logGroupName"] for group in listed] == ["/a/one", "/b/one", "/b/two"]
    error = refused(aws.logs.describe_log_groups, {"logGroupNamePrefix": "a", "logGroupNamePattern": "a"})
    assert error.code == "InvalidParameterException"
    assert refused(aws.logs.describe_log_groups, {"nextToken": "nonsense"}).code == "InvalidParameterException"


def test_retention_is_one_of_awss_numbers_of_days(aws: Aws) -> None:
    make(aws)
    error = refused(aws.logs.put_retention_policy, {"logGroupName": GROUP, "retentionInDays": 2})
    assert error.code == "InvalidParameterException"
    assert "Value '2' at 'retentionInDays'" in error.message
    aws.logs.put_retention_policy({"logGroupName": GROUP, "retentionInDays": 7})
    assert described(aws)[0]["retentionInDays"] == 7
    aws.logs.delete_retention_policy({"logGroupName": GROUP})
    assert "retentionInDays" not in described(aws)[0]


async def test_events_expire_by_the_clock(aws: Aws) -> None:
    make(aws)
    aws.logs.put_retention_policy({"logGroupName": GROUP, "retentionInDays": 1})
    put(aws, "old")
    await aws.advance(ms=DAY_MS // 2)
    put(aws, "young")
    stored = described(aws)[0]["storedBytes"]
    await aws.advance(ms=DAY_MS // 2 + 1)
    assert filtered(aws) == ["young"]
    assert described(aws)[0]["storedBytes"] < stored
    assert aws.logs.describe_log_streams({"logGroupName": GROUP})["logStreams"][0]["lastEventTimestamp"]
    await aws.advance(ms=DAY_MS)
    assert filtered(aws) == []
    assert described(aws)[0]["storedBytes"] == 0


async def test_a_delivery_group_keeps_events_for_a_day_and_none_of_them_can_be_read(aws: Aws) -> None:
    make(aws, logGroupClass="DELIVERY")
    put(aws, "x")
    assert refused(aws.logs.filter_log_events, {"logGroupName": GROUP}).code == "ValidationException"
    error = refused(aws.logs.put_retention_policy, {"logGroupName": GROUP, "retentionInDays": 7})
    assert error.message == "This operation is only supported on the Standard and Infrequent Access log classes."
    await aws.advance(ms=DAY_MS + 1)
    assert described(aws)[0]["storedBytes"] == 0


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("filter_log_events", {"logGroupName": GROUP}),
        ("get_log_events", {"logGroupName": GROUP, "logStreamName": "s"}),
        ("describe_subscription_filters", {"logGroupName": GROUP}),
        (
            "put_metric_filter",
            {
                "logGroupName": GROUP,
                "filterName": "f",
                "filterPattern": "",
                "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
            },
        ),
        ("start_live_tail", {"logGroupIdentifiers": [ARN]}),
        ("put_index_policy", {"logGroupIdentifier": GROUP, "policyDocument": '{"Fields":["a"]}'}),
    ],
)
def test_infrequent_access_refuses_what_it_does_not_support(aws: Aws, operation: str, request_: dict[str, Any]) -> None:
    make(aws, logGroupClass="INFREQUENT_ACCESS")
    error = refused(getattr(aws.logs, operation), request_)
    assert (error.code, error.message) == (
        "ValidationException",
        "This operation is only supported on the Standard log class.",
    )
    assert error.why.facts[0].value == "INFREQUENT_ACCESS"


def test_a_protected_group_is_not_deleted(aws: Aws) -> None:
    make(aws, deletionProtectionEnabled=True)
    error = refused(aws.logs.delete_log_group, {"logGroupName": GROUP})
    assert error.code == "ValidationException"
    assert (
        refused(aws.logs.delete_log_stream, {"logGroupName": GROUP, "logStreamName": "s"}).code == "ValidationException"
    )
    aws.logs.put_log_group_deletion_protection({"logGroupIdentifier": ARN, "deletionProtectionEnabled": False})
    aws.logs.delete_log_group({"logGroupName": GROUP})
    assert described(aws) == []


def test_with_a_group_goes_all_that_is_in_it(aws: Aws) -> None:
    make(aws)
    put(aws, "x")
    aws.logs.delete_log_group({"logGroupName": GROUP})
    error = refused(aws.logs.filter_log_events, {"logGroupName": GROUP})
    assert (error.code, error.message) == ("ResourceNotFoundException", "The specified log group does not exist.")
    make(aws)
    assert filtered(aws) == []


def test_streams_are_listed_by_name_and_by_their_last_events(aws: Aws) -> None:
    make(aws, GROUP, "a", "b", "c")
    for at_ms, stream in ((aws.now - 2, "b"), (aws.now - 1, "a")):
        put_at(aws, (at_ms, "x"), stream=stream)

    def names(**more: Any) -> list[str]:
        found = aws.logs.describe_log_streams({"logGroupName": GROUP, **more})["logStreams"]
        return [stream["logStreamName"] for stream in found]

    assert names() == ["a", "b", "c"]
    assert names(descending=True) == ["c", "b", "a"]
    assert names(orderBy="LastEventTime", descending=True) == ["a", "b", "c"]
    assert names(logStreamNamePrefix="b") == ["b"]
    page = aws.logs.describe_log_streams({"logGroupName": GROUP, "limit": 2})
    assert names(limit=2, nextToken=page["nextToken"]) == ["c"]
    error = refused(
        aws.logs.describe_log_streams,
        {"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "a"},
    )
    assert error.message == "Cannot order by LastEventTime with a logStreamNamePrefix."
    assert refused(aws.logs.create_log_stream, {"logGroupName": GROUP, "logStreamName": "a"}).message == (
        "The specified log stream already exists"
    )


def test_tags_are_set_and_taken_away(aws: Aws) -> None:
    make(aws)
    aws.logs.tag_resource({"resourceArn": ARN, "tags": {"a": "1", "b": "2"}})
    aws.logs.untag_resource({"resourceArn": ARN, "tagKeys": ["a"]})
    assert aws.logs.list_tags_for_resource({"resourceArn": ARN})["tags"] == {"b": "2"}
    aws.logs.tag_log_group({"logGroupName": GROUP, "tags": {"c": "3"}})
    aws.logs.untag_log_group({"logGroupName": GROUP, "tags": ["b"]})
    assert aws.logs.list_tags_log_group({"logGroupName": GROUP})["tags"] == {"c": "3"}
    many = {f"k{n}": "v" for n in range(50)}
    assert refused(aws.logs.tag_resource, {"resourceArn": ARN, "tags": many}).code == "TooManyTagsException"


def test_what_is_not_built_says_so(aws: Aws) -> None:
    make(aws)
    assert refused(aws.logs.describe_log_groups, {"includeLinkedAccounts": True}).status == 501
    with pytest.raises(AwsError, match="PutIntegration") as caught:
        aws.logs.put_integration({})
    assert caught.value.status == 501
