"""Log files: what a trail has collected, written to its bucket, told to its topic and its log group.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.cloudtrail import forming
from foulweather.services.cloudtrail.checking import (
    acting,
    answered,
    encrypted,
    folder,
    forget_stream,
    group_name,
    log_ports,
    open_stream,
)
from foulweather.services.cloudtrail.consuming import LAG_MS, PRINCIPAL
from foulweather.services.cloudtrail.digests import Digests
from foulweather.services.cloudtrail.records import Chain, Recorded, Trail
from foulweather.services.cloudtrail.state import Trails, unpack
from foulweather.services.cloudtrail.times import day, iso, to_the_minute
from foulweather.world.ids import ALPHANUMERIC

# "CloudTrail attempts to redeliver the log files to your S3 bucket for 30 days."
REDELIVERED_MS: Final = 30 * 86_400_000
HOUR_MS: Final = 3_600_000
# PutLogEvents: "The maximum batch size is 1,048,576 bytes"; CloudTrail sends no event over 256 KB.
LOG_EVENT_BYTES_MAX: Final = 256 * 1024
LOG_BATCH_BYTES_MAX: Final = 1_000_000
LOG_EVENT_OVERHEAD: Final = 26
LOG_BATCH_MAX: Final = 10_000
UNIQUE: Final = 16
# "Maximum 50 MB ZIP files, after compression": far less, so that what a bucket refuses is formed again at little cost.
FILE_EVENTS_MAX: Final = 5_000


class Due(NamedTuple):
    """An event that is due, and the key of its row; an Insights event is JSON already."""

    key: str
    event: Recorded


async def deliver(call: Call, trail: Trail, *, up_to_ms: int) -> None:
    """Deliver what has happened up to a time, a file for each account and Region."""
    state = call.state(Trails)
    groups: dict[tuple[str, str], list[Due]] = {}
    for key in state.waiting.get(trail.arn, ()):
        event = unpack(state.pending[key])
        if event.at_ms <= up_to_ms:
            groups.setdefault((event.account, event.region), []).append(Due(key, event))
    written: list[str] = []
    told: dict[str, list[str]] = {}
    for (account, region), due in _files(groups):
        records = [formed for each in due if (formed := _formed(call, trail, each.event)) is not None]
        key = await write(call, trail, account, region, records, due[0].event.request_id)
        if key is None:
            _give_up(call, trail, [each for each in due if each.event.at_ms < call.now - REDELIVERED_MS])
            break  # what the bucket did not take is tried again, and the rest with it
        written.append(key)
        told.setdefault(account, []).extend(json.dumps(record, separators=(",", ":")) for record in records)
        _settle(state, trail, due)
    if written:
        await _notify(call, trail, written)
        await _log(call, trail, told)
    if trail.arn in state.trails:
        state.trails.touch(trail.arn)


def _files(groups: dict[tuple[str, str], list[Due]]) -> Iterator[tuple[tuple[str, str], list[Due]]]:
    """What goes into each file: one for an account and Region, several where that were too much for one."""
    for place, due in sorted(groups.items()):
        for start in range(0, len(due), FILE_EVENTS_MAX):
            yield place, due[start : start + FILE_EVENTS_MAX]


async def write(
    call: Call, trail: Trail, account: str, region: str, records: list[dict[str, Any]], unique: str, kind: str = ""
) -> str | None:
    """Write one log file; its key, or None where the bucket refuses it."""
    data = json.dumps({"Records": records}, separators=(",", ":")).encode()
    minute = to_the_minute(call.now)
    name = f"{account}_CloudTrail{kind}_{region}_{minute}_{_unique(f'{trail.arn}/{unique}/{call.now}')}.json.gz"
    key = f"{folder(call, trail, account, f'CloudTrail{kind}')}/{region}/{day(call.now)}/{name}"
    status = trail.status
    status["attempt_ms"] = call.now
    try:
        await put(call, trail, key, gzip.compress(data, mtime=0))
    except AwsError as error:
        status["error"] = error.code
        _failed(call, trail, "S3BucketName", trail.bucket, error)
        return None
    status["delivered_ms"] = call.now
    status.pop("error", None)
    of_category = Counter(str(record.get("eventCategory", "")) for record in records)
    facts = {"bucket": trail.bucket, "key": key, "events": len(records), "of_region": region}
    call.happened(
        "cloudtrail.Delivered",
        trail.arn,
        **facts,
        management_events=of_category["Management"],
        data_events=of_category["Data"],
    )
    _chain(call, trail, account, region, key, data, records)
    return key


async def put(call: Call, trail: Trail, key: str, data: bytes, metadata: dict[str, str] | None = None) -> None:
    """Write an object as CloudTrail does: it looks at the bucket's list, and gives the bucket's owner full control."""
    ports = acting(call, trail)
    await answered(ports.s3.get_bucket_acl({"Bucket": trail.bucket}))
    request: dict[str, Any] = {
        "Bucket": trail.bucket,
        "Key": key,
        "Body": data,
        "ACL": "bucket-owner-full-control",
        "ContentType": "application/json",
        "ContentEncoding": "gzip",
        **encrypted(trail),
    }
    await answered(ports.s3.put_object({**request, **({"Metadata": metadata} if metadata else {})}))


async def finish(call: Call, trail: Trail) -> None:
    """Deliver everything that a trail has collected, with a last digest: it is about to be deleted."""
    await deliver(call, trail, up_to_ms=call.now)
    for chain in _chains(call, trail):
        await write_digest(call, trail, chain)


def _settle(state: Trails, trail: Trail, done: list[Due]) -> None:
    keys = {each.key for each in done}
    if trail.arn in state.waiting:  # it may have been deleted while its bucket answered
        state.waiting[trail.arn] = [key for key in state.waiting[trail.arn] if key not in keys]
    for key in keys:
        if key in state.pending:
            state.pending.delete(key)


def _give_up(call: Call, trail: Trail, old: list[Due]) -> None:
    if old:
        cause = f"{len(old)} events of the trail {trail.name} were dropped: for 30 days its bucket did not take them."
        call.explain("DropEvents", trail.arn, Why("dropped", cause, (Fact(trail.arn, "S3BucketName", trail.bucket),)))
        _settle(call.state(Trails), trail, old)


def _failed(call: Call, trail: Trail, what: str, value: str, error: AwsError) -> None:
    cause = f"The trail {trail.name} could not deliver to {value}: {error.code}."
    facts = (call.fact(trail.arn, what, value), Fact(value, "answer", error.code))
    call.explain("DeliverLogFile", trail.arn, Why("failed", cause, facts, (), (error.why,)), error.code)
    call.happened("cloudtrail.DeliveryFailed", trail.arn, to=value, error=error.code)


def _unique(text: str) -> str:
    """Sixteen letters and digits that the text decides: the end of a file's name."""
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")
    signs: list[str] = []
    for _ in range(UNIQUE):
        number, place = divmod(number, len(ALPHANUMERIC))
        signs.append(ALPHANUMERIC[place])
    return "".join(signs)


