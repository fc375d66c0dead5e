"""Bodies as text or as binary data: what becomes of one between a client and an integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
"""

from __future__ import annotations

import base64
import binascii

from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.visit import Visit

JSON = "application/json"


def for_integration(visit: Visit, handling: str) -> bytes:
    """A client's body as the integration gets it: binary if its media type is one of the API's binary ones."""
    body = visit.body
    if visit.plan.is_binary(visit.header("content-type") or JSON):
        return base64.b64encode(body) if handling == "CONVERT_TO_TEXT" else body
    return decoded(visit, body) if handling == "CONVERT_TO_BINARY" else as_text(body)


def for_client(visit: Visit, body: bytes, kind: str, handling: str, *, is_proxy: bool = False) -> bytes:
    """An integration's body of a media type as the client gets it, who has said which it accepts.

    Text for a client who accepts binary data is base64 of it. The page names no exception for proxies; but that a page
    of an error could not go through one is not to be found anywhere either.
    """
    if visit.plan.is_binary(kind or JSON):
        keeps = handling == "CONVERT_TO_BINARY" or (not handling and wants_binary(visit))
        return body if keeps else base64.b64encode(body)
    if handling == "CONVERT_TO_BINARY" or (not handling and not is_proxy and visit.plan.is_binary(_accepted(visit))):
        return decoded(visit, body)
    return as_text(body)


def _accepted(visit: Visit) -> str:
    return visit.header("accept") or "*/*"


def wants_binary(visit: Visit) -> bool:
    """Whether the first media type that the client accepts is one of the API's binary ones."""
    return visit.plan.is_binary(_accepted(visit)) or "*/*" in visit.plan.binary_types


def as_text(body: bytes) -> bytes:
    """A body as a UTF-8 string: what is none is lost."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
    return body


def decoded(visit: Visit, body: bytes) -> bytes:
    """Base64 as binary data; a JSON string, as functions return one, loses its quotes."""
    text = body.strip()
    if len(text) > 1 and text.startswith(b'"') and text.endswith(b'"'):
        text = text[1:-1]
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        why = refusals.failed(
            "A body that is to become binary is not base64.",
            visit.integration_fact("contentHandling", "CONVERT_TO_BINARY"),
        )
        raise refusals.misconfigured(why, "Unable to base64 decode the body.") from None
