"""Parameters of a Task as the request of an operation, and its response as the Task's result.

"The API action will always be camel case, and parameter names will be Pascal case."
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

from foulweather.kernel.model import Shape
from foulweather.services.stepfunctions.running import encode, iso

# Parameters of optimized integrations that take JSON where the API takes text.
_JSON: Final = {
    "sqs": ("MessageBody",),
    "sns": ("Message",),
    "states": ("Input",),
    "lambda": ("Payload", "ClientContext"),
}


_ACRONYM: Final = re.compile(r"^[A-Z]{2,}(?=[A-Z][a-z])")


class Unusable(ValueError):
    """Parameters that make no request."""


def request_of(service: str, shape: Shape | None, given: Any, token: Callable[[], str]) -> dict[str, Any]:
    """The request that parameters make; `service` is an optimized integration's, empty for the SDK's.

    Idempotency tokens that are missing are filled in with `token`, as the SDKs do.
    """
    if not isinstance(given, dict):
        raise Unusable("The Parameters must be a JSON object")
    parameters = dict(cast("dict[str, Any]", given))
    for name in _JSON.get(service, ()):
        held = parameters.get(name)
        if name in parameters and (not isinstance(held, str) or service == "lambda"):
            parameters[name] = encode(held)
    if service == "events":
        parameters["Entries"] = [_entry(each) for each in cast("list[Any]", parameters.get("Entries") or [])]
    if shape is None:
        if parameters:
            raise Unusable(_unsupported(next(iter(parameters))))
        return {}
    request = _structure(shape, parameters)
    for name, member in shape.members.items():
        if member.trait("idempotencyToken") and request.get(name) is None:
            request[name] = token()
    for name in shape.required:
        if request.get(name) is None:
            raise Unusable(f"The field '{_pascal(name)}' is required but was missing")
    return request


def _entry(entry: Any) -> Any:
    if isinstance(entry, dict) and not isinstance(detail := cast("dict[str, Any]", entry).get("Detail"), str | None):
        return {**cast("dict[str, Any]", entry), "Detail": encode(detail)}
    return cast("Any", entry)


def _unsupported(name: str) -> str:
    return f"The field '{name}' is not supported by Step Functions"


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def of_java(name: str) -> str:
    """A member as the AWS SDK for Java names it: `DBClusterIdentifier` is `DbClusterIdentifier`."""
    return _ACRONYM.sub(lambda found: found[0].capitalize(), name, count=1)


def _structure(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    by_name = {of_java(name): name for name in shape.members} | {_pascal(name): name for name in shape.members}
    made: dict[str, Any] = {}
    for given, each in value.items():
        name = by_name.get(given)
        if name is None:
            raise Unusable(_unsupported(given))
        if each is not None:
            made[name] = _shaped(shape.members[name], given, each)
    return made


def _shaped(shape: Shape, name: str, value: Any) -> Any:
    kind = shape.type
    if kind == "structure":
        if shape.is_document:
            return value
        return _structure(shape, _checked(name, value, dict, "an object"))
    if kind == "list":
        return [_shaped(shape.member, name, each) for each in _checked(name, value, list, "an array")]
    if kind == "map":
        return {key: _shaped(shape.value, name, each) for key, each in _checked(name, value, dict, "an object").items()}
    if kind == "string":
        return _checked(name, value, str, "a STRING")
    if kind == "blob":
        return (value if isinstance(value, str) else encode(value)).encode()
    if kind == "timestamp":
        return _ms(name, value)
    if kind == "boolean":
        return _checked(name, value, bool, "a BOOLEAN")
    if kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unusable(f"The value for the field '{name}' must be an INTEGER")
        return int(value)
    return value


def _checked(name: str, value: Any, kind: type, words: str) -> Any:
    if not isinstance(value, kind):
        raise Unusable(f"The value for the field '{name}' must be {words}")
    return value


def _ms(name: str, value: Any) -> int:
    try:
        return int((value if isinstance(value, int | float) else datetime.fromisoformat(value).timestamp()) * 1000)
    except (TypeError, ValueError):
        raise Unusable(f"The value for the field '{name}' must be a valid timestamp") from None


def result_of(shape: Shape | None, response: Mapping[str, Any], *, is_sdk: bool) -> dict[str, Any]:
    """A response as JSON with members in Pascal case."""
    if shape is None:
        return {}
    return _told(shape, response, is_sdk=is_sdk)


def _told(shape: Shape, value: Any, *, is_sdk: bool) -> Any:
    kind = shape.type
    if value is None:
        return None
    if kind == "structure" and not shape.is_document:
        members = shape.members
        return {
            (of_java if is_sdk else str)(_pascal(name)): _told(members[name], each, is_sdk=is_sdk)
            for name, each in cast("Mapping[str, Any]", value).items()
            if name in members and each is not None
        }
    if kind == "list":
        return [_told(shape.member, each, is_sdk=is_sdk) for each in value]
    if kind == "map":
        return {key: _told(shape.value, each, is_sdk=is_sdk) for key, each in cast("Mapping[str, Any]", value).items()}
    if kind == "blob":
        return _text(value)
    if kind == "timestamp":
        # The AWS SDK for Java 1, which optimized integrations use, writes milliseconds.
        return iso(value) if is_sdk else value
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    data = bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def metadata(request_id: str) -> dict[str, Any]:
    """What optimized integrations add to a response."""
    headers = {"x-amzn-RequestId": request_id}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
