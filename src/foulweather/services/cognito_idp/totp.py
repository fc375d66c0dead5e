"""Time-based one-time passwords (RFC 6238): thirty seconds, six digits, SHA-1."""

from __future__ import annotations

import base64
import hashlib
import hmac

from foulweather.kernel.call import Call
from foulweather.world.ids import BASE32

STEP_MS = 30_000
DIGITS = 6
DRIFT = 1
"""How many steps a clock may be off."""


def new_secret(call: Call) -> str:
    """A secret as authenticator apps take it."""
    return call.world.ids.drawn(BASE32, 52)


def code(secret: str, step: int) -> str:
    """The code of a step."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: str, given: str, now_ms: int) -> int | None:
    """The step whose code is given, near enough to now."""
    now = now_ms // STEP_MS
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(code(secret, step).encode(), given.encode()):
            return step
    return None
