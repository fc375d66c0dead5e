"""Records put directly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.firehose import buffering, limits, refusals, sealing
from foulweather.services.firehose.records import DIRECT_PUT, Row
from foulweather.services.firehose.state import Live, located, require_active

Request = Mapping[str, Any]


def put_record(call: Call, request: Request) -> dict[str, Any]:
    """Take one record in."""
    data: bytes = request["Record"]["Data"]
    (record_id,) = _put(call, request["DeliveryStreamName"], [data], "PutRecord")
    return {"RecordId": record_id, "Encrypted": _is_encrypted(call, request)}


def put_record_batch(call: Call, request: Request) -> dict[str, Any]:
    """Take up to 500 records in, all or none of them."""
    ids = _put(call, request["DeliveryStreamName"], [each["Data"] for each in request["Records"]], "PutRecordBatch")
    return {
        "FailedPutCount": 0,
        "Encrypted": _is_encrypted(call, request),
        "RequestResponses": [{"RecordId": each} for each in ids],
    }


def _put(call: Call, name: str, records: Sequence[bytes], operation: str) -> list[str]:
    state, live = located(call, name)
    stream = require_active(call, live)
    if stream.kind != DIRECT_PUT:
        raise AwsError(
            "InvalidSourceException",
            f"This operation is not permitted on {stream.kind} delivery stream type.",
            facts=(Fact(stream.arn, "DeliveryStreamType", stream.kind),),
        )
    size = sum([len(each) for each in records])
    if len(records) > 1 and size > limits.BATCH_BYTES_MAX:
        raise refusals.invalid(
            f"Records size exceeds {limits.BATCH_BYTES_MAX >> 20} MB limit",
            Fact("request", "bytes of the records", size),
        )
    sealing.check(call, live)
    _check_rate(call, live, len(records), size)
    buffering.accept(call, state, live, [Row(call.now, each) for each in records])
    billed_bytes = limits.billed_bytes(records)
    call.happened(
        "firehose.Put", stream.arn, operation=operation, records=len(records), bytes=size, billed_bytes=billed_bytes
    )
    return [call.world.ids.token(120) for _ in records]


def _is_encrypted(call: Call, request: Request) -> bool:
    return located(call, request["DeliveryStreamName"])[1].stream.key_status == "ENABLED"


def _check_rate(call: Call, live: Live, records: int, size: int) -> None:
    """Take room for a request; its words are "Slow down." whichever limit has none."""
    stream, passed_ms = live.stream, call.now - live.taken_ms
    live.taken_ms = call.now
    rates = {
        "requests": (limits.requests_per_s(stream.region), 1),
        "records": (limits.records_per_s(stream.region), records),
        "bytes": (limits.bytes_per_s(stream.region), size),
    }
    levels = {"requests": live.requests_level, "records": live.records_level, "bytes": live.bytes_level}
    for what, (per_s, _) in rates.items():
        levels[what] = min(per_s * 1000, levels[what] + passed_ms * per_s)
    live.requests_level, live.records_level, live.bytes_level = levels.values()
    for what, (per_s, wanted) in rates.items():
        # A batch larger than what a second has room for is taken when the bucket is full.
        if levels[what] < min(wanted, per_s) * 1000:
            call.happened("firehose.Throttled", stream.arn, records=records)
            cause = f"{stream.arn} takes {per_s} {what} a second."
            fact = Fact(stream.arn, f"{what} a second", per_s)
            raise AwsError("ServiceUnavailableException", "Slow down.", 503, why=Why("throttled", cause, (fact,)))
    live.requests_level -= 1000
    live.records_level -= records * 1000
    live.bytes_level -= size * 1000
