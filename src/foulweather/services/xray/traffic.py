"""The OTLP endpoint: spans in JSON or protobuf, signed as X-Ray wants it, or (of an exporter that cannot sign) not.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
"""

from __future__ import annotations

import inspect
import json
import zlib
from typing import Any, cast

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.policy import principal as principals
from foulweather.services.xray import protobuf, spans
from foulweather.services.xray.limits import ACCOUNT, REGION
from foulweather.world.world import World

PATH = "/v1/traces"
# Of a request, uncompressed (AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint).
BYTES_MAX = 5_242_880
BATCH = 50
JSON, PROTOBUF = "application/json", "application/x-protobuf"


def serves(world: World, request: HttpRequest) -> bool:
    """Whether a request is one of an exporter; every world takes them."""
    return request.path == PATH


async def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse:
    """Take the spans of an exporter as segments."""
    kind = request.header("content-type").partition(";")[0].strip()
    if request.method != "POST":
        return _refused(405, "OTLP is sent by POST.")
    if kind not in (JSON, PROTOBUF):
        return _refused(415, f"OTLP over HTTP has the content type {PROTOBUF} or {JSON}.")
    try:
        body = _plain(request, await _whole(request))
        tree: Any = json.loads(body) if kind == JSON else protobuf.read(body)
        if not isinstance(tree, dict):
            raise ValueError("a request is an object")
        texts = [json.dumps(each, separators=(",", ":")) for each in spans.documents(cast("dict[str, Any]", tree))]
    except (ValueError, TypeError, RecursionError, zlib.error) as problem:
        return _refused(400, f"This is no ExportTraceServiceRequest: {problem}")
    try:
        left = await _put(pipeline, request, texts)
    except AwsError as error:
        return _refused(error.status, error.message)
    told = {"partialSuccess": {"rejectedSpans": len(left), "errorMessage": left[0]["Message"]}} if left else {}
    if kind == PROTOBUF:
        return HttpResponse(200, [("Content-Type", PROTOBUF)], _partial(left))
    return HttpResponse(200, [("Content-Type", JSON)], json.dumps(told).encode())


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """X-Ray's API has no CORS."""
    return []


async def _put(pipeline: Pipeline, request: HttpRequest, texts: list[str]) -> list[dict[str, str]]:
    """PutTraceSegments as whoever signed the request; what is left unprocessed."""
    left: list[dict[str, str]] = []
    operation = pipeline.services.operation("xray", "PutTraceSegments")
    for start in range(0, len(texts), BATCH):
        call = _call(pipeline, request)
        answer = pipeline.run(call, operation, {"TraceSegmentDocuments": texts[start : start + BATCH]})
        told: dict[str, Any] = await answer if inspect.isawaitable(answer) else answer
        left += told["UnprocessedTraceSegments"]
    return left


def _call(pipeline: Pipeline, request: HttpRequest) -> Call:
    caller: Any = request.caller if "authorization" in request.by_name() else None
    origin = Origin(request.peer, request.tls, request.header("user-agent"), request.header("host"))
    if caller is None:
        return Call(pipeline, "xray", "PutTraceSegments", ACCOUNT, REGION, principals.root(ACCOUNT), origin=origin)
    return Call(
        pipeline,
        "xray",
        "PutTraceSegments",
        caller.account,
        REGION,
        caller.principal,
        access_key_id=caller.access_key_id,
        session=caller.session,
        origin=origin,
    )


async def _whole(request: HttpRequest) -> bytes:
    if request.stream is None:
        return request.body
    pieces, size = list[bytes](), 0
    async for piece in request.stream:
        size += len(piece)
        if size <= BYTES_MAX:
            pieces.append(piece)
    if size > BYTES_MAX:
        raise ValueError(f"it has more than {BYTES_MAX} bytes")
    return b"".join(pieces)


def _plain(request: HttpRequest, body: bytes) -> bytes:
    """A body unpacked, but no more than is taken."""
    if request.header("content-encoding") != "gzip":
        return body
    unpacking = zlib.decompressobj(31)
    plain = unpacking.decompress(body, BYTES_MAX + 1)
    if len(plain) > BYTES_MAX:
        raise ValueError(f"it has more than {BYTES_MAX} bytes")
    return plain


def _partial(left: list[dict[str, str]]) -> bytes:
    """An ExportTraceServiceResponse: field 1 is the partial success, with how many were rejected (1) and why (2)."""
    if not left:
        return b""
    words = left[0]["Message"].encode()[:100]
    inner = b"\x08" + _varint(len(left)) + b"\x12" + _varint(len(words)) + words
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _refused(status: int, message: str) -> HttpResponse:
    return HttpResponse(status, [("Content-Type", JSON)], json.dumps({"message": message}).encode())
