"""Conditional requests: on reads, on the sources of copies, on writes and on deletes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals
from foulweather.services.s3.dates import http_date
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State, Watch

ON_READS = frozenset({"IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince"})
ON_COPIES = frozenset(
    {"CopySourceIfMatch", "CopySourceIfNoneMatch", "CopySourceIfModifiedSince", "CopySourceIfUnmodifiedSince"}
)


def matches(wanted: str, etag: str) -> bool:
    """Whether an ETag is one of those that a header lists."""
    return any(each.strip() == "*" or each.strip().removeprefix("W/").strip('"') == etag for each in wanted.split(","))


def check_read(request: Mapping[str, Any], version: Version, now_ms: int) -> None:
    """Refuse (412), or say that nothing is new (304), by the conditions of a GET or HEAD.

    If-Match goes before If-Unmodified-Since, If-None-Match before If-Modified-Since: where the first
    of a pair is given, the second has no say. https://www.rfc-editor.org/rfc/rfc7232#section-6
    """
    if ON_READS.isdisjoint(request):
        return
    modified_s = version.modified_ms // 1000
    if_match, if_none_match = request.get("IfMatch"), request.get("IfNoneMatch")
    unmodified, modified = request.get("IfUnmodifiedSince"), request.get("IfModifiedSince")
    if if_match is not None:
        if not matches(if_match, version.etag):
            raise refusals.precondition_failed("If-Match", version.arn, if_match, version.etag)
    elif unmodified is not None and modified_s > unmodified // 1000:
        raise refusals.precondition_failed("If-Unmodified-Since", version.arn, unmodified, version.etag)
    if if_none_match is not None:
        if matches(if_none_match, version.etag):
            raise _not_modified(version)
    elif modified is not None and modified <= now_ms and modified_s <= modified // 1000:
        raise _not_modified(version)


def _not_modified(version: Version) -> AwsError:
    headers = [("ETag", f'"{version.etag}"'), ("Last-Modified", http_date(version.modified_ms))]
    for name, header in (("CacheControl", "Cache-Control"), ("Expires", "Expires")):
        if name in version.about.headers:
            headers.append((header, version.about.headers[name]))
    return AwsError(
        "NotModified",
        "Not Modified",
        304,
        facts=(Fact(version.arn, "ETag", version.etag), Fact(version.arn, "LastModified", version.modified_ms)),
        headers=tuple(headers),
    )


def check_source(request: Mapping[str, Any], version: Version) -> None:
    """Refuse a copy by the conditions on its source; all of them answer 412."""
    if ON_COPIES.isdisjoint(request):
        return
    modified_s = version.modified_ms // 1000
    if_match, if_none_match = request.get("CopySourceIfMatch"), request.get("CopySourceIfNoneMatch")
    unmodified, modified = request.get("CopySourceIfUnmodifiedSince"), request.get("CopySourceIfModifiedSince")
    failed = ""
    if if_match is not None:
        failed = "" if matches(if_match, version.etag) else "x-amz-copy-source-If-Match"
    elif unmodified is not None and modified_s > unmodified // 1000:
        failed = "x-amz-copy-source-If-Unmodified-Since"
    if not failed and if_none_match is not None:
        failed = "x-amz-copy-source-If-None-Match" if matches(if_none_match, version.etag) else ""
    elif not failed and modified is not None and modified_s <= modified // 1000:
        failed = "x-amz-copy-source-If-Modified-Since"
    if failed:
        raise refusals.precondition_failed(failed, version.arn, "asked for", version.etag)


def is_on_write(request: Mapping[str, Any]) -> bool:
    """Whether a write has a condition."""
    return "IfNoneMatch" in request or "IfMatch" in request


def check_write(call: Call, bucket: Bucket, request: Mapping[str, Any], watch: Watch | None = None) -> None:
    """Refuse a write by the conditions on what is under its key.

    `watch` has seen what happened to the key since the write began: a deletion in between is a conflict.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    if not is_on_write(request):
        return
    key: str = request["Key"]
    if_match, if_none_match = request.get("IfMatch"), request.get("IfNoneMatch")
    arn = f"{bucket.arn}/{key}"
    if if_match is not None and if_none_match is not None:
        raise refusals.unsupported_header("If-Match with If-None-Match", if_none_match)
    if if_none_match is not None and if_none_match != "*":
        raise refusals.unsupported_header("If-None-Match", if_none_match)
    newest = call.state(S3State).shelves[bucket.name].newest(key)
    if newest is not None and newest.is_delete_marker:
        newest = None
    if if_none_match is not None:
        if newest is not None:
            raise refusals.precondition_failed("If-None-Match", arn, if_none_match, newest.etag)
        if watch is not None and watch.was_deleted:
            raise refusals.conflict(key, arn, "If-None-Match")
        return
    if newest is None:
        raise refusals.no_such_key(bucket.name, key)
    if not matches(if_match or "", newest.etag):
        raise refusals.precondition_failed("If-Match", arn, if_match, newest.etag)


def check_delete(bucket: Bucket, key: str, newest: Version | None, if_match: str | None) -> None:
    """Refuse a delete by its condition on what is under the key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
    """
    if if_match is None:
        return
    arn = f"{bucket.arn}/{key}"
    if newest is None or newest.is_delete_marker:
        raise refusals.precondition_failed("If-Match", arn, if_match, "no object")
    if not matches(if_match, newest.etag):
        raise refusals.precondition_failed("If-Match", arn, if_match, newest.etag)
