"""What the tests of CloudWatch Logs say often."""

from __future__ import annotations

from typing import Any

from harness import Aws

GROUP = "/app"
STREAM = "s"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def make(aws: Aws, group: str = GROUP, *streams: str, **more: Any) -> None:
    """A log group with streams, one of them named `s` unless others are named."""
    aws.logs.create_log_group({"logGroupName": group, **more})
    for stream in streams or (STREAM,):
        aws.logs.create_log_stream({"logGroupName": group, "logStreamName": stream})


def put(aws: Aws, *messages: str, at_ms: int | None = None, group: str = GROUP, stream: str = STREAM) -> Any:
    """Put messages, all at one time."""
    time_ms = aws.now if at_ms is None else at_ms
    return put_at(aws, *[(time_ms, message) for message in messages], group=group, stream=stream)


def put_at(aws: Aws, *events: tuple[int, str], group: str = GROUP, stream: str = STREAM) -> Any:
    """Put messages, each at its time."""
    entries = [{"timestamp": time_ms, "message": message} for time_ms, message in events]
    return aws.logs.put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": entries})


def filtered(aws: Aws, pattern: str = "", group: str = GROUP, **more: Any) -> list[str]:
    """The messages of one page of FilterLogEvents."""
    found = aws.logs.filter_log_events({"logGroupName": group, "filterPattern": pattern, **more})
    return [event["message"] for event in found["events"]]


def read(aws: Aws, group: str = GROUP, stream: str = STREAM, **more: Any) -> Any:
    """A page of GetLogEvents, with just the messages of its events."""
    found = aws.logs.get_log_events({"logGroupName": group, "logStreamName": stream, **more})
    return {**found, "events": [event["message"] for event in found["events"]]}
