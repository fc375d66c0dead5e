"""Requests and responses as `requestParameters` and `responseElements` have them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, cast

from foulweather.kernel.model import OperationModel, ServiceModel, Shape
from foulweather.services.cloudtrail.records import Recorded
from foulweather.services.cloudtrail.times import within_parameters

Form = Callable[[Any], Any]
_OMITTED: Final = "omitted"


def decapitalized(name: str) -> str:
    """A member's name: `queueUrl` of QueueUrl, `mD5OfMessageBody` of MD5OfMessageBody."""
    return name[:1].lower() + name[1:]


class _Former:
    """Compiles shapes into what writes their values; members of structures are decapitalized, keys of maps are not."""

    def __init__(self, *, keeps_case: bool = False) -> None:
        self._keeps_case = keeps_case
        self._structures: dict[str, Form] = {}

    def of(self, shape: Shape | None) -> Form:
        """What writes a value of a shape."""
        if shape is None or shape.is_document:
            return _as_is
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list":
            member = self.of(shape.member)
            return lambda value: (
                [member(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value
            )
        if shape.type == "map":
            inner = self.of(shape.value)
            # A map that CloudTrail hides is a text.
            return lambda value: (
                {key: inner(each) for key, each in cast("dict[str, Any]", value).items()}
                if isinstance(value, dict)
                else value
            )
        return _moment if shape.type == "timestamp" else _as_is

    def _structure(self, shape: Shape) -> Form:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Form]] = {}

        def form(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            written: dict[str, Any] = {}
            for name, each in cast("dict[str, Any]", value).items():
                known = members.get(name)
                if known is None:
                    written[name if self._keeps_case else decapitalized(name)] = each
                elif each is not None:
                    written[known[0]] = known[1](each)
            return written

        self._structures[shape.name] = form
        for name, member in shape.members.items():
            shown = str(member.trait("locationName") or name) if self._keeps_case else decapitalized(name)
            members[name] = (shown, self.of(member))
        return form


def _as_is(value: Any) -> Any:
    return value


def _moment(value: Any) -> Any:
    return within_parameters(value) if isinstance(value, int) else value


@cache
def _forms(service: str, operation: str) -> tuple[Form, Form]:
    model = ServiceModel.load(service).operation(operation)
    if service == "s3":
        return _s3_request(model), _Former().of(model.output)
    return _Former().of(model.input), _Former().of(model.output)


def request_parameters(event: Recorded, request: dict[str, Any]) -> Any:
    """The parameters of a call, or None where it had none."""
    if _OMITTED in request:
        return request
    written = _forms(event.service, event.operation)[0](request)
    if event.service == "s3":
        bucket = request.get("Bucket")
        host = event.host or (
            f"{bucket}.s3.{event.region}.amazonaws.com" if bucket else f"s3.{event.region}.amazonaws.com"
        )
        written["Host"] = host
    return written or None


def response_elements(event: Recorded, response: dict[str, Any] | None) -> Any:
    """What a call that changes something was answered, or None."""
    if response is None or _OMITTED in response:
        return response
    if event.service == "s3":
        return _s3_response(event, response)
    return _forms(event.service, event.operation)[1](response) or None


# --- Amazon S3, whose parameters are those of its HTTP interface


def _s3_request(model: OperationModel) -> Form:
    """`bucketName`, `key`, headers and query parameters by their names, the body by its root element.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
    """
    marks = _marks(str(model.http["requestUri"]))
    members = {} if model.input is None else model.input.members
    within = _Former(keeps_case=True)
    forms = {name: within.of(shape) for name, shape in members.items()}

    def form(request: Mapping[str, Any]) -> dict[str, Any]:
        written: dict[str, Any] = dict(marks)
        for name, value in request.items():
            shape = members.get(name)
            if name == "Bucket":
                written["bucketName"] = value
            elif name == "Key":
                written["key"] = value
            elif name == "Policy":
                written["bucketPolicy"] = _parsed(value)
            elif shape is not None and shape.trait("location") == "headers":
                prefix = str(shape.trait("locationName"))
                written |= {f"{prefix}{key}": each for key, each in value.items()}
            elif shape is not None and shape.trait("location") in ("header", "querystring"):
                written[str(shape.trait("locationName"))] = _in_a_line(forms[name](value))
            elif shape is not None:
                written[str(shape.trait("locationName") or name)] = forms[name](value)
        return written

    return form


def _marks(uri: str) -> dict[str, str]:
    """The query parameters that an operation's path always has: `policy` of `/{Bucket}?policy`."""
    pairs = (part.partition("=") for part in uri.partition("?")[2].split("&") if part)
    return {name: value for name, _, value in pairs}


def _parsed(policy: Any) -> Any:
    try:
        return json.loads(policy)
    except (TypeError, ValueError):
        return policy


def _in_a_line(value: Any) -> Any:
    return ",".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else _word(value)


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else value


def _s3_response(event: Recorded, response: dict[str, Any]) -> Any:
    """The headers of an answer that S3's records have: encryption and version of what was written."""
    model = ServiceModel.load("s3").operation(event.operation)
    members = {} if model.output is None else model.output.members
    written: dict[str, Any] = {}
    for name, value in response.items():
        shape = members.get(name)
        header = str(shape.trait("locationName") or "") if shape is not None else ""
        if header.lower().startswith(("x-amz-server-side", "x-amz-version-id", "x-amz-delete-marker")):
            written[header] = _word(value)
    return written or None
