"""Short ways to say what these tests do over and over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import Aws

DAY_S = 86_400
OTHER = "999999999999"


def token(number: int) -> str:
    """A ClientRequestToken."""
    return f"00000000-0000-4000-8000-{number:012d}"


async def made(aws: Aws, name: str = "prod/db", value: str = "hunter2", number: int = 1, **members: Any) -> str:
    """Create a secret and return its ARN."""
    asked = {"Name": name, "SecretString": value, "ClientRequestToken": token(number), **members}
    return (await aws.secretsmanager.create_secret(asked))["ARN"]


async def put(aws: Aws, secret: str, value: str, number: int, **members: Any) -> dict[str, Any]:
    """Put a value."""
    asked = {"SecretId": secret, "SecretString": value, "ClientRequestToken": token(number), **members}
    return await aws.secretsmanager.put_secret_value(asked)


async def value(aws: Aws, secret: str, **members: Any) -> str:
    """Get a value."""
    return (await aws.secretsmanager.get_secret_value({"SecretId": secret, **members}))["SecretString"]


def stages(aws: Aws, secret: str) -> dict[str, list[str]]:
    """The labels of a secret's versions, by the tokens' numbers."""
    return aws.secretsmanager.describe_secret({"SecretId": secret})["VersionIdsToStages"]


def user(aws: Aws, name: str, *statements: dict[str, Any]) -> Aws:
    """An IAM user with statements of an inline policy."""
    found = aws.iam.create_user({"UserName": name})["User"]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        aws.iam.put_user_policy({"UserName": name, "PolicyName": "inline", "PolicyDocument": document})
    return aws.as_principal(Principal("user", found["Arn"], aws.account, found["UserId"]))


def allow(*actions: str, resource: str = "*", **members: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **members}


def refused(raised: pytest.ExceptionInfo[AwsError]) -> tuple[str, str]:
    """A refusal's code and words."""
    return raised.value.code, raised.value.message
