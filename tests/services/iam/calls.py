from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foulweather.gates.authorize import authorize
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel, Shape
from foulweather.kernel.pipeline import Gates, Pipeline
from foulweather.kernel.services import Services
from foulweather.policy.principal import Principal
from foulweather.world.world import World
from harness import START_MS, Aws

MODEL = ServiceModel.load("iam")


def only_iam() -> Services:
    """The services that are built, without the others, so that these tests fail for IAM's sake only."""
    services = Services()
    services._manifests = {"iam": services._manifests["iam"]}
    return services


SERVICES = only_iam()


def new_iam_world(directory: Path | None = None, start_ms: int = START_MS) -> Aws:
    return Aws(
        Pipeline(
            World(seed=1, mode="held", start_ms=start_ms, directory=directory),
            SERVICES,
            Gates((authorize,), authorize=authorize),
        )
    )


class Iam:
    """IAM's operations, by somebody; every answer is checked against the API's model."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.world = aws.world

    def __getattr__(self, python_name: str) -> Any:
        def operate(**request: Any) -> dict[str, Any]:
            answer = getattr(self.aws.iam, python_name)(request) or {}
            model = SERVICES.operation_by_python_name("iam", python_name).model
            check_structure(python_name, answer, model.output) if model.output else None
            assert model.output or not answer, f"{python_name} answers nothing"
            return answer

        return operate

    def refused(self, python_name: str, **request: Any) -> tuple[str, int, str]:
        """The code, status and message with which an operation is refused; nothing may have changed."""
        before = self._configuration()
        with pytest.raises(AwsError) as refusal:
            getattr(self.aws.iam, python_name)(request)
        assert self._configuration() == before, "a refusal changed something"
        error = refusal.value
        shape = MODEL.shapes.get(error.code)
        if shape is not None:
            assert shape["error"]["httpStatusCode"] == error.status, f"{error.code} has another status in the model"
            return shape["error"]["code"], error.status, error.message
        return error.code, error.status, error.message

    def _configuration(self) -> dict[str, dict[str, bytes]]:
        """Every row but traces and last uses, which a refusal leaves as well."""
        passing = ("kernel.trace", "/identities", "/keys")
        return {path: rows for path, rows in self.world.store.dump().items() if not any(p in path for p in passing)}

    def as_user(self, name: str) -> Iam:
        """The same operations, called by a user."""
        user = self.get_user(UserName=name)["User"]
        account = user["Arn"].split(":")[4]
        return Iam(self.aws.as_principal(Principal("user", user["Arn"], account, user["UserId"])))

    def as_role(self, name: str) -> Iam:
        """The same operations, called by a session of a role."""
        role = self.get_role(RoleName=name)["Role"]
        account = role["Arn"].split(":")[4]
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/session"
        return Iam(
            self.aws.as_principal(Principal("assumed-role", arn, account, f"{role['RoleId']}:session", role["Arn"]))
        )

    def in_account(self, account: str) -> Iam:
        return Iam(self.aws.in_account(account))


def check_structure(where: str, value: Any, shape: Shape) -> None:
    """Fail if an answer has members that the model has not, lacks required ones, or has wrong types."""
    kinds = {"string": str, "integer": int, "long": int, "boolean": bool, "timestamp": int, "blob": bytes}
    if shape.type == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{where} has members unknown to the API: {unknown}"
        # The root user has no name, though the model requires one.
        missing = set(shape.required) - set(value) - {"UserName", "Path"}
        assert not missing, f"{where} lacks {missing}"
        for name, member in value.items():
            check_structure(f"{where}.{name}", member, shape.members[name])
    elif shape.type == "list":
        assert isinstance(value, list), where
        for member in value:
            check_structure(f"{where}[]", member, shape.member)
    elif shape.type == "map":
        for key, member in value.items():
            assert key in (shape.key.trait("enum") or [key]), f"{where}: {key}"
            check_structure(f"{where}.{key}", member, shape.value)
    else:
        assert type(value) is kinds[shape.type], f"{where} is {value!r}"
        assert shape.type != "timestamp" or value % 1000 == 0, f"{where} has a fraction of a second: {value}"
        enum = shape.trait("enum")
        assert not enum or value in enum, f"{where} is {value!r}"


def document(action: str | list[str] = "s3:GetObject", resource: str = "*", effect: str = "Allow", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(**principal: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
