"""AddPermission, RemovePermission."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import Aws
from services.sqs.sqs_calls import arn, attributes, make_queue, refused


def add(
    aws: Aws, url: str, label: str = "share", accounts: Any = ("999999999999",), actions: Any = ("SendMessage",)
) -> None:
    request = {"QueueUrl": url, "Label": label, "AWSAccountIds": list(accounts), "Actions": list(actions)}
    aws.sqs.add_permission(request)


def test_a_permission_is_a_statement_of_the_queues_policy(aws: Aws) -> None:
    url = make_queue(aws)
    add(aws, url)
    add(aws, url, "more", ["999999999999", "888888888888"], ["ReceiveMessage", "DeleteMessage"])
    assert json.loads(attributes(aws, url)["Policy"]) == {
        "Version": "2008-10-17",
        "Id": f"{arn('orders')}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "share",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                "Action": "SQS:SendMessage",
                "Resource": arn("orders"),
            },
            {
                "Sid": "more",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::999999999999:root", "arn:aws:iam::888888888888:root"]},
                "Action": ["SQS:ReceiveMessage", "SQS:DeleteMessage"],
                "Resource": arn("orders"),
            },
        ],
    }


def test_a_permission_is_removed_by_its_label(aws: Aws) -> None:
    url = make_queue(aws)
    add(aws, url, "one")
    add(aws, url, "two")
    aws.sqs.remove_permission({"QueueUrl": url, "Label": "one"})
    assert [each["Sid"] for each in json.loads(attributes(aws, url)["Policy"])["Statement"]] == ["two"]
    aws.sqs.remove_permission({"QueueUrl": url, "Label": "two"})
    assert "Policy" not in attributes(aws, url)
    with refused("InvalidParameterValue", "Value two for parameter Label is invalid. Reason: can't find label."):
        aws.sqs.remove_permission({"QueueUrl": url, "Label": "two"})


def test_a_single_statement_need_not_be_a_list(aws: Aws) -> None:
    url = make_queue(aws)
    one = {"Sid": "mine", "Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn("orders")}
    one["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}  # type: ignore[assignment]
    policy = json.dumps({"Version": "2012-10-17", "Statement": one})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})
    add(aws, url)
    assert [each["Sid"] for each in json.loads(attributes(aws, url)["Policy"])["Statement"]] == ["mine", "share"]


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"label": ""}, "MissingParameter", "The request must contain the parameter Label."),
        (
            {"label": "a b"},
            "InvalidParameterValue",
            "Value a b for parameter Label is invalid. Reason: "
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
        ),
        (
            {"label": "taken"},
            "InvalidParameterValue",
            "Value taken for parameter Label is invalid. Reason: Already exists.",
        ),
        ({"accounts": []}, "MissingParameter", "The request must contain the parameter AWSAccountIds."),
        (
            {"accounts": ["12"]},
            "InvalidParameterValue",
            "Value [12] for parameter PrincipalId is invalid. Reason: Unable to verify.",
        ),
        ({"actions": []}, "MissingParameter", "The request must contain the parameter Actions."),
        (
            {"actions": ["Fly"]},
            "InvalidParameterValue",
            "Value SQS:Fly for parameter ActionName is invalid. Reason: "
            "Please refer to the appropriate WSDL for a list of valid actions.",
        ),
        (
            {"actions": ["DeleteQueue"]},
            "InvalidParameterValue",
            "Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: "
            "Only the queue owner is allowed to invoke this action.",
        ),
        ({"actions": ["SendMessage"] * 8}, "OverLimit", "8 Actions were found, maximum allowed is 7."),
    ],
)
def test_what_cannot_be_permitted(aws: Aws, members: dict[str, Any], code: str, message: str) -> None:
    url = make_queue(aws)
    add(aws, url, "taken")
    before = attributes(aws, url)
    with refused(code, message):
        add(aws, url, **members)
    assert attributes(aws, url) == before


def test_a_policy_has_at_most_twenty_permissions(aws: Aws) -> None:
    url = make_queue(aws)
    for number in range(20):
        add(aws, url, str(number))
    with refused("OverLimit", "21 Statements were found, maximum allowed is 20."):
        add(aws, url, "20")
