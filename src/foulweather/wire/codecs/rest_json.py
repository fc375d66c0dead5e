"""The REST JSON protocol: Lambda, API Gateway, EventBridge Scheduler, EFS, EKS, and most younger services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codecs.errors import ErrorShapes, message_member
from foulweather.wire.codecs.event_streams import EventStreamWriter
from foulweather.wire.codecs.json import (
    JsonBody,
    JsonValues,
    decoded_json,
    encode_json,
    error_members,
    json_document_writer,
)
from foulweather.wire.codecs.json_values import Dialect
from foulweather.wire.codecs.refusals import NotAMember, serialization
from foulweather.wire.codecs.rest import RequestBinding, ResponseBinding, literal_keys, refused_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import OperationModel, ServiceModel, Shape

JSON = ("Content-Type", "application/json")


class RestJsonService:
    """What the operations of one service share in this protocol."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self.values = JsonValues(Dialect())

    def operation(self, operation: OperationModel) -> RestJsonOperation:
        """The codec of one operation."""
        return RestJsonOperation(self, operation)

    def errors(self) -> RestJsonErrors:
        """The codec of this service's refusals."""
        return RestJsonErrors(self)


class RestJsonOperation:
    """Decodes one operation's requests and encodes its results."""

    __slots__ = ("_binding", "_payload_in", "_read_body", "_response", "streams_request")

    def __init__(self, service: RestJsonService, operation: OperationModel) -> None:
        self.streams_request = False
        self._binding: RequestBinding | None = None
        self._payload_in: str | None = None
        self._read_body: Callable[[bytes], Any] | None = None
        shape = operation.input
        if shape is not None:
            self._binding = RequestBinding(shape, literal_keys(operation), refused_json)
            self._payload_in = shape.trait("payload")
            if self._payload_in is not None:
                payload = shape.members[self._payload_in]
                if payload.trait("eventstream"):
                    raise not_implemented(service.model.name, operation.name)
                self.streams_request = payload.type == "blob"
                self._read_body = _payload_reader(service.values, payload)
            elif any(member.trait("location") is None for member in shape.members.values()):
                self._read_body = JsonBody(service.values, shape, None).decode
        self._response = RestJsonResponse(service, operation)

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members; a blob payload is passed on as it came."""
        read = self._read_body
        result: dict[str, Any] = {}
        if self._payload_in is not None:
            if request.stream is not None and self.streams_request:
                result[self._payload_in] = request.stream
            elif request.body:
                assert read is not None
                result[self._payload_in] = read(request.body)
        elif read is not None:
            result = read(request.body)
        if self._binding is not None:
            self._binding.read(request, labels, result)
        return result

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        return self._response.encode(result, request_id)


def _payload_reader(values: JsonValues, payload: Shape) -> Callable[[bytes], Any]:
    if payload.type == "blob":
        return lambda body: body
    if payload.type == "string":
        return _text
    if payload.type == "structure" and not payload.is_document:
        return JsonBody(values, payload, None).decode
    read = values.reader.value(payload)
    return lambda body: read(decoded_json(body))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise serialization("The request body is not valid UTF-8") from error


class RestJsonResponse:
    """Encodes one operation's results."""

    __slots__ = ("_binding", "_body", "_content_type", "_empty", "_events", "_payload", "_status", "_write")

    def __init__(self, service: RestJsonService, operation: OperationModel) -> None:
        shape = operation.output
        self._status = int(operation.http.get("responseCode", 200))
        self._binding = ResponseBinding(shape)
        self._body: JsonBody | None = None
        self._payload: str | None = None
        self._write: Callable[[Any], bytes] | None = None
        self._events: EventStreamWriter | None = None
        self._content_type: str | None = None
        if shape is None:
            return
        self._payload = shape.trait("payload")
        if self._payload is None:
            if len(self._binding.names) < len(shape.members) or not shape.members:
                self._body = JsonBody(service.values, None, shape)
                self._content_type = JSON[1]
            return
        payload = shape.members[self._payload]
        if payload.trait("eventstream"):
            documents = json_document_writer(service.values)
            self._events = EventStreamWriter(payload, documents, JSON[1])
            self._content_type = "application/vnd.amazon.eventstream"
        elif payload.type == "blob":
            self._content_type = "application/octet-stream"
        elif payload.type == "string":
            self._write, self._content_type = str.encode, "text/plain"
        else:
            self._write = json_document_writer(service.values)(payload)
            self._content_type = JSON[1]

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        headers = [("x-amzn-RequestId", request_id)]
        binding = self._binding
        status = (binding.write(result, headers) if binding.names else None) or self._status
        content_type = self._content_type
        if self._body is not None:
            assert content_type is not None
            headers.append(("Content-Type", content_type))
            return HttpResponse(status, headers, b"" if status == 204 else self._body.encode(result))
        if self._payload is None:
            if result and not result.keys() <= binding.names:
                raise NotAMember("the result", next(iter(result.keys() - binding.names)))
            return HttpResponse(status, headers)
        value = result.get(self._payload)
        if value is None:
            return HttpResponse(status, headers)
        if not (binding.sets_content_type and any(name.lower() == "content-type" for name, _ in headers)):
            assert content_type is not None
            headers.append(("Content-Type", content_type))
        if self._events is not None:
            return HttpResponse(status, headers, stream=self._events.frames(value))
        if self._write is not None:
            value = self._write(value)
        if isinstance(value, bytes):
            return HttpResponse(status, headers, value)
        return HttpResponse(status, headers, stream=value)


class RestJsonErrors:
    """Encodes one service's refusals: `x-amzn-ErrorType`, and the message in the body."""

    def __init__(self, service: RestJsonService) -> None:
        self._shapes = ErrorShapes(service.model, "rest-json")
        self._values = service.values
        self._bindings: dict[str, ResponseBinding] = {}

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        found = self._shapes.find(error)
        headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", found.code), JSON]
        members = dict(error.members)
        if found.shape is not None:
            binding = self._bindings.get(found.code)
            if binding is None:
                binding = self._bindings[found.code] = ResponseBinding(found.shape)
            binding.write(members, headers)
        body = {
            message_member(found.shape): error.message,
            **error_members(error, found.shape, self._values.writer),
        }
        return HttpResponse(found.status, headers, encode_json(body))
