"""What the tests of configurations share: refusals, policies, people with keys, requests without boto3."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.testing import Aws


def refused(call: Any, **request: Any) -> dict[str, Any]:
    """The error of a call that must be refused: Code and Message, and the status."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    response = caught.value.response
    return {**response["Error"], "Status": response["ResponseMetadata"]["HTTPStatusCode"]}


def code_of(call: Any, **request: Any) -> str:
    """The code by which a call is refused; empty where it is not."""
    try:
        call(**request)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def user(aws: Aws, name: str, *statements: dict[str, Any], account: str = "") -> tuple[Any, str]:
    """A boto3 session of a new user with one inline policy, and the user's ARN."""
    iam = aws.session(account).client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.session(key["AccessKeyId"], key["SecretAccessKey"]), arn


def role(aws: Aws, name: str, trusted: Any, *statements: dict[str, Any], account: str = "") -> str:
    """The ARN of a new role with one inline policy."""
    iam = aws.session(account).client("iam")
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=policy(*statements))
    return arn


def session_of(aws: Aws, answer: dict[str, Any]) -> Any:
    """A boto3 session of what STS gave."""
    given = answer["Credentials"]
    return aws.session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def visit(
    aws: Aws, method: str, url: str, body: bytes = b"", stream: AsyncIterator[bytes] | None = None, **headers: str
) -> HttpResponse:
    """A request as a browser or curl makes it: nothing is signed but what the URL has."""
    parts = urlsplit(url)
    sent = [("Host", parts.netloc), *((name.replace("_", "-"), value) for name, value in headers.items())]
    if body:
        sent.append(("Content-Length", str(len(body))))
    request = HttpRequest(
        method, parts.path or "/", parts.query, sent, body, stream=stream, tls=parts.scheme == "https"
    )
    return aws._thread.run(asyncio.wait_for(aws._serve(request), 30))


def messages(sqs: Any, url: str, wait_s: int = 1) -> list[dict[str, Any]]:
    """What can be received, ten at a time, until nothing more comes; none is deleted."""
    found: list[dict[str, Any]] = []
    while got := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s, MessageSystemAttributeNames=["All"]
    ).get("Messages"):
        found += got
    return found


def bodies(sqs: Any, url: str) -> list[str]:
    """The bodies of what can be received."""
    return [message["Body"] for message in messages(sqs, url)]


def queue_arn(sqs: Any, url: str) -> str:
    """A queue's ARN."""
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
