"""Server access logs: a line for each request, delivered to the target bucket now and then, as well as it goes.

"The completeness and timeliness of server logging is not guaranteed." Lines that wait are lost when the server is
restarted. https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

import inspect
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, cast
from urllib.parse import quote

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3.notification_records import host_id
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.schema import part
from foulweather.services.s3.state import S3State
from foulweather.services.s3.upkeep import Upkeep
from foulweather.world.journal import Event
from foulweather.world.world import World

PRINCIPAL: Final = "logging.s3.amazonaws.com"
LAG_MS: Final = 3_600_000
WORK: Final = "logs"
LINES_MAX: Final = 100_000
_METHODS: Final = {"Get": "GET", "Head": "HEAD", "List": "GET", "Delete": "DELETE", "Put": "PUT"}
_RESOURCES: Final = {
    "BucketAccelerateConfiguration": "ACCELERATE",
    "BucketAcl": "ACL",
    "BucketLifecycleConfiguration": "LIFECYCLE",
    "BucketLogging": "LOGGING_STATUS",
    "BucketNotificationConfiguration": "NOTIFICATION",
    "BucketPolicy": "BUCKETPOLICY",
    "ObjectAcl": "ACL",
    "ObjectLegalHold": "OBJECT_LOCK_LEGALHOLD",
    "ObjectLockConfiguration": "OBJECT_LOCK",
    "ObjectRetention": "OBJECT_LOCK_RETENTION",
    "ObjectTagging": "OBJECT_TAGGING",
}
_OPERATIONS: Final = {
    "AbortMultipartUpload": "REST.DELETE.UPLOAD",
    "CompleteMultipartUpload": "REST.POST.UPLOAD",
    "CopyObject": "REST.COPY.OBJECT",
    "CreateBucket": "REST.PUT.BUCKET",
    "CreateMultipartUpload": "REST.POST.UPLOADS",
    "DeleteBucket": "REST.DELETE.BUCKET",
    "DeleteObject": "REST.DELETE.OBJECT",
    "DeleteObjects": "REST.POST.MULTI_OBJECT_DELETE",
    "GetObject": "REST.GET.OBJECT",
    "HeadBucket": "REST.HEAD.BUCKET",
    "HeadObject": "REST.HEAD.OBJECT",
    "ListMultipartUploads": "REST.GET.UPLOADS",
    "ListObjects": "REST.GET.BUCKET",
    "ListObjectsV2": "REST.GET.BUCKET",
    "ListObjectVersions": "REST.GET.BUCKETVERSIONS",
    "ListParts": "REST.GET.UPLOAD",
    "PutObject": "REST.PUT.OBJECT",
    "RestoreObject": "REST.POST.RESTORE",
    "SelectObjectContent": "REST.SELECT.OBJECT",
    "UploadPart": "REST.PUT.PART",
    "UploadPartCopy": "REST.COPY.PART",
}
_VERBS: Final = {"COPY": "PUT", "SELECT": "POST"}
_STATUSES: Final = {
    "AccessDenied": 403,
    "InvalidObjectState": 403,
    "MethodNotAllowed": 405,
    "BucketNotEmpty": 409,
    "NotImplemented": 501,
    "PreconditionFailed": 412,
    "RestoreAlreadyInProgress": 409,
    "SlowDown": 503,
}


class Waiting:
    """Lines that wait for their delivery, by bucket, and what the data requests under way moved."""

    def __init__(self) -> None:
        self.lines: dict[str, deque[str]] = {}
        self.moved: dict[str, dict[str, Any]] = {}


def listen(world: World) -> Waiting:
    """Begin to write down calls; a world in which no bucket is logged does not pay for it."""
    found = world.attached.get(Waiting)
    if found is None:
        found = world.attached[Waiting] = Waiting()
        world.journal.read("api.Call", partial(_called, world))
    return cast(Waiting, found)


def moved(world: World, event: Event) -> None:
    """Note what a data request moved, until its call ends."""
    bucket = world.state(S3State).buckets.get(event.facts["bucket"])
    if bucket is not None and "logging" in bucket.settings:
        listen(world).moved[event.request_id] = event.facts


def _called(world: World, event: Event) -> None:
    """Write the line of a call, if its bucket is logged."""
    if event.facts["service"] != "s3":
        return
    name, _, key = event.resource.removeprefix("arn:aws:s3:::").partition("/")
    bucket = world.state(S3State).buckets.get(name)
    if bucket is None or "logging" not in bucket.settings:
        return
    waiting = listen(world)
    lines = waiting.lines.get(name)
    if lines is None:
        lines = waiting.lines[name] = deque(maxlen=LINES_MAX)
    lines.append(line(bucket, key, event, waiting.moved.pop(event.request_id, {})))
    world.state(Upkeep).schedule(world, bucket, WORK, event.at_ms + LAG_MS, "s3.deliver_logs")


def line(bucket: Bucket, key: str, event: Event, moved: dict[str, Any]) -> str:
    """One request as the log has it; what this world does not know of it is a hyphen, as in AWS's."""
    facts = event.facts
    named = operation_of(facts["operation"])
    verb = named.split(".")[1]
    at = datetime.fromtimestamp(event.at_ms // 1000, UTC)
    path = f"/{bucket.name}/{quote(key)}" if key else f"/{bucket.name}"
    error = facts["error"]
    is_signed = bool(facts["key"])
    fields = [
        canonical_id(bucket.account),
        bucket.name,
        f"[{at:%d/%b/%Y:%H:%M:%S} +0000]",
        facts.get("ip", "-"),
        requester(event.principal),
        event.request_id,
        named,
        quote(quote(key)) if key else "-",
        f'"{_VERBS.get(verb, verb)} {path} HTTP/1.1"',
        str(moved.get("status") or status_of(error)),
        error or "-",
        str(moved.get("bytes_out") or "-"),
        str(moved.get("bytes_in") or moved.get("bytes_out") or "-"),
        "-",
        "-",
        '"-"',
        f'"{facts.get("user_agent", "-")}"',
        "-",
        host_id(event.request_id),
        "SigV4" if is_signed else "-",
        "-",
        "AuthHeader" if is_signed else "-",
        f"{bucket.name}.s3.{bucket.region}.amazonaws.com",
        "-",
        "-",
        "-",
    ]
    return " ".join(fields)


def status_of(error: str) -> str:
    """The status of an answer without a body of an object: by its error's code, a hyphen where that tells nothing."""
    if not error:
        return "200"
    return "404" if error.startswith("NoSuch") else str(_STATUSES.get(error, "-"))


def operation_of(operation: str) -> str:
    """An operation as the log names it."""
    known = _OPERATIONS.get(operation)
    if known is not None:
        return known
    for start, verb in _METHODS.items():
        if operation.startswith(start):
            rest = operation.removeprefix(start)
            return f"REST.{verb}.{_RESOURCES.get(rest, rest.removeprefix('Bucket').upper())}"
    return f"REST.POST.{operation.upper()}"


def requester(principal: str) -> str:
    """Who asked: a root user's canonical id, somebody else's ARN, a hyphen for nobody."""
    if principal == "*":
        return "-"
    if principal.endswith(":root"):
        return canonical_id(principal.split(":")[4])
    return principal


async def deliver(call: Call, bucket: Bucket) -> None:
    """Write the lines that wait into an object of the target bucket, if it lets the log delivery in."""
    lines = listen(call.world).lines.pop(bucket.name, None)
    configuration: dict[str, Any] | None = bucket.settings.get("logging")
    if not lines or configuration is None:
        return
    key = _key(call, bucket, configuration)
    target: str = configuration["TargetBucket"]
    ports = call.acting_as(PRINCIPAL, source_arn=bucket.arn, source_account=bucket.account)
    try:
        body = "".join([f"{each}\n" for each in lines]).encode()
        answer: Any = ports.s3.put_object({"Bucket": target, "Key": key, "Body": body, "ContentType": "text/plain"})
        if inspect.isawaitable(answer):
            await answer
    except AwsError as error:
        cause = f"{len(lines)} lines of the access log of {bucket.name} were dropped: {target} does not take them."
        why = Why("dropped", cause, (Fact(bucket.arn, "TargetBucket", target),), (), (error.why,))
        call.explain("DeliverLogs", bucket.arn, why, error.code)
        return
    call.happened("s3.LogsDelivered", bucket.arn, bucket=bucket.name, target=target, key=key, lines=len(lines))


def _key(call: Call, bucket: Bucket, configuration: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(call.now // 1000, UTC)
    unique = f"{at:%Y-%m-%d-%H-%M-%S}-{call.world.ids.hex(16).upper()}"
    prefix: str = configuration["TargetPrefix"]
    if "PartitionedPrefix" in part(configuration, "TargetObjectKeyFormat"):
        return f"{prefix}{bucket.account}/{bucket.region}/{bucket.name}/{at:%Y/%m/%d}/{unique}"
    return f"{prefix}{unique}"
