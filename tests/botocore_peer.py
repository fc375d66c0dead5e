"""botocore as the other end of the wire: its serializers write our requests, its parsers read our responses."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence

from foulweather.kernel import model as ours
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire import rest_paths
from foulweather.wire.codec import operation_codec


@cache
def loader() -> Any:
    return botocore.session.get_session().get_component("data_loader")


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(loader().load_service_model(service, "service-2"), service_name=service)


def operation_model(service: str, operation: str) -> OperationModel:
    return service_model(service).operation_model(operation)


def sent(service: str, protocol: str, operation: str, parameters: dict[str, Any]) -> HttpRequest:
    """The request that botocore sends."""
    serializer = create_serializer(protocol, include_validation=False)
    raw = serializer.serialize_to_request(parameters, operation_model(service, operation))
    path, _, query = raw["url_path"].partition("?")
    more = raw["query_string"]
    if isinstance(more, dict):
        more = percent_encode_sequence(more)
    query = "&".join(part for part in (query, more) if part)
    body = raw["body"]
    if isinstance(body, dict):
        body = percent_encode_sequence(body).encode()
    if hasattr(body, "read"):
        body = body.read()
    headers = [(key, value if isinstance(value, str) else str(value)) for key, value in raw["headers"].items()]
    return HttpRequest(raw["method"], path, query, headers, body)


def decoded(service: str, protocol: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """What we make of the request that botocore sends."""
    request = sent(service, protocol, operation, parameters)
    labels: dict[str, str] = {}
    if protocol.startswith("rest"):
        matched = rest_paths.match(service, request.method, request.path, request.query, request.header)
        assert matched is not None
        assert matched[0] == operation
        labels = matched[1]
    return operation_codec(service, protocol, operation).decode(request, labels)


def parsed(service: str, protocol: str, operation: str, response: HttpResponse, shape: Any = "output") -> Any:
    """What botocore makes of our response."""
    model = operation_model(service, operation)
    raw = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": response.body,
        "context": {"operation_name": operation},
    }
    if shape == "output":
        shape = model.output_shape
    return create_parser(protocol).parse(raw, shape)


def read(service: str, protocol: str, operation: str, result: dict[str, Any]) -> dict[str, Any]:
    """What botocore makes of our response to a result."""
    response = operation_codec(service, protocol, operation).encode(result, "the-request-id")
    found = parsed(service, protocol, operation, response)
    metadata = found.pop("ResponseMetadata")
    assert metadata["RequestId"] == "the-request-id"
    return found


def as_botocore(shape: ours.Shape, value: Any) -> Any:
    """One of our values as botocore holds it: timestamps are datetimes."""
    if value is None or shape.is_document:
        return value
    if shape.type == "structure":
        return {name: as_botocore(shape.members[name], held) for name, held in value.items()}
    if shape.type == "list":
        return [as_botocore(shape.member, held) for held in value]
    if shape.type == "map":
        return {key: as_botocore(shape.value, held) for key, held in value.items()}
    if shape.type == "timestamp":
        return datetime.fromtimestamp(value / 1000, UTC)
    return value
