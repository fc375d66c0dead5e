"""Events that an archive keeps no longer.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.events.state import Archive, EventsState

_DAY_MS = 86_400_000


def let_go(call: Call, state: EventsState, archive: Archive) -> None:
    """Delete what an archive keeps no longer; it needs no timer to be gone when somebody looks."""
    if not archive.retention_days:
        return
    before, was_size = archive.first, archive.size
    until_ms = call.now - archive.retention_days * _DAY_MS
    for key in list(state.keys_of(archive)):
        row = state.archived[key]
        if row.kept_ms > until_ms:
            break
        archive.size -= len(row.event.encode())
        archive.first += 1
        state.archived.delete(key)
    if archive.first != before:
        state.archives.touch(archive.name)
        call.happened("events.ArchiveExpired", archive.arn, bytes=was_size - archive.size)
