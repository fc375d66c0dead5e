"""The bodies of S3's requests: out of their aws-chunked coding, and the ones that were signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.why import Fact
from foulweather.wire import s3_paths
from foulweather.wire.body import BodyFailed, BodyTooSlow, ClientGone
from foulweather.wire.chunked import ChunkedDecoder, decode, decoder_of, decoding
from foulweather.wire.proof import Proof
from foulweather.wire.s3_forms import S3Form
from foulweather.wire.s3_traits import traits_of
from foulweather.wire.sigv4 import access_key_of

if TYPE_CHECKING:
    from foulweather.kernel.call import Call
    from foulweather.wire.hosting import Hosted, Plan

WHOLE_UPLOAD_BYTES_MAX = 1 << 20
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


def read_s3(hosted: Hosted, plan: Plan, call: Call, request: HttpRequest, proof: Proof | None) -> HttpRequest:
    """A request to S3 with its body as the client meant it; the call is told how it was signed."""
    age_ms = hosted.world.clock.since(proof.signed_at_ms) if proof is not None else 0
    call.traits = traits_of(request, proof, age_ms, is_form=plan.codec.__class__ is S3Form)
    request = opened(request, proof, _secret(hosted, proof))
    if request.stream is not None and not plan.codec.streams_request:
        raise AwsError("MaxMessageLengthExceeded", "Your request was too large.", 400)
    return request


def is_large(head: HttpRequest) -> bool:
    """Whether a PUT is one of S3's with a body that is better not held in memory."""
    length = head.header("content-length")
    if not head.header("authorization") and head.header("expect"):
        return s3_paths.may_be_s3(head, "")  # who did not sign and may not is told so before he sends anything
    if length.isdigit() and int(length) <= WHOLE_UPLOAD_BYTES_MAX:
        return False
    scope = access_key_of(head)
    return s3_paths.may_be_s3(head, scope[2] if scope is not None else "")


def _secret(hosted: Hosted, proof: Proof | None) -> str | None:
    """The secret that signed; None for a stranger's key and for nobody's."""
    credential = hosted.world.state(Credentials).by_id.get(proof.access_key_id) if proof is not None else None
    return credential.secret if credential is not None else None
