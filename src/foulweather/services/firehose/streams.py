"""Delivery streams made, deleted, listed and described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import checking, keys, limits, refusals, roles, sources, tagging
from foulweather.services.firehose.records import DIRECT_PUT, FROM_KINESIS, Delivery
from foulweather.services.firehose.state import FirehoseState, Live, Sources, located

Request = Mapping[str, Any]
DESTINATION_ID = "destinationId-000000000001"


async def create_delivery_stream(call: Call, request: Request) -> dict[str, Any]:
    """Make a delivery stream to S3; its role is assumed once, to see that it can be."""
    kind = request.get("DeliveryStreamType", DIRECT_PUT)
    if kind not in (DIRECT_PUT, FROM_KINESIS):
        raise not_implemented("firehose", f"CreateDeliveryStream.DeliveryStreamType {kind}")
    for member in ("DirectPutSourceConfiguration", "MSKSourceConfiguration", "DatabaseSourceConfiguration"):
        if member in request:
            raise not_implemented("firehose", f"CreateDeliveryStream.{member}")
    given, is_extended = _destination(request)
    source = request.get("KinesisStreamSourceConfiguration")
    if (kind == FROM_KINESIS) != (source is not None):
        raise refusals.invalid(
            f"KinesisStreamSourceConfiguration must be provided if and only if DeliveryStreamType is {FROM_KINESIS}.",
            Fact("request", "DeliveryStreamType", kind),
        )
    encrypted = request.get("DeliveryStreamEncryptionConfigurationInput")
    if encrypted is not None and kind != DIRECT_PUT:
        raise refusals.invalid(
            "Server-side encryption is only supported for delivery streams whose source is direct PUT.",
            Fact("request", "DeliveryStreamType", kind),
        )
    told = checking.destination(given, is_extended=is_extended)
    tags = tagging.checked({each["Key"]: each.get("Value", "") for each in request.get("Tags", [])}, {})
    state, name = call.state(FirehoseState), request["DeliveryStreamName"]
    _check_room(call, state, name)
    stream = Delivery(call.world.ids.hex(10), name, call.account, call.region, call.now, kind, told, is_extended)
    stream.tags = tags
    if source is not None:
        stream.source_arn, stream.source_role = source["KinesisStreamARN"], source["RoleARN"]
        await sources.check(call, stream)
    await roles.check(call, stream, told["RoleARN"])
    call.reread_clock()
    _check_room(call, state, name)  # somebody may have been faster
    live = Live(stream)
    if encrypted is not None:
        keys.use(call, live, encrypted)
        call.later(call.now + limits.KEY_MS, "firehose.settle_key", stream=name, stream_id=stream.id)
    state.streams.put(name, stream)
    state.live[name] = live
    Sources.of(call.world)
    if stream.source_arn:
        Sources.of(call.world).remove(stream)
        Sources.of(call.world).add(stream)
    call.changed(
        "firehose.StreamCreated",
        stream.arn,
        DeliveryStreamStatus="CREATING",
        RoleARN=told["RoleARN"],
        BucketARN=told["BucketARN"],
        KinesisStreamARN=stream.source_arn,
        LambdaArn=checking.function(told).get("LambdaArn", ""),
    )
    call.later(call.now + limits.CREATE_MS, "firehose.settle", stream=name, stream_id=stream.id)
    return {"DeliveryStreamARN": stream.arn}


def delete_delivery_stream(call: Call, request: Request) -> dict[str, Any]:
    """Delete a delivery stream; what still waits in it is lost."""
    state, live = located(call, request["DeliveryStreamName"])
    stream = live.stream
    if stream.status in ("CREATING", "DELETING"):
        raise refusals.not_active(call, stream)
    stream.status = "DELETING"
    state.streams.touch(stream.name)
    call.changed("firehose.StreamDeleted", stream.arn, DeliveryStreamStatus="DELETING")
    call.later(call.now + limits.DELETE_MS, "firehose.settle", stream=stream.name, stream_id=stream.id)
    return {}


def list_delivery_streams(call: Call, request: Request) -> dict[str, Any]:
    """A page of the account's delivery streams, in order of their names."""
    after, kind = request.get("ExclusiveStartDeliveryStreamName", ""), request.get("DeliveryStreamType")
    streams = call.state(FirehoseState).streams
    names = [name for name in sorted(streams) if name > after and kind in (None, streams[name].kind)]
    limit = request.get("Limit", limits.LISTED)
    return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}


def describe_delivery_stream(call: Call, request: Request) -> dict[str, Any]:
    """A delivery stream with its destination."""
    _, live = located(call, request["DeliveryStreamName"])
    stream = live.stream
    destination: dict[str, Any] = {"DestinationId": DESTINATION_ID}
    plain = ("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat")
    plain += ("EncryptionConfiguration", "CloudWatchLoggingOptions")
    held = stream.destination
    destination["S3DestinationDescription"] = {name: held[name] for name in plain if name in held}
    if stream.is_extended:
        destination["ExtendedS3DestinationDescription"] = held
    is_after = request.get("ExclusiveStartDestinationId", "") >= DESTINATION_ID
    told: dict[str, Any] = {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": stream.status,
        "DeliveryStreamType": stream.kind,
        "VersionId": str(stream.version),
        "CreateTimestamp": stream.created_ms,
        "Destinations": [] if is_after else [destination],
        "HasMoreDestinations": False,
        "DeliveryStreamEncryptionConfiguration": _encryption(stream),
    }
    if stream.updated_ms:
        told["LastUpdateTimestamp"] = stream.updated_ms
    if stream.source_arn:
        source: dict[str, Any] = {"KinesisStreamARN": stream.source_arn, "RoleARN": stream.source_role}
        if stream.start_ms:
            source["DeliveryStartTimestamp"] = stream.start_ms
        told["Source"] = {"KinesisStreamSourceDescription": source}
    return {"DeliveryStreamDescription": told}


def _destination(request: Request) -> tuple[Request, bool]:
    named = [name for name in request if name.endswith("DestinationConfiguration")]
    if len(named) != 1:
        raise refusals.invalid(
            "Exactly one destination configuration must be provided.", Fact("request", "destinations", named)
        )
    if named[0] not in ("S3DestinationConfiguration", "ExtendedS3DestinationConfiguration"):
        raise not_implemented("firehose", f"CreateDeliveryStream.{named[0]}")
    return request[named[0]], named[0].startswith("Extended")


def _check_room(call: Call, state: FirehoseState, name: str) -> None:
    found = state.live.get(name)
    if found is not None:
        raise refusals.in_use(
            f"Firehose {name} under accountId {call.account} already exists",
            Fact(found.stream.arn, "DeliveryStreamStatus", found.stream.status),
        )
    if len(state.live) >= limits.STREAMS_MAX:
        raise refusals.over_limit(
            f"You have already consumed your firehose quota of {limits.STREAMS_MAX} hoses.",
            Fact(call.account, "delivery streams", len(state.live)),
        )


def _encryption(stream: Delivery) -> dict[str, Any]:
    told = {"Status": stream.key_status}
    if stream.key_status != "DISABLED":
        told["KeyType"] = stream.key_type
        if stream.key_arn:
            told["KeyARN"] = stream.key_arn
    return told
