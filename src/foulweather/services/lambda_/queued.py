"""What waits in Lambda's own queue: events that were sent asynchronously."""

from __future__ import annotations

import msgspec


class QueuedEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event; its id is the request id of every attempt."""

    id: str
    function_arn: str
    """With the qualifier that it was sent to."""
    payload: bytes
    accepted_ms: int
    attempts: int = 0
    """How often the function was run."""
    throttled: int = 0
    """How often it could not be run."""
    guard: int = 0
    """The agenda's number of what tries again should this process die."""
    lineage: dict[str, int] = {}
    """How often each function has run already in the chain of events that led to this one."""
    source: str = ""
    trace_header: str = ""
    """What it came with."""
