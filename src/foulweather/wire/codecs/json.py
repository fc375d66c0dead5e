"""The AWS JSON protocols 1.0 and 1.1: SQS, DynamoDB, KMS, Kinesis, Step Functions, ECS, and most others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import msgspec

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codecs.errors import ErrorShapes, message_member
from foulweather.wire.codecs.event_streams import EventStreamWriter, event_stream_member
from foulweather.wire.codecs.json_types import TypeBuilder
from foulweather.wire.codecs.json_values import DYNAMODB_REFUSAL, Dialect, ValueReader, ValueWriter
from foulweather.wire.codecs.refusals import NotAMember, serialization

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import OperationModel, ServiceModel, Shape

DYNAMODB_NAMESPACE: Final = "com.amazonaws.dynamodb.v20120810#"
NAMESPACES: Final = {
    "sqs": "com.amazonaws.sqs#",
    "dynamodb": DYNAMODB_NAMESPACE,
    "dynamodbstreams": DYNAMODB_NAMESPACE,
}
"""The services whose `__type` is absolute; the others send the bare name."""

COMMON_NAMESPACES: Final = {"ValidationException": "com.amazon.coral.validate#"}
COMMON_NAMESPACE: Final = "com.amazon.coral.service#"

UNREADABLE: Final = "Unable to parse the request body as JSON"
encode_json = msgspec.json.Encoder().encode
_decode_any = msgspec.json.Decoder().decode


class Decoder(Protocol):
    """A typed msgspec decoder."""

    def decode(self, body: bytes, /) -> Any:
        """The body's values."""
        ...


