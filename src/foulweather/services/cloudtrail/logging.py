"""Trails that log, and what came of it.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudtrail import delivering, finding
from foulweather.services.cloudtrail.consuming import Consumers
from foulweather.services.cloudtrail.state import Trails
from foulweather.services.cloudtrail.times import iso

Request = Mapping[str, Any]


def start_logging(call: Call, request: Request) -> dict[str, Any]:
    """Have a trail take what happens from now on."""
    trail = finding.own_trail(call, request["Name"])
    consumers = Consumers.of(call.world)
    if not trail.is_logging:
        consumers.skip(trail)
        trail.is_logging = True
        trail.last_request = ""
        trail.insights_since_ms = call.now
    trail.status["started_ms"] = call.now
    call.state(Trails).trails.touch(trail.arn)
    delivering.begin_chains(call, trail)
    consumers.refresh(call.pipeline)
    call.changed("cloudtrail.LoggingStarted", trail.arn, IsLogging=True)
    return {}


def stop_logging(call: Call, request: Request) -> dict[str, Any]:
    """Have a trail take nothing more; what it has taken, and the stop itself, is still delivered."""
    trail = finding.own_trail(call, request["Name"])
    consumers = Consumers.of(call.world)
    if trail.is_logging:
        consumers.collect(call.pipeline, trail)
        trail.is_logging = False
        trail.last_request = call.request_id
        consumers.expect(call.now)
    trail.status["stopped_ms"] = call.now
    call.state(Trails).trails.touch(trail.arn)
    consumers.refresh(call.pipeline)
    call.changed("cloudtrail.LoggingStopped", trail.arn, IsLogging=False)
    return {}


def get_trail_status(call: Call, request: Request) -> dict[str, Any]:
    """Whether a trail logs, and the latest deliveries and refusals; times are also told as texts, as they once were."""
    trail = finding.trail_named(call, request["Name"])
    status = trail.status
    shown: dict[str, Any] = {"IsLogging": trail.is_logging}
    for member, key in (
        ("LatestDeliveryError", "error"),
        ("LatestNotificationError", "notify_error"),
        ("LatestDeliveryTime", "delivered_ms"),
        ("LatestNotificationTime", "notified_ms"),
        ("StartLoggingTime", "started_ms"),
        ("StopLoggingTime", "stopped_ms"),
        ("LatestCloudWatchLogsDeliveryError", "log_error"),
        ("LatestCloudWatchLogsDeliveryTime", "logged_ms"),
        ("LatestDigestDeliveryTime", "digested_ms"),
        ("LatestDigestDeliveryError", "digest_error"),
    ):
        if key in status:
            shown[member] = status[key]
    for member, key in (
        ("LatestDeliveryAttemptTime", "attempt_ms"),
        ("LatestNotificationAttemptTime", "notify_attempt_ms"),
        ("LatestNotificationAttemptSucceeded", "notified_ms"),
        ("LatestDeliveryAttemptSucceeded", "delivered_ms"),
        ("TimeLoggingStarted", "started_ms"),
        ("TimeLoggingStopped", "stopped_ms"),
    ):
        shown[member] = iso(status[key]) if key in status else ""
    return shown
