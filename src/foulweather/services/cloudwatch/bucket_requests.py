"""A bucket's request metrics: what was served, as S3 tells it, and what was refused, as the calls tell it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-request-cloudwatch-metrics
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
Filters = dict[str, dict[str, str] | None]

_METRICS = {
    "get": "GetRequests",
    "put": "PutRequests",
    "delete": "DeleteRequests",
    "head": "HeadRequests",
    "post": "PostRequests",
    "list": "ListRequests",
    "select": "SelectRequests",
}
_KINDS = {
    "AbortMultipartUpload": "delete",
    "CompleteMultipartUpload": "post",
    "CopyObject": "put",
    "CreateMultipartUpload": "post",
    "DeleteObject": "delete",
    "DeleteObjects": "post",
    "GetObject": "get",
    "GetObjectAttributes": "get",
    "HeadObject": "head",
    "ListMultipartUploads": "list",
    "ListObjectVersions": "list",
    "ListObjects": "list",
    "ListObjectsV2": "list",
    "ListParts": "get",
    "PutObject": "put",
    "SelectObjectContent": "select",
    "UploadPart": "put",
    "UploadPartCopy": "put",
}
"""The operations whose requests S3 tells when it has served them."""
_ELSEWHERE = frozenset({"NotModified", "PermanentRedirect", "TemporaryRedirect"})
_SERVERS = frozenset({"InternalError", "InternalFailure", "ServiceUnavailable", "SlowDown"})


class Request(NamedTuple):
    """One request to a bucket."""

    bucket: str
    key: str
    kind: str
    status: int
    bytes_in: int = 0
    bytes_out: int = 0


def _served(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    told = (facts["kind"], facts["status"], facts["bytes_in"], facts["bytes_out"])
    _count(world, tallies, event, Request(facts["bucket"], facts["key"], *told))


def refused(world: World, tallies: Tallies, event: Event) -> None:
    """Count a call to S3 that was refused: AllRequests and the errors are of whatever came to the bucket."""
    facts = event.facts
    kind = _KINDS.get(facts["operation"])
    if kind is None or not event.resource.startswith("arn:aws:s3:::"):
        return
    bucket, _, key = event.resource.removeprefix("arn:aws:s3:::").partition("/")
    code = facts["error"]
    status = 503 if code in _SERVERS else 304 if code in _ELSEWHERE else 400
    _count(world, tallies, event, Request(bucket, key, kind, status))


def _count(world: World, tallies: Tallies, event: Event, request: Request) -> None:
    bucket = request.bucket
    configured = tallies.filters.get(bucket)
    if configured is None:
        configured = tallies.filters[bucket] = _filters_of(world, tallies, bucket)
    if not configured:
        return
    # A metric belongs to the account that owns the bucket, and to its Region, whoever asked.
    account, region = tallies.places.get(f"arn:aws:s3:::{bucket}") or (event.account, event.region)
    counted = _counted(request)
    for filter_id, wanted in configured.items():
        if wanted is None or request.key.startswith(wanted.get("Prefix", "")):
            for name, value in counted.items():
                tallies.add(("s3.Request", account, region, bucket, f"{name}/{filter_id}"), value)


def _counted(request: Request) -> dict[str, int]:
    counted = {
        "AllRequests": 1,
        _METRICS.get(request.kind, "AllRequests"): 1,
        "4xxErrors": int(400 <= request.status < 500),
        "5xxErrors": int(request.status >= 500),
    }
    if request.bytes_in:
        counted["BytesUploaded"] = request.bytes_in
    if request.bytes_out:
        counted["BytesDownloaded"] = request.bytes_out
    return counted


def _filters_of(world: World, tallies: Tallies, bucket: str) -> Filters:
    """The metrics configurations of a bucket, as the journal's kept events tell them; and where the bucket is."""
    found: Filters = {}
    arn = f"arn:aws:s3:::{bucket}"
    for event in world.journal.kept():
        if event.resource != arn:
            continue
        if event.kind == "s3.BucketCreated":
            tallies.places[arn] = (event.account, event.facts["Region"])
        elif event.kind.startswith("s3.MetricsConfiguration"):
            _set_filter(found, event)
    return found


def _set_filter(held: Filters, event: Event) -> None:
    configuration: dict[str, Any] | None = event.facts.get(f"metrics/{event.facts['Id']}")
    if configuration is None:
        held.pop(event.facts["Id"], None)
        return
    wanted: dict[str, Any] | None = configuration.get("Filter")
    if wanted and "Prefix" not in wanted:
        return  # by tag, access point or several of them: what a request's event tells does not decide
    held[event.facts["Id"]] = wanted or None


def forget(tallies: Tallies, bucket: str) -> None:
    """Look anew for a bucket's configurations."""
    tallies.filters.pop(bucket, None)


def _configured(world: World, tallies: Tallies, event: Event) -> None:
    forget(tallies, event.resource.rpartition(":")[2])


NOTES: dict[str, Note] = {
    "s3.Request": _served,
    "s3.MetricsConfigurationPut": _configured,
    "s3.MetricsConfigurationDeleted": _configured,
}
