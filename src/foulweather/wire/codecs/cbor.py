"""The Smithy RPC v2 CBOR protocol: CloudWatch, GameLift, Compute Optimizer and a few more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cbor2

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.codecs import timestamps
from foulweather.wire.codecs.errors import ErrorShapes, message_member
from foulweather.wire.codecs.event_streams import EventStreamWriter, event_stream_member
from foulweather.wire.codecs.json import error_members, query_error_header
from foulweather.wire.codecs.json_values import Dialect, ValueReader, ValueWriter
from foulweather.wire.codecs.refusals import serialization

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import OperationModel, ServiceModel, Shape

TIMESTAMP_TAG: Final = 1
DEPTH_MAX: Final = 200
HEADERS: Final = (("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor"))


class _EpochSeconds:
    """The number under a timestamp's tag."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: Any, _immutable: bool = False) -> None:
        self.seconds = seconds


def _no_tag(_value: Any, _immutable: bool = False) -> Any:
    raise ValueError("the protocol has no tag but that of a timestamp")


# The library would make dates, fractions, regular expressions and cyclic structures of tags: none is wanted.
_TAGS: Final[dict[int, Callable[..., Any]]] = {
    **dict.fromkeys((*range(300), 1004, 43000, 55799), _no_tag),
    TIMESTAMP_TAG: _EpochSeconds,
}


def decoded_cbor(body: bytes) -> Any:
    """A body's one data item."""
    try:
        return cbor2.loads(body, tag_hook=_no_tag, semantic_decoders=_TAGS, max_depth=DEPTH_MAX)
    except (cbor2.CBORDecodeError, ValueError, OverflowError, MemoryError, RecursionError, TypeError) as error:
        raise serialization("Unable to parse the request body as CBOR") from error


class CborReader(ValueReader):
    """Reads CBOR's values: byte strings are bytes, timestamps are tagged."""

    def _timestamp(self, shape: Shape) -> Callable[[Any], int]:
        refused = self._dialect.refused

        def read(value: Any) -> int:
            if type(value) is not _EpochSeconds or type(value.seconds) not in (int, float):
                raise refused(value, shape)
            try:
                return timestamps.from_unix(value.seconds)
            except (ValueError, OverflowError) as error:
                raise refused(value, shape) from error

        return read

    def _blob(self, shape: Shape) -> Callable[[Any], bytes]:
        refused = self._dialect.refused

        def read(value: Any) -> bytes:
            if type(value) is not bytes:
                raise refused(value, shape)
            return value

        return read

    def _float(self, shape: Shape) -> Callable[[Any], float]:
        refused = self._dialect.refused

        def read(value: Any) -> float:
            if type(value) not in (float, int):
                raise refused(value, shape)
            return float(value)

        return read


def _tagged(at_ms: int) -> cbor2.CBORTag:
    return cbor2.CBORTag(TIMESTAMP_TAG, timestamps.unix_number(at_ms))


class CborService:
    """What the operations of one service share in this protocol."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        dialect = Dialect(renamed=False)
        self.reader = CborReader(dialect)
        self.writer = ValueWriter(dialect, timestamp=_tagged, floats_as_text=False, timestamp_format_matters=False)

    def operation(self, operation: OperationModel) -> CborOperation:
        """The codec of one operation."""
        return CborOperation(self, operation)

    def errors(self) -> CborErrors:
        """The codec of this service's refusals."""
        return CborErrors(self)

    def document(self, shape: Shape) -> Callable[[Any], bytes]:
        """What writes a value of `shape` as one data item."""
        write = self.writer.value(shape)
        return lambda value: cbor2.dumps(write(value))


class CborOperation:
    """Decodes one operation's requests and encodes its results."""

    __slots__ = ("_events", "_read", "_stream_member", "_write")

    streams_request = False

    def __init__(self, service: CborService, operation: OperationModel) -> None:
        shape = operation.input
        self._read: Callable[[Any], dict[str, Any]] | None = None
        if shape is not None:
            if event_stream_member(shape):
                raise not_implemented(service.model.name, operation.name)
            self._read = service.reader.structure(shape)
        self._write: Callable[[Any], dict[str, Any]] | None = None
        self._events: EventStreamWriter | None = None
        self._stream_member: str | None = None
        if operation.output is not None:
            self._write = service.writer.structure(operation.output)
            self._stream_member = event_stream_member(operation.output)
            if self._stream_member is not None:
                stream = operation.output.members[self._stream_member]
                self._events = EventStreamWriter(stream, service.document, HEADERS[1][1])

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members."""
        del labels  # only REST protocols have any
        if self._read is None or not request.body:
            return {}
        try:
            return self._read(decoded_cbor(request.body))
        except RecursionError as error:
            raise serialization("The request body is nested too deeply") from error

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        if self._events is not None:
            assert self._stream_member is not None
            assert self._write is not None
            rest = {name: value for name, value in result.items() if name != self._stream_member}
            headers = [
                ("x-amzn-RequestId", request_id),
                HEADERS[0],
                ("Content-Type", "application/vnd.amazon.eventstream"),
            ]
            first = cbor2.dumps(self._write(rest))
            return HttpResponse(200, headers, stream=self._events.frames(result[self._stream_member], initial=first))
        body = cbor2.dumps({} if self._write is None else self._write(result))
        return HttpResponse(200, [("x-amzn-RequestId", request_id), *HEADERS], body)


class CborErrors:
    """Encodes one service's refusals: a map with `__type`."""

    def __init__(self, service: CborService) -> None:
        self._shapes = ErrorShapes(service.model, "smithy-rpc-v2-cbor")
        self._writer = service.writer
        self._query_compatible = "awsQueryCompatible" in service.model.metadata

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        found = self._shapes.find(error)
        body = {
            "__type": found.code,
            message_member(found.shape): error.message,
            **error_members(error, found.shape, self._writer),
        }
        headers = [("x-amzn-RequestId", request_id), *HEADERS]
        if self._query_compatible:
            headers.append(query_error_header(found.shape, found.code, found.fault))
        return HttpResponse(found.status, headers, cbor2.dumps(body))
