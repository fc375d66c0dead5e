"""Streams and shards listed and described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import iterators, limits, refusals, sequence
from foulweather.services.kinesis.live import Live
from foulweather.services.kinesis.records import Shard, Stream, shard_id
from foulweather.services.kinesis.state import KinesisState, located

Request = Mapping[str, Any]


def list_streams(call: Call, request: Request) -> dict[str, Any]:
    """A page of the account's streams, in order of their names."""
    after = request.get("ExclusiveStartStreamName", "")
    token = request.get("NextToken")
    if token is not None:
        (after,) = iterators.opened_token(token, call.now, 1)
    limit = request.get("Limit", limits.LISTED_STREAMS)
    streams = call.state(KinesisState).streams
    names = [name for name in sorted(streams) if name > after]
    page = [streams[name] for name in names[:limit]]
    told: dict[str, Any] = {
        "StreamNames": [each.name for each in page],
        "HasMoreStreams": len(names) > limit,
        "StreamSummaries": [
            {
                "StreamName": each.name,
                "StreamARN": each.arn,
                "StreamStatus": each.status,
                "StreamModeDetails": {"StreamMode": each.mode},
                "StreamCreationTimestamp": each.created_ms,
            }
            for each in page
        ],
    }
    if len(names) > limit:
        told["NextToken"] = iterators.written_token(call.now, page[-1].name)
    return told


def describe_stream(call: Call, request: Request) -> dict[str, Any]:
    """A stream with its shards, up to a hundred in a page."""
    _, live = located(call, request)
    stream = live.stream
    after = request.get("ExclusiveStartShardId", "")
    shards = [shard for shard in _listed(call, stream) if shard.id > after]
    limit = min(request.get("Limit", limits.DESCRIBED_SHARDS), limits.DESCRIBED_SHARDS)
    told = {
        **_described(stream),
        "Shards": [_shard_shown(live, shard) for shard in shards[:limit]],
        "HasMoreShards": len(shards) > limit,
    }
    return {"StreamDescription": told}


def describe_stream_summary(call: Call, request: Request) -> dict[str, Any]:
    """A stream without its shards."""
    state, live = located(call, request)
    stream = live.stream
    told = {
        **_described(stream),
        "OpenShardCount": 0 if stream.status == "CREATING" else len(live.open),
        "ConsumerCount": len(state.consumers_of(stream.name)),
        "MaxRecordSizeInKiB": stream.record_kib_max,
    }
    return {"StreamDescriptionSummary": told}


def list_shards(call: Call, request: Request) -> dict[str, Any]:
    """A page of a stream's shards, all within the retention period or those that a filter wants."""
    token, name = request.get("NextToken"), request.get("StreamName")
    after = request.get("ExclusiveStartShardId", "")
    wanted = request.get("ShardFilter")
    if token is not None:
        for member in ("StreamName", "ExclusiveStartShardId", "StreamCreationTimestamp", "ShardFilter"):
            if member in request:
                raise refusals.invalid(
                    f"NextToken and {member} cannot be provided together.", Fact("request", member, request[member])
                )
        name, stream_id, after, kind, limit_id, at = iterators.opened_token(token, call.now, 6)
        _, live = located(call, {"StreamName": name} if "StreamARN" not in request else request)
        if live.stream.id != stream_id:
            raise refusals.invalid("NextToken is invalid.", Fact("request", "NextToken", token))
        wanted = {"Type": kind, **({"ShardId": limit_id} if limit_id else {}), **({"Timestamp": int(at)} if at else {})}
    else:
        _, live = located(call, request)
    stream = live.stream
    created_ms = request.get("StreamCreationTimestamp")
    if created_ms is not None and created_ms // 1000 != stream.created_ms // 1000:
        raise refusals.no_stream(stream.account, stream.region, stream.name)
    wanted = wanted or {"Type": "FROM_TRIM_HORIZON"}
    shards = [shard for shard in _filtered(call, stream, wanted) if shard.id > after]
    limit: int = min(request.get("MaxResults", limits.LISTED_SHARDS), limits.LISTED_SHARDS)
    told: dict[str, Any] = {"Shards": [_shard_shown(live, shard) for shard in shards[:limit]]}
    if len(shards) > limit:
        filtered = (str(wanted["Type"]), str(wanted.get("ShardId", "")), str(wanted.get("Timestamp", "")))
        last = shards[limit - 1].id
        told["NextToken"] = iterators.written_token(call.now, stream.name, stream.id, last, *filtered)
    return told


def _listed(call: Call, stream: Stream) -> list[Shard]:
    return [] if stream.status == "CREATING" else stream.visible_shards(call.now)


def _filtered(call: Call, stream: Stream, wanted: Mapping[str, Any]) -> list[Shard]:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html."""
    kind, at_ms, named = wanted["Type"], wanted.get("Timestamp"), wanted.get("ShardId")
    if (kind == "AFTER_SHARD_ID") != (named is not None):
        raise refusals.invalid(
            "ShardId must be specified if and only if the ShardFilter's Type is AFTER_SHARD_ID.",
            Fact("request", "ShardFilter.Type", kind),
        )
    if (kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP")) != (at_ms is not None):
        raise refusals.invalid(
            "Timestamp must be specified if and only if the ShardFilter's Type is AT_TIMESTAMP or FROM_TIMESTAMP.",
            Fact("request", "ShardFilter.Type", kind),
        )
    shards = _listed(call, stream)
    horizon_ms = max(stream.created_ms, call.now - stream.retention_h * 3_600_000)
    if kind == "AFTER_SHARD_ID":
        return [shard for shard in shards if shard.id > str(named)]
    if kind == "AT_LATEST":
        return [shard for shard in shards if not shard.closed_ms]
    if kind == "AT_TRIM_HORIZON":
        return [shard for shard in shards if shard.opened_ms <= horizon_ms]
    if at_ms is None:
        return shards
    if kind == "AT_TIMESTAMP":
        return [
            shard for shard in shards if shard.opened_ms <= at_ms and (not shard.closed_ms or shard.closed_ms >= at_ms)
        ]
    return [shard for shard in shards if not shard.closed_ms or shard.closed_ms >= at_ms]


def _described(stream: Stream) -> dict[str, Any]:
    told: dict[str, Any] = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_h,
        "StreamCreationTimestamp": stream.created_ms,
        "EnhancedMonitoring": [{"ShardLevelMetrics": stream.metrics}],
        "EncryptionType": "KMS" if stream.key_id else "NONE",
    }
    return told | {"KeyId": stream.key_id} if stream.key_id else told


def _shard_shown(live: Live, shard: Shard) -> dict[str, Any]:
    first = sequence.number(live.lanes[shard.number].base, 0, shard.opened_ms)
    numbers = {"StartingSequenceNumber": str(first)}
    if shard.closed_ms:
        numbers["EndingSequenceNumber"] = shard.last
    told: dict[str, Any] = {
        "ShardId": shard.id,
        "HashKeyRange": {"StartingHashKey": shard.low, "EndingHashKey": shard.high},
        "SequenceNumberRange": numbers,
    }
    if shard.parent >= 0:
        told["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent >= 0:
        told["AdjacentParentShardId"] = shard_id(shard.adjacent)
    return told