def decoded_json(body: bytes) -> Any:
    """A body's plain JSON values."""
    try:
        return _decode_any(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise serialization(UNREADABLE) from error


class JsonBody:
    """Reads and writes one structure as a JSON document; what json and rest-json share."""

    __slots__ = ("_decoder", "_input", "_names", "_nothing", "_output", "_plain", "_read")

    def __init__(self, values: JsonValues, shape_in: Shape | None, shape_out: Shape | None) -> None:
        self._decoder: Callable[[bytes], Any] | None = None
        self._read: Callable[[Any], dict[str, Any]] | None = None
        self._input = shape_in
        if shape_in is not None:
            self._read = values.reader.structure(shape_in)
            typed = values.types.type_of(shape_in)
            if typed is not None:
                self._decoder = cast(Decoder, msgspec.json.Decoder(typed)).decode
        self._nothing = values.nothing
        self._output: Callable[[Any], Any] | None = None
        self._names: frozenset[str] = frozenset()
        self._plain = False
        if shape_out is not None:
            self._output = values.writer.structure(shape_out)
            self._names = frozenset(shape_out.members)
            self._plain = values.is_plain(shape_out)

    def decode(self, body: bytes) -> dict[str, Any]:
        """The members in `body`; none if it is empty."""
        decoder = self._decoder
        if decoder is not None:
            try:
                return decoder(body)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                pass  # read again below, by what knows AWS's rules and words
        if self._read is None or not body:
            return {}
        try:
            return self._read(decoded_json(body))
        except RecursionError as error:
            raise serialization("The request body is nested too deeply") from error

    def encode(self, result: Mapping[str, Any]) -> bytes:
        """`result` as a JSON document."""
        write = self._output
        if write is None:
            return self._nothing
        if self._plain:
            if not result.keys() <= self._names:
                raise NotAMember("the result", next(iter(result.keys() - self._names)))
            body = encode_json(result)
            # None and NaN both come out as null, which AWS never sends: those go the long way.
            if b"null" not in body:
                return body
        return encode_json(write(result))


class JsonValues:
    """One service's compiled readers, writers and types."""

    def __init__(self, dialect: Dialect, *, nothing: bytes = b"{}") -> None:
        self.dialect = dialect
        self.nothing = nothing
        """What is sent of an operation without output."""
        self.reader = ValueReader(dialect)
        self.writer = ValueWriter(dialect)
        self.types = TypeBuilder(dialect)

    def is_plain(self, shape: Shape) -> bool:
        """Whether an encoder may take a value of `shape` as it is: nothing in it is renamed or a timestamp."""
        seen: set[str] = set()

        def plain(shape: Shape) -> bool:
            if shape.is_document:
                return True
            if shape.type in ("list", "map"):
                return plain(shape.member if shape.type == "list" else shape.value)
            if shape.type != "structure":
                return shape.type != "timestamp"
            if shape.name in seen:
                return True
            seen.add(shape.name)
            return all(
                self.dialect.name(member, name) == name and member.trait("location") is None and plain(member)
                for name, member in shape.members.items()
            )

        return plain(shape)


class JsonService:
    """What the operations of one service share in this protocol."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        dynamodb = NAMESPACES.get(model.name) == DYNAMODB_NAMESPACE
        self.dialect = Dialect(refusal_of_scalar=DYNAMODB_REFUSAL) if dynamodb else Dialect()
        self.values = JsonValues(self.dialect, nothing=b"" if dynamodb else b"{}")
        version = model.metadata.get("jsonVersion", "1.1")
        self.content_type = ("Content-Type", f"application/x-amz-json-{version}")

    def operation(self, operation: OperationModel) -> JsonOperation | JsonStreamingOperation:
        """The codec of one operation."""
        for shape in (operation.input, operation.output):
            name = shape and event_stream_member(shape)
            if shape is not None and name:
                if shape is operation.input:
                    raise not_implemented(self.model.name, operation.name)
                return JsonStreamingOperation(self, operation, name)
        return JsonOperation(self, operation)

    def errors(self) -> JsonErrors:
        """The codec of this service's refusals."""
        return JsonErrors(self)


class JsonOperation:
    """Decodes one operation's JSON and encodes its results."""

    __slots__ = ("_body", "_content_type")

    streams_request = False

    def __init__(self, service: JsonService, operation: OperationModel) -> None:
        self._body = JsonBody(service.values, operation.input, operation.output)
        self._content_type = service.content_type

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members."""
        del labels  # only REST protocols have any
        return self._body.decode(request.body)

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        return HttpResponse(200, [("x-amzn-RequestId", request_id), self._content_type], self._body.encode(result))


class JsonStreamingOperation:
    """An operation whose result is an event stream: its first event holds the other members."""

    __slots__ = ("_body", "_content_type", "_events", "_member")

    streams_request = False

    def __init__(self, service: JsonService, operation: OperationModel, member: str) -> None:
        assert operation.output is not None
        self._body = JsonBody(service.values, operation.input, operation.output)
        self._member = member
        self._events = EventStreamWriter(
            operation.output.members[member],
            lambda shape: _document_writer(service.values, shape),
            service.content_type[1],
        )

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members."""
        del labels
        return self._body.decode(request.body)

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response, whose frames follow as the events come."""
        rest = {name: value for name, value in result.items() if name != self._member}
        first = self._body.encode(rest)
        return HttpResponse(
            200,
            [("x-amzn-RequestId", request_id), ("Content-Type", "application/vnd.amazon.eventstream")],
            stream=self._events.frames(result[self._member], initial=first),
        )


def _document_writer(values: JsonValues, shape: Shape) -> Callable[[Any], bytes]:
    write = values.writer.value(shape)
    return lambda value: encode_json(write(value))


def json_document_writer(values: JsonValues) -> Callable[[Shape], Callable[[Any], bytes]]:
    """How an event stream writes a payload of any shape."""
    return lambda shape: _document_writer(values, shape)


class JsonErrors:
    """Encodes one service's refusals: `{"__type": …, "message": …}`."""

    def __init__(self, service: JsonService) -> None:
        self._shapes = ErrorShapes(service.model, "json")
        self._values = service.values
        self._content_type = service.content_type
        self._namespace = NAMESPACES.get(service.model.name, "")
        self._query_compatible = "awsQueryCompatible" in service.model.metadata

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        found = self._shapes.find(error)
        kind = found.code
        if self._namespace:
            if found.shape is not None:
                kind = self._namespace + kind
            else:
                kind = COMMON_NAMESPACES.get(kind, COMMON_NAMESPACE) + kind
        body = {
            "__type": kind,
            message_member(found.shape): error.message,
            **error_members(error, found.shape, self._values.writer),
        }
        if self._namespace == DYNAMODB_NAMESPACE and error.message == UNREADABLE:
            del body[message_member(found.shape)]  # DynamoDB says no more than that it cannot read it
        headers = [("x-amzn-RequestId", request_id), self._content_type]
        if self._query_compatible:
            headers.append(query_error_header(found.shape, found.code, found.fault))
        return HttpResponse(found.status, headers, encode_json(body))


def query_error_header(shape: Shape | None, code: str, fault: str) -> tuple[str, str]:
    """`x-amzn-query-error`: the code of the service's former query protocol, for SDKs that knew it."""
    return "x-amzn-query-error", f"{ErrorShapes.query_code(shape) if shape is not None else code};{fault}"


def error_members(error: AwsError, shape: Shape | None, writer: ValueWriter) -> dict[str, Any]:
    """An error's members beside its code and message, modelled or not, as JSON values."""
    if not error.members:
        return {}
    if shape is None:
        return dict(error.members)
    known = {name: value for name, value in error.members.items() if name in shape.members}
    more = {name: value for name, value in error.members.items() if name not in known}
    return {**writer.structure(shape)(known), **more}
