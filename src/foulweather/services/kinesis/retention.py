"""How long records can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, refusals
from foulweather.services.kinesis.live import Live
from foulweather.services.kinesis.state import KinesisState, located, require_active

Request = Mapping[str, Any]


def increase_stream_retention_period(call: Call, request: Request) -> None:
    """Keep records longer; what has expired stays away."""
    hours = request["RetentionPeriodHours"]
    state, live = located(call, request)
    stream = require_active(call, live)
    _check_bounds(hours)
    if hours < stream.retention_h:
        raise refusals.invalid(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than existing "
            f"retention period ({stream.retention_h} hours). Use DecreaseRetentionPeriod API.",
            call.fact(stream.arn, "RetentionPeriodHours", stream.retention_h),
        )
    stream.horizon_ms = live.horizon_ms(call.now)
    _set(call, state, live, hours)


def decrease_stream_retention_period(call: Call, request: Request) -> None:
    """Keep records for a shorter time; what is older is gone at once."""
    hours = request["RetentionPeriodHours"]
    state, live = located(call, request)
    stream = require_active(call, live)
    _check_bounds(hours)
    if hours > stream.retention_h:
        raise refusals.invalid(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than existing "
            f"retention period ({stream.retention_h} hours). Use IncreaseRetentionPeriod API.",
            call.fact(stream.arn, "RetentionPeriodHours", stream.retention_h),
        )
    _set(call, state, live, hours)


def _check_bounds(hours: int) -> None:
    if hours < limits.RETENTION_H_MIN:
        raise refusals.invalid(
            f"Minimum allowed retention period is {limits.RETENTION_H_MIN} hours. Requested retention period "
            f"({hours} hours) is too short.",
            Fact("request", "RetentionPeriodHours", hours),
        )
    if hours > limits.RETENTION_H_MAX:
        raise refusals.invalid(
            f"Maximum allowed retention period is {limits.RETENTION_H_MAX} hours. Requested retention period "
            f"({hours} hours) is too long.",
            Fact("request", "RetentionPeriodHours", hours),
        )


def _set(call: Call, state: KinesisState, live: Live, hours: int) -> None:
    stream = live.stream
    stream.retention_h = hours
    stream.status = "UPDATING"
    state.streams.touch(stream.name)
    for lane in live.lanes.values():
        state.trim(live, lane, call.now)
    call.changed("kinesis.RetentionSet", stream.arn, RetentionPeriodHours=hours)
    call.later(call.now + limits.UPDATE_MS, "kinesis.settle", stream=stream.name, stream_id=stream.id)
