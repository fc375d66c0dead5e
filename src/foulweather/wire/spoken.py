"""Requests in a service's own protocol that come from inside: read, taken through the gates, and answered in kind."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.ports import Ports
from foulweather.wire.codec import error_codec, operation_codec
from foulweather.wire.refusing import errors_of
from foulweather.wire.route import Route, route

if TYPE_CHECKING:
    from foulweather.kernel.services import Operation


async def speak(ports: Ports, signing_name: str, request: HttpRequest) -> HttpResponse:
    """Answer a request to a service, which acts as the ports' principal; a refusal is an answer like any other."""
    parent = ports.call
    try:
        found = route(request, signing_name)
    except AwsError as error:
        service, protocol = getattr(error, "service", ""), getattr(error, "protocol", "rest-json")
        return errors_of(Route(service, protocol, "")).encode(error, parent.request_id)
    errors = error_codec(found.service, found.protocol)
    try:
        operation = parent.pipeline.services.operation(found.service, found.operation)
        codec = operation_codec(found.service, found.protocol, found.operation)
        body = codec.decode(request, found.labels)
    except AwsError as error:
        return errors.encode(error, parent.request_id)
    call = _call(ports, operation)
    try:
        result: Any = parent.pipeline.run(call, operation, body)
        if isinstance(result, Awaitable):
            result = await cast("Awaitable[Any]", result)
        response = codec.encode(result, call.request_id)
    except AwsError as error:
        return errors.encode(error, call.request_id)
    if call.further_headers:
        response.headers.extend(call.further_headers)
    return response


def _call(ports: Ports, operation: Operation) -> Call:
    parent, service = ports.call, operation.service
    return Call(
        parent.pipeline,
        service.name,
        operation.name,
        ports.account,
        "us-east-1" if service.is_global else ports.region,
        ports.principal,
        session=ports.session,
        origin=parent.origin,
        source_arn=ports.source_arn,
        source_account=ports.source_account,
        via=ports.via,
        trace_id=parent.trace_id,
        parent_id=parent.request_id,
    )
