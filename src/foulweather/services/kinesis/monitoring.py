"""Shard-level metrics turned on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.kinesis import limits
from foulweather.services.kinesis.live import Live
from foulweather.services.kinesis.state import KinesisState, located, require_active

Request = Mapping[str, Any]
_ALL = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)


def enable_enhanced_monitoring(call: Call, request: Request) -> dict[str, Any]:
    """Turn shard-level metrics on."""
    state, live = located(call, request)
    require_active(call, live)
    return _set(call, state, live, set(live.stream.metrics) | _named(request))


def disable_enhanced_monitoring(call: Call, request: Request) -> dict[str, Any]:
    """Turn shard-level metrics off."""
    state, live = located(call, request)
    require_active(call, live)
    return _set(call, state, live, set(live.stream.metrics) - _named(request))


def _named(request: Request) -> set[str]:
    names = set(request["ShardLevelMetrics"])
    return set(_ALL) if "ALL" in names else names


def _set(call: Call, state: KinesisState, live: Live, wanted: set[str]) -> dict[str, Any]:
    stream = live.stream
    before, stream.metrics = stream.metrics, sorted(wanted)
    stream.status = "UPDATING"
    state.streams.touch(stream.name)
    call.changed("kinesis.EnhancedMonitoringSet", stream.arn, ShardLevelMetrics=stream.metrics)
    call.later(call.now + limits.UPDATE_MS, "kinesis.settle", stream=stream.name, stream_id=stream.id)
    return {
        "StreamName": stream.name,
        "CurrentShardLevelMetrics": before,
        "DesiredShardLevelMetrics": stream.metrics,
        "StreamARN": stream.arn,
    }
