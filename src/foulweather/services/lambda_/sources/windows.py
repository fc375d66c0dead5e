"""Tumbling windows: what a function carries from batch to batch, until the window's time is over.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import msgspec

# "Your state can be a maximum of 1 MB per shard."
STATE_BYTES_MAX = 1_048_576
ENVELOPE_BYTES = 1_024


class Window(NamedTuple):
    """An open window, and the state that the function returned last."""

    start_ms: int
    end_ms: int
    state: dict[str, Any]


def opened(at_ms: int, length_ms: int) -> Window:
    """The window that a record of a time belongs to."""
    start_ms = at_ms // length_ms * length_ms
    return Window(start_ms, start_ms + length_ms, {})


def event(
    window: Window,
    records: list[dict[str, Any]],
    shard_id: str,
    source_arn: str,
    *,
    is_final: bool = False,
    is_early: bool = False,
) -> bytes:
    """The event of an invocation for a window."""
    return msgspec.json.encode(
        {
            "Records": records,
            "window": {"start": _stamp(window.start_ms), "end": _stamp(window.end_ms)},
            "state": window.state,
            "shardId": shard_id,
            "eventSourceARN": source_arn,
            "isFinalInvokeForWindow": is_final,
            "isWindowTerminatedEarly": is_early,
        }
    )


def state_of(payload: bytes) -> dict[str, Any] | None:
    """The state in an answer. "If the response does not contain a state property, Lambda considers this a failed
    invocation": None.
    """
    try:
        answer = msgspec.json.decode(payload or b"null")
    except msgspec.DecodeError:
        return None
    state = cast("dict[str, Any]", answer).get("state") if isinstance(answer, dict) else None
    return cast("dict[str, Any]", state) if isinstance(state, dict) else None


def _stamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
