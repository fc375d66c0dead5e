"""Which operation a request to S3 is for: its bucket may be in the host, and who browses signs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from foulweather.kernel.http import HttpRequest
from foulweather.services.s3.addresses import PLAIN, Address, address_of
from foulweather.wire import rest_paths

CONTROL_PATH = "/v20180820/"
ACCOUNT_DIGITS = 12
# Methods and content type of a browser's upload form, which is no operation of the API's model.
# https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
FORM = "multipart/form-data"
ON_OBJECTS = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
"""What a method means for a key, where the query string says nothing more."""


class Found(NamedTuple):
    """A service of the S3 family, its operation, and the labels of its path."""

    service: str
    operation: str
    labels: Mapping[str, str]


def match(request: HttpRequest, is_signed: bool) -> Found | None:
    """The operation of S3 (or S3 Control) that a request is for, or None."""
    address = address_of(request.header("host"))
    if address is None:
        if not is_signed:
            return None
        address = PLAIN
    if address.kind == "control" or (request.path.startswith(CONTROL_PATH) and _is_for_an_account(address)):
        found = rest_paths.match("s3control", request.method, request.path, request.query, request.header)
        return Found("s3control", *found) if found is not None else None
    if address.kind == "website":
        return None
    if is_form(request):
        bucket = address.bucket or request.path.strip("/")
        if bucket and "/" not in bucket and (not address.bucket or request.path == "/"):
            return Found("s3", "PutObject", {"Bucket": bucket, "Key": ""})
    path = f"/{address.bucket}{request.path}" if address.bucket else request.path
    if not request.query or _is_named(request.query):
        whole = _whole_object(request, path)
        if whole is not None:
            return whole
    found = rest_paths.match("s3", request.method, path, request.query, request.header)
    return Found("s3", *found) if found is not None else None


def _is_named(query: str) -> bool:
    """Whether a query string only repeats the operation's name, as several SDKs have it."""
    return query.startswith("x-id=") and "&" not in query


def _whole_object(request: HttpRequest, path: str) -> Found | None:
    """The operation on an object as a whole: what nearly every request is for, found without a search."""
    operation = ON_OBJECTS.get(request.method)
    bucket, _, key = path[1:].partition("/")
    if operation is None or not bucket or not key:
        return None
    if operation == "PutObject" and request.header("x-amz-copy-source"):
        operation = "CopyObject"
    return Found("s3", operation, {"Bucket": rest_paths.decoded(bucket), "Key": rest_paths.decoded(key)})


def _is_for_an_account(address: Address) -> bool:
    """Whether a custom endpoint's host is plain, or has the account before it that clients of S3 Control put there."""
    bucket = address.bucket
    return address == PLAIN or (address.kind == "rest" and len(bucket) == ACCOUNT_DIGITS and bucket.isdigit())


def is_form(request: HttpRequest) -> bool:
    """Whether the request is a browser's upload by a form."""
    return request.method == "POST" and request.header("content-type").lower().startswith(FORM)


def may_be_s3(request: HttpRequest, scope_service: str) -> bool:
    """Whether a request looks as if it were for S3, before its operation is known."""
    if scope_service:
        return scope_service == "s3"
    return "x-amz-target" not in request.by_name() and address_of(request.header("host")) is not None
