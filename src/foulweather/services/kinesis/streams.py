"""Streams made, deleted, described, and their capacity mode and record size changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, refusals, rooms, scaling, tagging
from foulweather.services.kinesis.records import ON_DEMAND, PROVISIONED, Stream
from foulweather.services.kinesis.state import KinesisState, located, require_active

Request = Mapping[str, Any]


def create_stream(call: Call, request: Request) -> None:
    """Make a stream; it can be used when it is ACTIVE."""
    _refuse_warm(call, request)
    mode = request.get("StreamModeDetails", {}).get("StreamMode", PROVISIONED)
    count = request.get("ShardCount")
    if mode == PROVISIONED and count is None:
        raise refusals.breaks("shardCount", "null", "Member must not be null")
    if mode == ON_DEMAND and count is not None:
        raise refusals.invalid(
            "ShardCount cannot be specified for a stream with the ON_DEMAND capacity mode.",
            Fact("request", "ShardCount", count),
        )
    tags = tagging.checked(request.get("Tags", {}), {})
    state, name = call.state(KinesisState), request["StreamName"]
    found = state.live.get(name)
    if found is not None:
        raise refusals.stream_exists(found.stream)
    shards = limits.ON_DEMAND_SHARDS if count is None else count
    _check_room(call, state, mode, shards)
    stream = Stream(
        id=call.world.ids.hex(10),
        name=name,
        account=call.account,
        region=call.region,
        created_ms=call.now,
        mode=mode,
        shards=scaling.first_shards(shards, call.now),
        tags=tags,
        record_kib_max=request.get("MaxRecordSizeInKiB", 1024),
    )
    state.create(stream)
    call.changed(
        "kinesis.StreamCreated",
        stream.arn,
        StreamMode=mode,
        ShardCount=shards,
        StreamStatus="CREATING",
        MaxRecordSizeInKiB=stream.record_kib_max,
        Tags=tags,
    )
    call.later(call.now + limits.CREATE_MS, "kinesis.settle", stream=name, stream_id=stream.id)


def delete_stream(call: Call, request: Request) -> None:
    """Delete a stream with all its records; consumers stand in the way unless they are to go too."""
    state, live = located(call, request)
    stream = live.stream
    if stream.status == "DELETING":
        raise refusals.not_active(call, stream)
    consumers = state.consumers_of(stream.name)
    if consumers and not request.get("EnforceConsumerDeletion"):
        raise AwsError(
            "ResourceInUseException",
            f"Stream {stream.name} under account {stream.account} has registered consumers.",
            facts=(Fact(stream.arn, "consumers", [each.name for each in consumers]),),
            remedy=(f"aws kinesis delete-stream --stream-name {stream.name} --enforce-consumer-deletion",),
        )
    stream.status = "DELETING"
    state.streams.touch(stream.name)
    call.changed("kinesis.StreamDeleted", stream.arn, StreamStatus="DELETING")
    call.later(call.now + limits.DELETE_MS, "kinesis.settle", stream=stream.name, stream_id=stream.id)


def update_stream_mode(call: Call, request: Request) -> None:
    """Change the capacity mode, twice a day at most; the shards stay as they are."""
    _refuse_warm(call, request)
    state, live = located(call, request)
    stream = require_active(call, live)
    mode = request["StreamModeDetails"]["StreamMode"]
    if mode == stream.mode:
        raise refusals.invalid(
            f"Stream {stream.name} is already in the {mode} capacity mode.",
            call.fact(stream.arn, "StreamMode", mode),
        )
    recent = [each for each in stream.switched if each > call.now - limits.DAY_MS]
    if len(recent) >= limits.SWITCHES_A_DAY:
        raise refusals.over_limit(
            f"The capacity mode of stream {stream.name} can be changed {limits.SWITCHES_A_DAY} times within 24 hours.",
            Fact(stream.arn, "StreamMode changed", recent),
        )
    if mode == ON_DEMAND:
        _check_on_demand(call, state)
    stream.switched = [*recent, call.now]
    stream.mode = mode
    stream.peaks, stream.scaled_ms = [], 0
    _updating(call, state, stream)
    call.changed("kinesis.StreamModeSet", stream.arn, StreamMode=mode)


def update_max_record_size(call: Call, request: Request) -> None:
    """Let records be larger, or no longer."""
    state, live = located(call, request)
    stream = require_active(call, live)
    stream.record_kib_max = request["MaxRecordSizeInKiB"]
    _updating(call, state, stream)
    call.changed("kinesis.MaxRecordSizeSet", stream.arn, MaxRecordSizeInKiB=stream.record_kib_max)


def describe_limits(call: Call, request: Request) -> dict[str, Any]:
    """How many shards and streams on demand there are and may be."""
    state = call.state(KinesisState)
    return {
        "ShardLimit": limits.shards_max(call.region),
        "OpenShardCount": rooms.open_shards(state),
        "OnDemandStreamCount": len([each for each in state.streams.values() if each.mode == ON_DEMAND]),
        "OnDemandStreamCountLimit": limits.ON_DEMAND_STREAMS_MAX,
    }


def _updating(call: Call, state: KinesisState, stream: Stream) -> None:
    stream.status = "UPDATING"
    state.streams.touch(stream.name)
    call.later(call.now + limits.UPDATE_MS, "kinesis.settle", stream=stream.name, stream_id=stream.id)


def _refuse_warm(call: Call, request: Request) -> None:
    if "WarmThroughputMiBps" in request:
        raise not_implemented("kinesis", f"{call.operation}.WarmThroughputMiBps")


def _check_room(call: Call, state: KinesisState, mode: str, shards: int) -> None:
    creating = [each.name for each in state.streams.values() if each.status == "CREATING"]
    if len(creating) >= limits.CREATING_MAX:
        raise refusals.over_limit(
            f"You may have at most {limits.CREATING_MAX} streams in the CREATING state at a time.",
            Fact(call.account, "streams in CREATING", creating),
        )
    if mode == ON_DEMAND:
        _check_on_demand(call, state)
        return
    rooms.check_shards(call, state, shards)


def _check_on_demand(call: Call, state: KinesisState) -> None:
    count = len([each for each in state.streams.values() if each.mode == ON_DEMAND])
    if count >= limits.ON_DEMAND_STREAMS_MAX:
        raise refusals.over_limit(
            f"You may have at most {limits.ON_DEMAND_STREAMS_MAX} streams with the on-demand capacity mode.",
            Fact(call.account, "streams on demand", count),
        )
