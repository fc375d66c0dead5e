"""Short ways to say what these tests do over and over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, REGION, Aws

OTHER = "999999999999"
DAY_S = 86_400


def make_key(aws: Aws, **members: Any) -> str:
    """Create a key and return its id."""
    return aws.kms.create_key(members)["KeyMetadata"]["KeyId"]


def arn(key: str, account: str = ACCOUNT, region: str = REGION) -> str:
    """A key's ARN."""
    return f"arn:aws:kms:{region}:{account}:key/{key}"


def described(aws: Aws, key: str) -> dict[str, Any]:
    """A key's metadata."""
    return aws.kms.describe_key({"KeyId": key})["KeyMetadata"]


def encrypt(aws: Aws, key: str, plaintext: bytes = b"secret", **members: Any) -> bytes:
    """Encrypt something."""
    return aws.kms.encrypt({"KeyId": key, "Plaintext": plaintext, **members})["CiphertextBlob"]


def decrypt(aws: Aws, blob: bytes, **members: Any) -> bytes:
    """Decrypt something."""
    return aws.kms.decrypt({"CiphertextBlob": blob, **members})["Plaintext"]


def make_user(aws: Aws, name: str, *actions: str, resource: str = "*", **conditions: Any) -> Aws:
    """An IAM user who may do something."""
    made = aws.iam.create_user({"UserName": name})["User"]
    if actions:
        allow(aws, name, *actions, resource=resource, **conditions)
    return aws.as_principal(Principal("user", made["Arn"], aws.account, made["UserId"]))


def allow(aws: Aws, name: str, *actions: str, resource: str = "*", **conditions: Any) -> None:
    """Give a user an inline policy."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    if conditions:
        statement["Condition"] = conditions
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": name, "PolicyName": "inline", "PolicyDocument": document})


def statement(principal: Any, *actions: str, **members: Any) -> dict[str, Any]:
    """A statement of a key policy."""
    who = {"AWS": principal} if isinstance(principal, str) else principal
    return {"Effect": "Allow", "Principal": who, "Action": list(actions), "Resource": "*", **members}


def policy(*statements: dict[str, Any]) -> str:
    """A key policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def enabling_iam(account: str = ACCOUNT) -> dict[str, Any]:
    """The statement that lets an account's IAM policies count."""
    return statement(f"arn:aws:iam::{account}:root", "kms:*")


class refused:  # noqa: N801
    """`with refused("NotFoundException", "…"):`; without a message, any will do."""

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message
        self._raises: Any = None

    def __enter__(self) -> refused:
        self._raises = pytest.raises(AwsError)
        self._info = self._raises.__enter__()
        return self

    def __exit__(self, *exc: Any) -> bool:
        handled = self._raises.__exit__(*exc)
        if handled:
            assert self._info.value.code == self.code, self._info.value
            if self.message is not None:
                assert self._info.value.message == self.message
        return handled

    @property
    def error(self) -> AwsError:
        return self._info.value