# --- topic and log group


async def _notify(call: Call, trail: Trail, keys: list[str]) -> None:
    arn = trail.topic_arn
    if not arn:
        return
    region, account = arn.split(":")[3:5]
    ports = call.acting_as(
        PRINCIPAL, source_arn=trail.arn, source_account=trail.account, account=account, region=region
    )
    message = json.dumps({"s3Bucket": trail.bucket, "s3ObjectKey": keys}, separators=(",", ":"))
    trail.status["notify_attempt_ms"] = call.now
    try:
        await answered(ports.sns.publish({"TopicArn": arn, "Message": message}))
    except AwsError as error:
        trail.status["notify_error"] = error.code
        _failed(call, trail, "SnsTopicName", arn, error)
        return
    trail.status["notified_ms"] = call.now
    trail.status.pop("notify_error", None)


async def _log(call: Call, trail: Trail, told: dict[str, list[str]]) -> None:
    if not trail.log_group:
        return
    try:
        ports = await log_ports(call, trail)
        for account, lines in told.items():
            for batch in _batches(lines):
                events = [{"timestamp": call.now, "message": line} for line in batch]
                await _put_events(ports, trail, account, events)
    except AwsError as error:
        trail.status["log_error"] = error.code
        _failed(call, trail, "CloudWatchLogsLogGroupArn", trail.log_group, error)
        return
    trail.status["logged_ms"] = call.now
    trail.status.pop("log_error", None)


def _formed(call: Call, trail: Trail, event: Recorded) -> dict[str, Any] | None:
    """A record as AWS writes it; one that cannot be formed is left out and said so, for it would hold up all others."""
    try:
        return forming.record(event, call.pipeline.directory)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        call.happened("cloudtrail.RecordNotFormed", trail.arn, request=event.request_id, error=repr(error))
        return None


