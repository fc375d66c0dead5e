"""The event that a function gets of an HTTP request to its URL: payload format 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.tracing import Header
from foulweather.services.lambda_.records import Function, Url

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TEXTS = ("text/", "application/json", "application/javascript", "application/xml")


def event(call: Call, request: HttpRequest, url: Url, function: Function, body: bytes) -> dict[str, Any]:
    """One request as an event."""
    at = datetime.fromtimestamp(call.now / 1000, UTC)
    domain = f"{url.id}.lambda-url.{function.region}.on.aws"
    path = unquote(request.path)
    context: dict[str, Any] = {
        "accountId": call.principal.account or "anonymous",
        "apiId": url.id,
        "domainName": domain,
        "domainPrefix": url.id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.peer,
            "userAgent": request.header("user-agent"),
        },
        "requestId": call.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": f"{at.day:02}/{MONTHS[at.month - 1]}/{at.year}:{at:%H:%M:%S} +0000",
        "timeEpoch": call.now,
    }
    if url.auth_type == "AWS_IAM":
        context["authorizer"] = {"iam": _identity(call)}
    told: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": _headers(call, request, url),
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if cookies := request.header("cookie"):
        told["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if request.query:
        told["queryStringParameters"] = _parameters(request.query)
    if body:
        text = _text(request, body)
        told["isBase64Encoded"] = text is None
        told["body"] = base64.b64encode(body).decode() if text is None else text
    return told


def _headers(call: Call, request: HttpRequest, url: Url) -> dict[str, str]:
    """Headers by lower-case name, repeated ones joined by commas; the cookies have a member of their own.

    `Authorization` is Lambda's where it wants a signature, and the function's where it wants none.
    """
    left_out = ("cookie", "authorization") if url.auth_type == "AWS_IAM" else ("cookie",)
    found = {name: value for name, value in request.by_name().items() if name not in left_out}
    found["x-forwarded-for"] = request.peer
    found["x-forwarded-port"] = "443"
    found["x-forwarded-proto"] = "https"
    found["x-amzn-trace-id"] = str(
        tracing.read(request.header("x-amzn-trace-id")) or Header(tracing.root_of(call.request_id, call.now))
    )
    return found


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _text(request: HttpRequest, body: bytes) -> str | None:
    """A body that is text; None for one that goes in base64."""
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if not (kind.startswith(TEXTS) or kind.endswith(("+json", "+xml"))):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _identity(call: Call) -> dict[str, Any]:
    principal = call.principal
    return {
        "accessKey": call.access_key_id,
        "accountId": principal.account,
        "callerId": principal.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": principal.arn,
        "userId": principal.user_id,
    }
