"""The bodies of S3's requests: out of their aws-chunked coding, and the ones that were signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any, cast

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.why import Fact
from foulweather.wire.body import BodyFailed, BodyTooSlow, ClientGone
from foulweather.wire.chunked import ChunkedDecoder, decode, decoder_of, decoding
from foulweather.wire.proof import Proof

_CODED = re.compile(r"(?:^|,)\s*aws-chunked\s*(?=,|$)", re.IGNORECASE)


def opened(request: HttpRequest, proof: Proof | None, secret: str | None) -> HttpRequest:
    """The request with its body as the client meant it; refuses one that was not signed so.

    A body that still arrives becomes an `Incoming`.
    """
    decoder = decoder_of(request, proof, secret)
    if request.stream is not None:
        return _streamed(request, proof, decoder)
    if decoder is None:
        if proof is not None and proof.payload_is_declared:
            proof.check_payload(hashlib.sha256(request.body).hexdigest())
        return request
    body = decode(request.body, decoder)
    return _like(request, [*_headers(request), *decoder.trailers.items()], body)


def _streamed(request: HttpRequest, proof: Proof | None, decoder: ChunkedDecoder | None) -> HttpRequest:
    pieces = _told(cast("AsyncIterator[bytes]", request.stream))
    if decoder is not None:
        size = int(request.header("x-amz-decoded-content-length"))
        body = Incoming(decoding(pieces, decoder), size, decoder.trailers)
        return _like(request, _headers(request), stream=body)
    length = request.header("content-length")
    if not length and "transfer-encoding" in request.by_name():
        message = "A header you provided implies functionality that is not implemented"
        facts = (Fact("request", "Transfer-Encoding", "chunked"),)
        raise AwsError("NotImplemented", message, 501, facts=facts, members={"Header": "Transfer-Encoding"})
    if not length:
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    check = proof.check_payload if proof is not None and proof.payload_is_declared else None
    return _like(request, request.headers, stream=Incoming(pieces, int(length), {}, check))


async def _told(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, with S3's words for a body that does not arrive whole."""
    try:
        async for piece in pieces:
            yield piece
    except ClientGone:
        raise
    except BodyTooSlow as error:
        message = "Your socket connection to the server was not read from or written to within the timeout period."
        raise AwsError("RequestTimeout", message, 400) from error
    except BodyFailed as error:
        raise AwsError("IncompleteBody", "The request body terminated unexpectedly", 400) from error


def _headers(request: HttpRequest) -> list[tuple[str, str]]:
    """The headers without the coding that is taken off."""
    kept: list[tuple[str, str]] = []
    for name, value in request.headers:
        if name.lower() == "content-encoding":
            value = without_coding(value)
            if not value:
                continue
        kept.append((name, value))
    return kept


def without_coding(value: str) -> str:
    """A Content-Encoding without the coding of transfers, which objects never have; the others as they are written."""
    return _CODED.sub("", value).strip(" ,")


def _like(
    request: HttpRequest, headers: list[tuple[str, str]], body: bytes = b"", *, stream: Any = None
) -> HttpRequest:
    return HttpRequest(
        request.method, request.path, request.query, headers, body, stream=stream, peer=request.peer, tls=request.tls
    )
