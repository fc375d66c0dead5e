"""The REST XML protocol: Amazon S3, Route 53 and CloudFront."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codecs import s3, timestamps
from foulweather.wire.codecs.errors import ErrorShapes, scalars_as_xml
from foulweather.wire.codecs.event_streams import EventStreamWriter
from foulweather.wire.codecs.refusals import NotAMember, malformed_xml
from foulweather.wire.codecs.rest import RequestBinding, ResponseBinding, header_text, literal_keys
from foulweather.wire.codecs.xml import (
    XmlDialect,
    XmlReader,
    XmlWriter,
    escaped,
    local_name,
    namespace,
    parsed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.model import OperationModel, ServiceModel, Shape

PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
S3_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


def _namespace_of(model: ServiceModel) -> str:
    """The service's XML namespace, which its model has with the requests only."""
    for operation in model.operations().values():
        given = operation.input and operation.input.trait("xmlNamespace")
        if given:
            return given if isinstance(given, str) else given["uri"]
    return ""


class RestXmlService:
    """What the operations of one service share in this protocol."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self.is_s3 = model.name == "s3"
        # Amazon S3 writes three digits of milliseconds, always.
        write = timestamps.iso8601_milliseconds if self.is_s3 else timestamps.iso8601_seconds
        dialect = XmlDialect(write)
        self.reader = XmlReader(dialect)
        self.writer = XmlWriter(dialect)
        self.namespace = S3_NAMESPACE if self.is_s3 else _namespace_of(model)
        self.attribute = f' xmlns="{escaped(self.namespace)}"' if self.namespace else ""
        self.content_type = ("Content-Type", "application/xml" if self.is_s3 else "text/xml")

    def request_headers(self, request_id: str) -> list[tuple[str, str]]:
        """The headers that name the request; Amazon S3 has its own two."""
        if self.is_s3:
            host_id = base64.b64encode(request_id.encode() * 2).decode()
            return [("x-amz-request-id", request_id), ("x-amz-id-2", host_id)]
        return [("x-amzn-RequestId", request_id)]

    def operation(self, operation: OperationModel) -> RestXmlOperation:
        """The codec of one operation."""
        return RestXmlOperation(self, operation)

    def errors(self) -> RestXmlErrors:
        """The codec of this service's refusals."""
        return RestXmlErrors(self)

    def document(self, shape: Shape, name: str) -> Callable[[Any], str]:
        """What writes a document whose root holds `shape`."""
        content = self.writer.element(shape, name)
        if namespace(shape) or not self.namespace:
            return lambda value: PROLOGUE + content(value)
        plain, named = f"<{name}", f"<{name}{self.attribute}"
        return lambda value: PROLOGUE + named + content(value)[len(plain) :]


def _refused(wire_name: str, text: str, shape: Shape) -> AwsError:
    # Amazon S3's words; the other services of this protocol have few typed parameters.
    if shape.type in ("integer", "long"):
        return AwsError(
            "InvalidArgument",
            f"Provided {wire_name} not an integer or within integer range",
            400,
            members={"ArgumentName": wire_name, "ArgumentValue": text[:1000]},
        )
    return AwsError(
        "InvalidArgument",
        f"Invalid value for {wire_name}",
        400,
        members={"ArgumentName": wire_name, "ArgumentValue": text[:1000]},
    )


