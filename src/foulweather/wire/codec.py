"""Bytes to requests and results to bytes: every AWS protocol, compiled per operation on first use."""

from __future__ import annotations

import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.model import ServiceModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.http import HttpResponse
    from foulweather.kernel.model import OperationModel

DYNAMO: Final = frozenset({"dynamodb", "dynamodbstreams"})
WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}
DECOMPRESSED_BYTES_MAX: Final = 16 * 1024 * 1024


class OperationCodec(Protocol):
    """One operation's requests and results in one protocol.

    Values are plain: members by their API names, strings as str, blobs as bytes, timestamps as integer
    milliseconds since the epoch; members that are absent (or null) on the wire are absent.
    """

    @property
    def streams_request(self) -> bool:
        """Whether `request.stream` is passed on as a member; if not, the body must have been collected."""
        ...

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members; `labels` are those of the REST path. Raises AwsError only."""
        ...

    def encode(self, result: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The response to a request that succeeded."""
        ...


class ErrorCodec(Protocol):
    """One service's refusals in one protocol."""

    def encode(self, error: AwsError, request_id: str) -> HttpResponse:
        """The response to a request that was refused."""
        ...


class ServiceCodec(Protocol):
    """What compiles the codecs of one service in one protocol."""

    def operation(self, operation: OperationModel) -> OperationCodec:
        """The codec of one operation."""
        ...

    def errors(self) -> ErrorCodec:
        """The codec of the service's refusals."""
        ...


class NotSpoken(LookupError):
    """The service does not speak the protocol."""


def _protocol(name: str) -> Callable[[ServiceModel], ServiceCodec]:
    # Imported on first use: a server that only ever speaks JSON never loads the XML codecs.
    if name == "json":
        from foulweather.wire.codecs.json import JsonService

        return JsonService
    if name == "query":
        from foulweather.wire.codecs.query import QueryService

        return QueryService
    if name == "ec2":
        from foulweather.wire.codecs.ec2 import Ec2Service

        return Ec2Service
    if name == "rest-json":
        from foulweather.wire.codecs.rest_json import RestJsonService

        return RestJsonService
    if name == "rest-xml":
        from foulweather.wire.codecs.rest_xml import RestXmlService

        return RestXmlService
    if name == "smithy-rpc-v2-cbor":
        from foulweather.wire.codecs.cbor import CborService

        return CborService
    raise NotSpoken(f"no protocol is called {name!r}")


class _Decompressing:
    """Decodes the requests of an operation whose clients may compress them (the `requestcompression` trait)."""

    def __init__(self, codec: OperationCodec) -> None:
        self._codec = codec
        self.encode = codec.encode
        self.streams_request = codec.streams_request

    def decode(self, request: HttpRequest, labels: Mapping[str, str]) -> dict[str, Any]:
        """The request's members."""
        coding = request.header("content-encoding")
        if coding:
            request = self.unpacked(request, coding.rpartition(",")[2].strip().lower())
        return self._codec.decode(request, labels)

    def unpacked(self, request: HttpRequest, coding: str) -> HttpRequest:
        """The request with its body out of a coding."""
        if coding != "gzip":
            return request
        try:
            return _with_body(request, _inflated(request.body, coding))
        except zlib.error as error:
            raise AwsError("SerializationException", "The request body is not valid gzip", 400) from error


class _DynamoDecompressing(_Decompressing):
    """DynamoDB takes gzip and deflate, and answers whatever cannot be unpacked with an error of its own (500)."""

    def unpacked(self, request: HttpRequest, coding: str) -> HttpRequest:
        """The request with its body out of a coding."""
        try:
            return _with_body(request, _inflated(request.body, coding))
        except (zlib.error, KeyError) as error:
            raise AwsError("InternalServerError", "Internal server error", 500) from error


def _with_body(request: HttpRequest, body: bytes) -> HttpRequest:
    return HttpRequest(request.method, request.path, request.query, request.headers, body)


def _inflated(body: bytes, coding: str) -> bytes:
    """What was compressed, in one piece or in several one after another; zlib.error where it is not whole."""
    window_bits = WINDOW_BITS[coding]
    pieces: list[bytes] = []
    left = DECOMPRESSED_BYTES_MAX
    while True:
        inflater = zlib.decompressobj(wbits=window_bits)
        piece = inflater.decompress(body, left + 1)
        if len(piece) > left:
            raise AwsError("RequestEntityTooLarge", "The decompressed request body is too large", 413)
        if not inflater.eof:
            raise zlib.error("it is cut off")
        pieces.append(piece)
        left -= len(piece)
        body = inflater.unused_data
        if not body:
            return b"".join(pieces)


def service_codec(model: ServiceModel, protocol: str) -> ServiceCodec:
    """What compiles the codecs of `model` in `protocol`."""
    return _protocol(protocol)(model)


@cache
def _service_codec(service: str, protocol: str) -> ServiceCodec:
    model = ServiceModel.load(service)
    if protocol not in model.protocols:
        raise NotSpoken(f"{service} speaks {', '.join(model.protocols)}, not {protocol}")
    return service_codec(model, protocol)


@cache
def operation_codec(service: str, protocol: str, operation: str) -> OperationCodec:
    """The codec of one operation in one of the protocols its service speaks."""
    compiler = _service_codec(service, protocol)
    model = ServiceModel.load(service).operation(operation)
    codec = compiler.operation(model)
    if service in DYNAMO:
        return _DynamoDecompressing(codec)
    return _Decompressing(codec) if "requestcompression" in model.model else codec


@cache
def error_codec(service: str, protocol: str) -> ErrorCodec:
    """The codec of a service's refusals in one of the protocols it speaks."""
    return _service_codec(service, protocol).errors()
