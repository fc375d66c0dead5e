"""What leaves a log group: events that its retention does not keep, and those of deleted streams and groups.

"It can take up to 72 hours before log events that are marked for deletion are deleted"; here they are no longer shown
from the moment on, and gone within a day: API_PutRetentionPolicy.
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.logs.state import DAY_MS, LogGroup, LogsState


def expire(call: Call, state: LogsState, group: LogGroup) -> None:
    """Drop what a group does not keep."""
    removed(call, group, state.expire(group, call.now))


def removed(call: Call, group: LogGroup, size: int) -> None:
    """Put on record that so many bytes are stored no longer."""
    if size:
        call.happened("logs.EventsRemoved", group.arn, bytes=size)


def look_later(call: Call, state: LogsState, group: LogGroup) -> None:
    """Have a group's events looked through when the first of them expire, unless that is due already."""
    if group.expiry_ms or not group.retention_ms:
        return
    pieces = [piece for stream in state.streams_of[group.name].values() for piece in state.storage(stream).pieces]
    if pieces:
        oldest_ms = min([piece.last_ms for piece in pieces])
        group.expiry_ms = max(call.now + DAY_MS, oldest_ms + group.retention_ms + 1)
        state.groups.touch(group.name)
        call.later(group.expiry_ms, "logs.expire_events", group=group.name, due_ms=group.expiry_ms)
