"""What a function URL answers: a function's result as HTTP, or why there is none.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse

Headers = list[tuple[str, str]]
JSON = ("Content-Type", "application/json")
HOPS = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
"""Headers of one connection, which no function sets."""
DENIALS = frozenset({"AccessDeniedException", "AccessDenied"})


def identified(call: Call) -> Headers:
    """The headers of every answer."""
    return [("x-amzn-RequestId", call.request_id)]


def answered(call: Call, payload: bytes) -> HttpResponse:
    """A function's result: an object with a `statusCode` says all; anything else is the body of a 200."""
    try:
        result: Any = json.loads(payload or b"null")
    except ValueError:
        return failed(call)
    if not isinstance(result, dict) or "statusCode" not in result:
        body = result if isinstance(result, str) else json.dumps(result, separators=(",", ":"))
        return HttpResponse(200, [*identified(call), JSON], body.encode())
    told = cast("dict[str, Any]", result)
    try:
        status = int(told["statusCode"])
        body = _body(told)
        headers = _headers(told)
    except (TypeError, ValueError, binascii.Error):
        return failed(call)
    return HttpResponse(status, [*identified(call), *headers], body)


def prelude(head: bytes, content_type: str = "") -> tuple[int, Headers]:
    """The status and headers of a streamed answer, which the prelude says if there is one."""
    if head:
        try:
            told = cast("dict[str, Any]", json.loads(head))
            return int(told.get("statusCode", 200)), _headers(told)
        except (ValueError, TypeError, AttributeError):
            pass
    return 200, [("Content-Type", content_type or "application/octet-stream")]


def failed(call: Call) -> HttpResponse:
    """The function failed, or its answer makes no sense."""
    return HttpResponse(502, [*identified(call), JSON], b"Internal Server Error")


def forbidden(request_id: str) -> HttpResponse:
    """There is no such URL, or nobody may know whether there is."""
    headers = [("x-amzn-RequestId", request_id)] if request_id else []
    return HttpResponse(
        403, [*headers, ("x-amzn-ErrorType", "AccessDeniedException"), JSON], b'{"Message":"Forbidden"}'
    )


def refusal(call: Call, error: AwsError) -> HttpResponse:
    """The function could not be run."""
    if error.code in DENIALS:
        return forbidden(call.request_id)
    headers = [*identified(call), ("x-amzn-ErrorType", error.code), JSON]
    told = {"Message": error.message} if error.senders_fault else {"Message": "Internal Server Error"}
    return HttpResponse(error.status if error.senders_fault else 502, headers, json.dumps(told).encode())


def _headers(told: dict[str, Any]) -> Headers:
    given: dict[str, Any] = told.get("headers") or {}
    found = [
        (str(name), _text(value))
        for name, value in given.items()
        if str(name).lower() not in HOPS and value is not None
    ]
    found += [("Set-Cookie", str(cookie)) for cookie in told.get("cookies") or ()]
    if not any(name.lower() == "content-type" for name, _ in found):
        found.append(JSON)
    return found


def _text(value: Any) -> str:
    """A header's value; a list or an object is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        raise TypeError("a header has one value")
    return str(value).replace("\r", "").replace("\n", "")


def _body(told: dict[str, Any]) -> bytes:
    body: Any = told.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    return base64.b64decode(text, validate=True) if told.get("isBase64Encoded") else text.encode()
