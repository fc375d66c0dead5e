"""Compressed payloads, both ways, of APIs that have a minimum compression size.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

from __future__ import annotations

import gzip
import zlib

from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit

BYTES_MAX = 10 * 1024 * 1024
_WINDOWS = {"gzip": 31, "deflate": 15}


def unpack(visit: Visit) -> None:
    """Take a request's body out of its coding."""
    coding = visit.request.header("content-encoding").strip().lower()
    if visit.plan.compresses_from < 0 or coding not in _WINDOWS or not visit.body:
        return
    inflater = zlib.decompressobj(wbits=_WINDOWS[coding])
    try:
        body = inflater.decompress(visit.body, BYTES_MAX + 1)
    except zlib.error:
        why = refusals.refused(
            "The body is not in the coding that it says.", Fact("request", "Content-Encoding", coding)
        )
        raise Refusal("BAD_REQUEST_BODY", "Invalid request body", why) from None
    if len(body) > BYTES_MAX:
        raise too_large(len(body))
    visit.body = body


def pack(visit: Visit, response: HttpResponse) -> None:
    """Put an answer into a coding that the client accepts, where it is large enough."""
    least = visit.plan.compresses_from
    if least < 0 or len(response.body) < max(least, 1) or response.stream is not None:
        return
    if any(name.lower() == "content-encoding" for name, _ in response.headers):
        return
    accepted = [each.partition(";")[0].strip().lower() for each in visit.request.header("accept-encoding").split(",")]
    for coding in accepted:
        if coding in _WINDOWS:
            body = response.body
            response.body = gzip.compress(body, 6, mtime=0) if coding == "gzip" else zlib.compress(body, 6)
            response.headers.append(("Content-Encoding", coding))
            return


def too_large(size: int) -> Refusal:
    """A payload over API Gateway's limit."""
    why = refusals.refused(
        f"The payload has {size} bytes; API Gateway takes {BYTES_MAX} at most, and the limit cannot be raised.",
        Fact("request", "body bytes", size),
        Fact("API Gateway", "payload bytes at most", BYTES_MAX),
    )
    return Refusal("REQUEST_TOO_LARGE", "Request Too Long", why)