async def _put_events(ports: Ports, trail: Trail, account: str, events: list[dict[str, Any]]) -> None:
    request: dict[str, Any] = {"logGroupName": group_name(trail), "logEvents": events}
    stream = await open_stream(ports, trail, account)
    try:
        await answered(ports.logs.put_log_events({**request, "logStreamName": stream}))
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        forget_stream(trail, account)
        stream = await open_stream(ports, trail, account)
        await answered(ports.logs.put_log_events({**request, "logStreamName": stream}))


def _batches(lines: list[str]) -> list[list[str]]:
    batches: list[list[str]] = [[]]
    size = 0
    for line in lines:
        length = len(line.encode()) + LOG_EVENT_OVERHEAD
        if length > LOG_EVENT_BYTES_MAX:
            continue
        if size + length > LOG_BATCH_BYTES_MAX or len(batches[-1]) >= LOG_BATCH_MAX:
            batches.append([])
            size = 0
        batches[-1].append(line)
        size += length
    return [batch for batch in batches if batch]


# --- digests


def _chain_key(trail: Trail, account: str, region: str) -> str:
    return f"{trail.arn}|{account}|{region}"


def _chains(call: Call, trail: Trail) -> list[Chain]:
    return [chain for chain in call.state(Trails).chains.values() if chain.trail == trail.arn]


def begin_chains(call: Call, trail: Trail) -> None:
    """Begin the digests of a trail that logs and validates, in its home Region; elsewhere with its first file."""
    if trail.validates and trail.is_logging:
        _begun(call, trail, trail.account, trail.region)


def break_chains(call: Call, trail: Trail) -> None:
    """Have a trail write no more digests; the next chain begins with a digest that has no previous one."""
    for chain in _chains(call, trail):
        call.state(Trails).chains.delete(_chain_key(trail, chain.account, chain.region))


def _begun(call: Call, trail: Trail, account: str, region: str) -> Chain:
    chains, key = call.state(Trails).chains, _chain_key(trail, account, region)
    found = chains.get(key)
    if found is None:
        found = Chain(trail.arn, account, region, call.now)
        chains.put(key, found)
        call.later(call.now + HOUR_MS, "cloudtrail.digest", chain=key, start_ms=call.now)
    return found


def _chain(
    call: Call, trail: Trail, account: str, region: str, key: str, data: bytes, records: list[dict[str, Any]]
) -> None:
    """Note a log file for the next digest."""
    if not trail.validates or (not trail.is_logging and _chain_key(trail, account, region) not in _keys(call)):
        return
    chain = _begun(call, trail, account, region)
    times = sorted(str(record["eventTime"]) for record in records)
    chain.files.append(
        {
            "s3Bucket": trail.bucket,
            "s3Object": key,
            "hashValue": hashlib.sha256(data).hexdigest(),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": times[-1],
            "oldestEventTime": times[0],
        }
    )
    call.state(Trails).chains.touch(_chain_key(trail, account, region))


def _keys(call: Call) -> Any:
    return call.state(Trails).chains.keys()


async def write_digest(call: Call, trail: Trail, chain: Chain) -> None:
    """Write the digest of what was delivered since the last one, signed; an empty one too."""
    name = f"{chain.account}_CloudTrail-Digest_{chain.region}_{trail.name}_{trail.region}"
    digest = Digests.of(call.world).made(
        trail, chain, folder(call, trail, chain.account, "CloudTrail-Digest"), name, call.now
    )
    metadata = {"signature": digest.signature, "signature-algorithm": "SHA256withRSA"}
    status = trail.status
    try:
        await put(call, trail, digest.key, gzip.compress(digest.data, mtime=0), metadata)
    except AwsError as error:
        status["digest_error"] = error.code
        _failed(call, trail, "S3BucketName", trail.bucket, error)
        return
    status["digested_ms"] = call.now
    status.pop("digest_error", None)
    key = _chain_key(trail, chain.account, chain.region)
    delivered = msgspec.structs.replace(
        chain,
        start_ms=call.now,
        bucket=trail.bucket,
        key=digest.key,
        digest_hash=hashlib.sha256(digest.data).hexdigest(),
        signature=digest.signature,
        files=[],
    )
    state = call.state(Trails)
    if key in state.chains:
        state.chains.put(key, delivered)
    if trail.arn in state.trails:
        state.trails.touch(trail.arn)
    call.happened("cloudtrail.DigestDelivered", trail.arn, bucket=trail.bucket, key=digest.key, at=iso(call.now))


def lag_ms() -> int:
    """How old an event is at least when it is delivered."""
    return LAG_MS
