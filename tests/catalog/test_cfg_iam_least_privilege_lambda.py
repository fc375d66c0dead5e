"""A function's role with just what it needs: the matrix of what it may, and the function at work."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.functions import answer, function
from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.testing import Aws

CODE = """
import boto3

def handler(event, context):
    return getattr(boto3.client(event["service"]), event["operation"])(**event["asked"]).get("Item", "done")
"""


def statements(account: str) -> list[dict[str, Any]]:
    table = f"arn:aws:dynamodb:us-east-1:{account}:table/orders"
    return [
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": table},
        {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": [table, f"{table}/index/by-day"]},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/in/*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:{account}:done"},
    ]


@pytest.fixture
def worker(aws: Aws) -> str:
    """The function's role."""
    function(aws, "worker", CODE, *statements(aws.account), Timeout=10)
    return f"arn:aws:iam::{aws.account}:role/worker"


def test_the_matrix_is_as_expected(aws: Aws, worker: str) -> None:
    table, other = (f"arn:aws:dynamodb:us-east-1:{aws.account}:table/{name}" for name in ("orders", "customers"))
    queue, theirs = (f"arn:aws:sqs:us-east-1:{aws.account}:{name}" for name in ("done", "other"))
    expected = {
        ("dynamodb:GetItem", table): "allowed",
        ("dynamodb:PutItem", table): "allowed",
        ("dynamodb:Query", table): "allowed",
        ("dynamodb:Query", f"{table}/index/by-day"): "allowed",
        ("dynamodb:Query", f"{table}/index/by-name"): "implicitDeny",
        ("dynamodb:Scan", table): "implicitDeny",
        ("dynamodb:DeleteItem", table): "implicitDeny",
        ("dynamodb:DeleteTable", table): "implicitDeny",
        ("dynamodb:GetItem", other): "implicitDeny",
        ("s3:GetObject", "arn:aws:s3:::uploads/in/a"): "allowed",
        ("s3:GetObject", "arn:aws:s3:::uploads/out/a"): "implicitDeny",
        ("s3:PutObject", "arn:aws:s3:::uploads/in/a"): "implicitDeny",
        ("sqs:SendMessage", queue): "allowed",
        ("sqs:SendMessage", theirs): "implicitDeny",
        ("sqs:ReceiveMessage", queue): "implicitDeny",
        ("iam:PassRole", worker): "implicitDeny",
        ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{aws.account}:function:worker"): "implicitDeny",
    }
    simulate = aws.client("iam").simulate_principal_policy
    found = {
        (action, resource): simulate(PolicySourceArn=worker, ActionNames=[action], ResourceArns=[resource])[
            "EvaluationResults"
        ][0]["EvalDecision"]
        for action, resource in expected
    }
    assert found == expected


def test_the_function_does_its_work_and_no_other(aws: Aws, worker: str) -> None:
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    aws.client("dynamodb").create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.advance("30s")
    item = {"pk": {"S": "1"}}
    put = {"service": "dynamodb", "operation": "put_item", "asked": {"TableName": "orders", "Item": item}}
    get = {"service": "dynamodb", "operation": "get_item", "asked": {"TableName": "orders", "Key": item}}
    assert answer(aws, "worker", put) == "done"
    assert answer(aws, "worker", get) == item
    denied = answer(aws, "worker", {**get, "operation": "delete_item"})
    assert "AccessDeniedException" in denied["errorMessage"]
    assert "assumed-role/worker/worker is not authorized to perform: dynamodb:DeleteItem" in denied["errorMessage"]


def test_without_leave_to_write_logs_the_function_runs_and_says_nothing(aws: Aws, worker: str) -> None:
    aws.client("iam").delete_role_policy(RoleName="worker", PolicyName="work")
    answer(aws, "worker", {"service": "sts", "operation": "get_caller_identity", "asked": {}})
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    assert json.dumps([event.kind for event in aws.events("lambda.LogsLost")]) != "[]"
