"""API calls that runbooks make: inputs as the service's model wants them, and answers as JSON.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeAwsApi.html
"""

from __future__ import annotations

import inspect
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from foulweather.kernel.model import OperationModel, ServiceModel, Shape, UnknownName
from foulweather.kernel.ports import Ports


class CallInvalid(ValueError):
    """Inputs that make no call; its words tell why."""


def operation(service: str, api: str) -> OperationModel:
    """An operation by the service's namespace and its API or method name."""
    try:
        model = ServiceModel.load(service.lower())
        found = model.by_python_name.get(api)
        return found if found is not None else model.operation(api)
    except UnknownName as error:
        raise CallInvalid(f"Invalid service or API: {error}") from None


async def made(ports: Ports, called: OperationModel, inputs: Mapping[str, Any]) -> Any:
    """The answer to a call."""
    request: Any = _taken(called.input, dict(inputs), "") if called.input is not None else {}
    answer = getattr(getattr(ports, called.service.name), called.python_name)(request)
    if inspect.isawaitable(answer):
        answer = await answer
    return _shown(called.output, answer or {}) if called.output is not None else {}


def check_streams(called: OperationModel) -> None:
    """Refuse operations that answer with a stream, as Automation does."""
    for name, member in called.output.members.items() if called.output is not None else ():
        if member.trait("streaming") or member.own_trait("streaming"):
            raise CallInvalid(f"Streaming API operations such as {called.name} are not supported ({name}).")


def _taken(shape: Shape, value: Any, at: str) -> Any:
    if shape.type == "structure":
        return _structure(shape, value, at)
    if shape.type == "list":
        if not isinstance(value, list):
            raise CallInvalid(f"Invalid type for parameter {at}, value: {value}, type: {type(value).__name__}")
        return [_taken(shape.member, each, f"{at}[{index}]") for index, each in enumerate(cast("list[Any]", value))]
    if shape.type == "map":
        if not isinstance(value, dict):
            raise CallInvalid(f"Invalid type for parameter {at}, value: {value}, type: {type(value).__name__}")
        held = cast("dict[str, Any]", value)
        return {key: _taken(shape.value, each, f"{at}.{key}") for key, each in held.items()}
    try:
        return _scalar(shape.type, value)
    except (TypeError, ValueError):
        raise CallInvalid(f"Invalid type for parameter {at}, value: {value}, type: {type(value).__name__}") from None


def _structure(shape: Shape, value: Any, at: str) -> Any:
    if shape.is_document:
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise CallInvalid(f"Invalid type for parameter {at}: a map is needed")
    held = cast("dict[str, Any]", value)
    for key in held:
        if key not in shape.members:
            where = at or "input"
            raise CallInvalid(f'Unknown parameter in {where}: "{key}", must be one of: {", ".join(shape.members)}')
    for key in shape.required:
        if key not in held:
            raise CallInvalid(f'Missing required parameter in {at or "input"}: "{key}"')
    return {key: _taken(shape.members[key], each, f"{at}.{key}".strip(".")) for key, each in held.items()}


def _scalar(kind: str, value: Any) -> Any:
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        if str(value).lower() not in ("true", "false"):
            raise ValueError(value)
        return str(value).lower() == "true"
    if isinstance(value, bool) or kind == "string":
        return value if isinstance(value, str) else json.dumps(value)
    if kind in ("integer", "long", "short", "byte"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "timestamp":
        if isinstance(value, int):
            return value * 1000
        at = datetime.fromisoformat(str(value))
        return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()) * 1000
    return str(value).encode()


def _shown(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape.type == "structure":
        if shape.is_document:
            return value
        return {key: _shown(shape.members[key], each) for key, each in value.items() if key in shape.members}
    if shape.type == "list":
        return [_shown(shape.member, each) for each in value]
    if shape.type == "map":
        return {key: _shown(shape.value, each) for key, each in value.items()}
    if shape.type == "timestamp":
        return datetime.fromtimestamp(value // 1000, UTC).isoformat().replace("+00:00", "Z")
    if shape.type == "blob":
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return b64encode(bytes(value)).decode()
    return value
