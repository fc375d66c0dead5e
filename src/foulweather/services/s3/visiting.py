"""What visitors of a static website get: documents, redirects, error pages.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import refusals, website_pages, website_rules
from foulweather.services.s3.addresses import Address
from foulweather.services.s3.judging import may
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State
from foulweather.services.s3.website_pages import redirected

_CONDITIONS: Final = {"if-match": "IfMatch", "if-none-match": "IfNoneMatch", "range": "Range"}
_DATED: Final = {"if-modified-since": "IfModifiedSince", "if-unmodified-since": "IfUnmodifiedSince"}


def visit(call: Call, address: Address, request: HttpRequest) -> HttpResponse:
    """Answer a visitor; `call` is the visit, and what it takes are calls of nobody's in its trace."""
    key = unquote(request.path[1:], "utf-8", "replace")
    try:
        bucket, website = _site(call, address, request)
    except AwsError as error:
        call.pipeline.refused(call, error)
        return website_pages.failed(error, error.status, call.request_id)
    call.resource = f"{bucket.arn}/{key}"
    protocol = "https" if request.tls else "http"
    host = request.header("host")
    elsewhere = website.get("RedirectAllRequestsTo")
    if elsewhere is not None:
        target = website_rules.location(elsewhere.get("Protocol") or protocol, elsewhere["HostName"], key)
        return redirected(301, target + (f"?{request.query}" if request.query else ""), call.request_id)
    ruled = website_rules.rule_before(website, key)
    if ruled is not None:
        return redirected(*website_rules.target_of(ruled[1], key, protocol, host), call.request_id)
    document = key + website["IndexDocument"]["Suffix"] if not key or key.endswith("/") else key
    try:
        result = _read(call, bucket, document, request, _conditions(request))
    except AwsError as error:
        if error.status == 304:
            return HttpResponse(304, [*website_pages.identified(call.request_id), *error.headers])
        return _failed(call, bucket, website, key, document, error, request)
    location = result.get("WebsiteRedirectLocation")
    if location is not None:
        return redirected(301, location, call.request_id)
    status = 206 if "ContentRange" in result else 200
    return website_pages.served(result, call.request_id, status, is_head=request.method == "HEAD")


def _site(call: Call, address: Address, request: HttpRequest) -> tuple[Bucket, Mapping[str, Any]]:
    """The bucket that is visited, and how it is a website."""
    bucket = call.state(S3State).buckets.get(address.bucket)
    if bucket is None:
        raise refusals.no_such_bucket(address.bucket)
    if bucket.region != address.region:
        raise AwsError(
            "IncorrectEndpoint",
            "The specified bucket exists in another region. Please direct requests to the specified endpoint.",
            400,
            facts=(Fact(bucket.arn, "region", bucket.region), Fact("request", "endpoint's region", address.region)),
            members={"Endpoint": f"{bucket.name}.s3-website.{bucket.region}.amazonaws.com"},
        )
    website = bucket.settings.get("website")
    if website is None:
        raise AwsError(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration",
            404,
            facts=(call.fact(bucket.arn, "WebsiteConfiguration", None),),
            remedy=(f"aws s3 website s3://{bucket.name} --index-document index.html",),
            members={"BucketName": bucket.name},
        )
    if request.method not in ("GET", "HEAD"):
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            facts=(Fact("request", "method", request.method),),
            members={"Method": request.method, "ResourceType": "OBJECT"},
        )
    return bucket, website


def _read(
    call: Call, bucket: Bucket, key: str, request: HttpRequest, conditions: Mapping[str, Any]
) -> Mapping[str, Any]:
    """An object, asked for as anybody may."""
    s3 = call.acting_as(call.principal, region=bucket.region).s3
    read = s3.head_object if request.method == "HEAD" else s3.get_object
    return read({"Bucket": bucket.name, "Key": key, **conditions})


def _conditions(request: HttpRequest) -> dict[str, Any]:
    headers = request.by_name()
    found: dict[str, Any] = {member: headers[name] for name, member in _CONDITIONS.items() if name in headers}
    for name, member in _DATED.items():
        if name in headers:
            try:
                found[member] = round(parsedate_to_datetime(headers[name]).timestamp()) * 1000
            except ValueError:
                continue  # what is no date is no condition (RFC 9110, 13.1.3)
    return found


def _failed(
    call: Call,
    bucket: Bucket,
    website: Mapping[str, Any],
    key: str,
    document: str,
    error: AwsError,
    request: HttpRequest,
) -> HttpResponse:
    """What a visitor gets whose document cannot be read: a folder, a redirect, the error document, an error page."""
    if error.status in (403, 404) and document == key and _is_folder(call, bucket, website, key):
        return redirected(302, f"/{request.path[1:]}/", call.request_id)
    ruled = website_rules.rule_after(website, key, error.status)
    if ruled is not None:
        protocol = "https" if request.tls else "http"
        target = website_rules.target_of(ruled[1], key, protocol, request.header("host"))
        return redirected(*target, call.request_id)
    why = Why("refused", f"The document {document!r} cannot be read.", because=(error.why,))
    call.pipeline.refused(call, AwsError(error.code, error.message, error.status, why=why))
    custom = website.get("ErrorDocument")
    if custom is None or error.status >= 500:
        return website_pages.failed(error, error.status, call.request_id)
    try:
        result = _read(call, bucket, custom["Key"], request, {})
    except AwsError as further:
        return website_pages.failed(error, error.status, call.request_id, further)
    page = website_pages.served(result, call.request_id, error.status, is_head=request.method == "HEAD")
    page.headers = [*website_pages.error_headers(error), *page.headers]
    return page


def _is_folder(call: Call, bucket: Bucket, website: Mapping[str, Any], key: str) -> bool:
    """Whether the key with a slash has an index document that anybody may read."""
    index = f"{key}/{website['IndexDocument']['Suffix']}"
    version = call.state(S3State).shelves[bucket.name].newest(index)
    if version is None or version.is_delete_marker:
        return False
    reading = Call(call.pipeline, "s3", "GetObject", call.account, call.region, call.principal, origin=call.origin)
    return may(reading, "s3:GetObject", bucket, index)