class RestXmlOperation:
    """Decodes one operation's requests and encodes its results."""

    __slots__ = (
        "_binding",
        "_keeps_expires",
        "_payload_in",
        "_read_body",
        "_response",
        "streams_request",
    )

    def __init__(self, service: RestXmlService, operation: OperationModel) -> None:
        self.streams_request = False
        self._binding: RequestBinding | None = None
        self._payload_in: str | None = None
        self._read_body: Callable[[bytes], Any] | None = None
        self._keeps_expires = False
        shape = operation.input
        if shape is not None:
            self._binding = RequestBinding(shape, literal_keys(operation), _refused)
            self._payload_in = shape.trait("payload")
            if self._payload_in is not None:
                payload = shape.members[self._payload_in]
                if payload.trait("eventstream"):
                    raise not_implemented(service.model.name, operation.name)
                self.streams_request = payload.type == "blob"
                self._read_body = _payload_reader(service, payload, self._payload_in)
            elif any(member.trait("location") is None for member in shape.members.values()):
                self._read_body = _document_reader(service, shape, "")
        if service.is_s3 and self._binding is not None:
            # Amazon S3 keeps whatever text it is, for the readers of the object.
            self._keeps_expires = self._binding.left_out("Expires")
        self._response = RestXmlResponse(service, operation)

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members; a blob payload is passed on as it came."""
        read = self._read_body
        result: dict[str, Any] = {}
        if read is not None:
            if self._payload_in is None:
                if request.body:
                    result = read(request.body)
            elif request.stream is not None and self.streams_request:
                result[self._payload_in] = request.stream
            elif request.body:
                result[self._payload_in] = read(request.body)
        if self._binding is not None:
            self._binding.read(request, labels, result)
            if self._keeps_expires and "expires" in request.by_name():
                result["Expires"] = request.header("expires")
        return result

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        return self._response.encode(result, request_id)


def _payload_reader(service: RestXmlService, payload: Shape, name: str) -> Callable[[bytes], Any]:
    if payload.type == "blob":
        return lambda body: body
    if payload.type == "string":
        return _text
    return _document_reader(service, payload, name)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise malformed_xml() from error


def _document_reader(service: RestXmlService, shape: Shape, name: str) -> Callable[[bytes], Any]:
    read = service.reader.element(shape)
    roots = {name, shape.trait("locationName"), shape.own_trait("locationName"), shape.name}

    def decode(body: bytes) -> Any:
        root = parsed(body)
        if local_name(root.tag) not in roots:
            raise malformed_xml()
        try:
            return read(root)
        except RecursionError as error:
            raise malformed_xml() from error

    return decode


class RestXmlResponse:
    """Encodes one operation's results."""

    __slots__ = (
        "_binding",
        "_body_names",
        "_content_type",
        "_events",
        "_is_s3_read",
        "_payload",
        "_service",
        "_status",
        "_tells_status",
        "_write",
    )

    def __init__(self, service: RestXmlService, operation: OperationModel) -> None:
        shape = operation.output
        self._service = service
        self._status = int(operation.http.get("responseCode", 200))
        self._is_s3_read = service.is_s3 and operation.name in ("GetObject", "HeadObject")
        self._tells_status = service.is_s3 and operation.name in s3.TELLS_STATUS
        if service.is_s3:
            self._status = s3.STATUS.get(operation.name, self._status)
        self._binding = ResponseBinding(shape)
        self._payload: str | None = None
        self._write: Callable[[Any], str] | None = None
        self._events: EventStreamWriter | None = None
        self._content_type = service.content_type
        if shape is None:
            return
        self._payload = shape.trait("payload")
        if self._payload is None:
            if len(self._binding.names) < len(shape.members):
                self._write = service.document(shape, shape.trait("locationName") or shape.name)
            if service.is_s3 and operation.name in ("ListObjects", "ListObjectsV2") and self._write is not None:
                one_by_one = service.writer.element(shape.members["Contents"], "Contents")
                self._write = s3.listing(self._write, "Contents", one_by_one)
            if service.is_s3 and operation.name == "GetBucketLocation":
                self._write = lambda result: s3.location(result, PROLOGUE, S3_NAMESPACE)
            return
        payload = shape.members[self._payload]
        if payload.trait("eventstream"):
            self._events = EventStreamWriter(payload, lambda each: _event_writer(service, each), "text/xml")
            self._content_type = ("Content-Type", "application/vnd.amazon.eventstream")
        elif payload.type == "blob":
            self._content_type = ("Content-Type", "application/octet-stream")
        elif payload.type == "string":
            self._content_type = ("Content-Type", "text/plain")
            self._write = str
        else:
            self._write = service.document(payload, payload.trait("locationName") or payload.name)

    def encode(self, result: Mapping[str, Any] | None, request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        result = result or {}
        headers = self._service.request_headers(request_id)
        binding = self._binding
        if self._is_s3_read:
            return self._read_object(result, headers)
        told: int | None = None
        if self._tells_status:
            result = dict(result)
            told = result.pop(s3.STATUS_MEMBER, None)
        status = (binding.write(result, headers) if binding.names else None) or told or self._status
        if self._payload is None:
            if self._write is None:
                if not result.keys() <= binding.names:
                    raise NotAMember("the result", next(iter(result.keys() - binding.names)))
                return HttpResponse(status, headers)
            headers.append(self._content_type)
            return HttpResponse(status, headers, self._write(result).encode("utf-8", "replace"))
        value = result.get(self._payload)
        if value is None:
            return HttpResponse(status, headers)
        if not (binding.sets_content_type and any(name.lower() == "content-type" for name, _ in headers)):
            headers.append(self._content_type)
        if self._events is not None:
            return HttpResponse(status, headers, stream=self._events.frames(value))
        if self._write is not None:
            value = self._write(value).encode("utf-8", "replace")
        if isinstance(value, bytes):
            return HttpResponse(status, headers, value)
        return HttpResponse(status, headers, stream=value)

    def _read_object(self, result: Mapping[str, Any], headers: list[tuple[str, str]]) -> HttpResponse:
        """What GetObject and HeadObject answer: 206 to a request for a part."""
        status = 206 if "ContentRange" in result else 200
        body = result.get("Body")
        if isinstance(body, bytes):  # the front end tells its length
            result = {name: value for name, value in result.items() if name != "ContentLength"}
        expires = result.get("Expires")
        if isinstance(expires, str):
            headers.append(("Expires", header_text(expires)))
            result = {name: value for name, value in result.items() if name != "Expires"}
        self._binding.write(result, headers)
        if body is None or isinstance(body, bytes):
            return HttpResponse(status, headers, body or b"")
        return HttpResponse(status, headers, stream=body)


def _event_writer(service: RestXmlService, shape: Shape) -> Callable[[Any], bytes]:
    write = service.writer.element(shape, shape.trait("locationName") or shape.name)
    return lambda value: write(value).encode("utf-8", "replace")


class RestXmlErrors:
    """Encodes one service's refusals; Amazon S3's have no `<ErrorResponse>` around them."""

    def __init__(self, service: RestXmlService) -> None:
        self._service = service
        self._shapes = ErrorShapes(service.model, "rest-xml")
        self._bindings: dict[str, ResponseBinding] = {}

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        service = self._service
        found = self._shapes.find(error)
        headers = service.request_headers(request_id)
        headers.append(service.content_type)
        headers.extend(error.headers)
        if found.status == 304:  # nothing but headers says what has not changed
            return HttpResponse(304, headers)
        if found.shape is not None:
            binding = self._bindings.get(found.code)
            if binding is None:
                binding = self._bindings[found.code] = ResponseBinding(found.shape)
            binding.write(error.members, headers)
        code, message = escaped(found.code), escaped(error.message)
        members = scalars_as_xml(error.members, found.shape, service.writer)
        if service.is_s3:
            host_id = headers[1][1]
            body = (
                f"{PROLOGUE}<Error><Code>{code}</Code><Message>{message}</Message>{members}"
                f"<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
            )
        else:
            body = (
                f"{PROLOGUE}<ErrorResponse{service.attribute}><Error><Type>{found.fault}</Type>"
                f"<Code>{code}</Code><Message>{message}</Message>{members}</Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return HttpResponse(found.status, headers, body.encode("utf-8", "replace"))
