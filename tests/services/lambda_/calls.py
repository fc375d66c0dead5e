"""Short ways to say what the tests of Lambda's own API do over and over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, REGION, Aws
from services.lambda_.packaged import ROLE, zipped

OTHER = "999999999999"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work"
ZIP = zipped({"app.py": "def handler(event, context): return 1"})


def refused(code: str, words: str = "") -> Any:
    """An AwsError of a code, whose message has these words."""
    return _Refused(code, words)


class _Refused:
    def __init__(self, code: str, words: str) -> None:
        self.code, self.words = code, words
        self._raises = pytest.raises(AwsError)

    def __enter__(self) -> _Refused:
        self._caught = self._raises.__enter__()
        return self

    def __exit__(self, *args: Any) -> Any:
        handled = self._raises.__exit__(*args)
        error = self.error
        assert error.code == self.code, f"{error.code}: {error.message}"
        assert self.words in error.message, error.message
        return handled

    @property
    def error(self) -> AwsError:
        return self._caught.value


async def create(aws: Aws, name: str = "work", **members: Any) -> dict[str, Any]:
    """CreateFunction."""
    asked = {"FunctionName": name, "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE}
    return await aws.lambda_.create_function({**asked, "Code": {"ZipFile": ZIP}, **members})


async def active(aws: Aws, name: str = "work", **members: Any) -> str:
    """A function that is active; its ARN."""
    arn = (await create(aws, name, **members))["FunctionArn"]
    await aws.advance(seconds=2)
    return arn


def configuration(aws: Aws, name: str = "work", **members: Any) -> Any:
    """GetFunctionConfiguration."""
    return aws.lambda_.get_function_configuration({"FunctionName": name, **members})


def user(aws: Aws, *statements: dict[str, Any], name: str = "ann") -> Aws:
    """A user with a policy."""
    made = aws.iam.create_user({"UserName": name})["User"]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        aws.iam.put_user_policy({"UserName": name, "PolicyName": "own", "PolicyDocument": document})
    return aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}
