"""What goes into an environment, and what comes of it."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["response", "error", "timeout", "exited", "gone", "memory"]


class Invocation(msgspec.Struct, frozen=True):
    """One event on its way into an environment; `deadline_ms` is in the world's time."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str = ""
    client_context: str = ""
    identity: str = ""
    tenant_id: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What an initialization or an invocation came to; of an error, `payload` is its JSON."""

    kind: Kind
    payload: bytes = b""
    error_type: str = ""
    content_type: str = ""
    exit_words: str = ""
