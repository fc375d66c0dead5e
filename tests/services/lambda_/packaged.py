"""Functions for tests: real ones of Python, and modelled ones, made through the API."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from harness import ACCOUNT, Aws

ROLE = f"arn:aws:iam::{ACCOUNT}:role/function"
LOGS = [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]


def zipped(files: dict[str, str]) -> bytes:
    """A package."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return written.getvalue()


def role(aws: Aws, statements: list[dict[str, Any]] | None = None, name: str = "function") -> None:
    """The execution role, with what it may do."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document})
    policy = json.dumps({"Version": "2012-10-17", "Statement": LOGS if statements is None else statements})
    aws.iam.put_role_policy({"RoleName": name, "PolicyName": "own", "PolicyDocument": policy})


async def function(aws: Aws, code: str, name: str = "work", **more: Any) -> str:
    """A function of Python that is active; its ARN."""
    return await made(aws, {"app.py": code}, name, **more)


async def modelled(aws: Aws, model: str, name: str = "work", **more: Any) -> str:
    """A modelled function that is active; its ARN."""
    return await made(aws, {"foulweather.toml": model}, name, **more)


async def made(aws: Aws, files: dict[str, str], name: str, **more: Any) -> str:
    """A function of a package."""
    answer = await aws.lambda_.create_function(
        {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Handler": "app.handler",
            "Role": ROLE,
            "Code": {"ZipFile": zipped(files)},
            **more,
        }
    )
    await aws.advance(seconds=5)
    return answer["FunctionArn"]


async def invoke(aws: Aws, event: Any = None, name: str = "work", **more: Any) -> dict[str, Any]:
    """Invoke, and the payload read as JSON."""
    payload = json.dumps({} if event is None else event).encode()
    answer = await aws.lambda_.invoke({"FunctionName": name, "Payload": payload, **more})
    return {**answer, "Payload": json.loads(answer["Payload"])} if answer.get("Payload") else answer


def logged(aws: Aws, name: str = "work") -> list[str]:
    """The messages of a function's log, in order."""
    found = aws.logs.filter_log_events({"logGroupName": f"/aws/lambda/{name}"})
    return [event["message"] for event in found["events"]]
