"""Time-based one-time passwords (RFC 6238) of virtual MFA devices, at the world's time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

from foulweather.services.iam.records import MfaDevice

STEP_MS = 30_000
DIGITS = 6
# How far a device's clock may be off: by a step from call to call; by ten minutes when it is synchronized.
SKEW_STEPS = 1
SYNC_STEPS = 20


def code_at(seed: str, step: int, digits: int = DIGITS) -> str:
    """The code of a base32 seed in a 30-second step since the epoch."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    number = struct.unpack_from(">I", digest, offset)[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def is_right(device: MfaDevice, code: str, now_ms: int) -> bool:
    """Whether a device shows a code now, or did or will a step away."""
    step = now_ms // STEP_MS + device.drift
    return any(code_at(device.seed, step + skew) == code for skew in range(-SKEW_STEPS, SKEW_STEPS + 1))


def drift(seed: str, first: str, second: str, now_ms: int) -> int | None:
    """How many steps ahead the clock of a device is that shows two codes in a row; None if it shows no such."""
    step = now_ms // STEP_MS
    for off in sorted(range(-SYNC_STEPS, SYNC_STEPS + 1), key=abs):
        if code_at(seed, step + off) == second and code_at(seed, step + off - 1) == first:
            return off if abs(off) > SKEW_STEPS else 0
    return None
