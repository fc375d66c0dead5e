"""The pages that a website endpoint makes itself: errors in HTML, and the headers of what it serves.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/CustomErrorDocSupport.html
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.services.s3.dates import http_date

Headers = list[tuple[str, str]]

_SHOWN: Final = {
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "Expires": "Expires",
    "ETag": "ETag",
    "ContentRange": "Content-Range",
    "AcceptRanges": "Accept-Ranges",
    "VersionId": "x-amz-version-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "StorageClass": "x-amz-storage-class",
}
# Who a refusal is about, which the page and the headers tell beside its code and message.
_DETAILS: Final = ("BucketName", "Key", "Method", "ResourceType", "Condition")


def identified(request_id: str) -> Headers:
    """The two headers that name a request."""
    return [("x-amz-request-id", request_id), ("x-amz-id-2", _host_id(request_id))]


def _host_id(request_id: str) -> str:
    return base64.b64encode(request_id.encode() * 2).decode()


def served(result: Mapping[str, Any], request_id: str, status: int, *, is_head: bool) -> HttpResponse:
    """An object as a page."""
    headers = identified(request_id)
    headers += [(header, text(result[member])) for member, header in _SHOWN.items() if member in result]
    headers.append(("Last-Modified", http_date(result["LastModified"])))
    headers += [(f"x-amz-meta-{name}", text(value)) for name, value in result.get("Metadata", {}).items()]
    body: bytes | AsyncIterator[bytes] | None = result.get("Body")
    if isinstance(body, bytes):
        return HttpResponse(status, headers, body)
    headers.append(("Content-Length", str(result["ContentLength"])))
    if body is None or is_head:
        return HttpResponse(status, headers)
    return HttpResponse(status, headers, stream=body)


def redirected(status: int, location: str, request_id: str) -> HttpResponse:
    """A visitor is sent elsewhere."""
    headers = [*identified(request_id), ("Location", text(location))]
    page = _page(status, [])
    return HttpResponse(status, [*headers, ("Content-Type", "text/html; charset=utf-8")], page)


def error_headers(error: AwsError) -> Headers:
    """What the headers of an error page tell about the error."""
    found = [("x-amz-error-code", error.code), ("x-amz-error-message", text(error.message))]
    return found + [(f"x-amz-error-detail-{name}", text(str(value))) for name, value in _details(error)]


def failed(error: AwsError, status: int, request_id: str, further: AwsError | None = None) -> HttpResponse:
    """The page about an error; `further` is what became of the custom error document."""
    headers = [*error_headers(error), *identified(request_id), ("Content-Type", "text/html; charset=utf-8")]
    lines = [*_lines(error), f"<li>RequestId: {request_id}</li>", f"<li>HostId: {_host_id(request_id)}</li>"]
    return HttpResponse(status, headers, _page(status, lines, further))


def _page(status: int, lines: list[str], further: AwsError | None = None) -> bytes:
    title = f"{status} {HTTPStatus(status).phrase}"
    rows = ["<html>", f"<head><title>{title}</title></head>", "<body>", f"<h1>{title}</h1>"]
    rows += ["<ul>", *lines, "</ul>"] if lines else []
    if further is not None:
        rows.append("<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>")
        rows += ["<ul>", *_lines(further), "</ul>"]
    return "\n".join([*rows, "<hr/>", "</body>", "</html>", ""]).encode()


def _lines(error: AwsError) -> list[str]:
    told = [("Code", error.code), ("Message", error.message), *_details(error)]
    return [f"<li>{name}: {escape(str(value), quote=False)}</li>" for name, value in told]


def _details(error: AwsError) -> list[tuple[str, Any]]:
    return [(name, error.members[name]) for name in _DETAILS if name in error.members]


def text(value: str) -> str:
    """A header's value, which has one line and no characters beyond latin-1."""
    return "".join([each if each.isprintable() else " " for each in value]).encode("utf-8", "replace").decode("latin-1")
