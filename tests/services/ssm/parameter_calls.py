"""Short ways to say what these tests do over and over."""

from __future__ import annotations

import json
from typing import Any

from foulweather.policy.principal import Principal
from harness import Aws

DAY_S = 86_400
OTHER = "999999999999"


async def put(aws: Aws, name: str = "/prod/db/host", value: str = "db.internal", **members: Any) -> int:
    """Put a parameter and return its version."""
    if not members.get("Overwrite"):
        members.setdefault("Type", "String")
    return (await aws.ssm.put_parameter({"Name": name, "Value": value, **members}))["Version"]


async def value(aws: Aws, name: str = "/prod/db/host", **members: Any) -> str:
    """Get a parameter's value."""
    return (await aws.ssm.get_parameter({"Name": name, **members}))["Parameter"]["Value"]


async def below(aws: Aws, path: str, **members: Any) -> list[str]:
    """The names of the parameters below a path."""
    found = await aws.ssm.get_parameters_by_path({"Path": path, **members})
    return [one["Name"] for one in found["Parameters"]]


def described(aws: Aws, **members: Any) -> list[str]:
    """The names that DescribeParameters gives."""
    return [one["Name"] for one in aws.ssm.describe_parameters(members)["Parameters"]]


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
