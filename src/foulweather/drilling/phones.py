"""The phones of people in a lab: virtual MFA devices, and the codes that they show at the world's time.

A code is RFC 6238's, as every authenticator app computes it; IAM computes its own to compare.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foulweather.drilling.clients import Identity
    from foulweather.drilling.lab import Lab

STEP_MS = 30_000
_DIGITS = 6


def code_at(seed: str, at_ms: int) -> str:
    """What a device with that base32 seed shows at a time."""
    digest = hmac.digest(base64.b32decode(seed), (at_ms // STEP_MS).to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


class Phones:
    """Who has which device, by user and by serial number."""

    def __init__(self) -> None:
        self._serials: dict[str, str] = {}
        self._seeds: dict[str, str] = {}

    def enrol(self, lab: Lab, user: str, identity: Identity | None) -> str:
        """Make a user's device, unless there is one already, and show two codes in a row."""
        iam = lab.client("iam", identity)
        if user not in self._serials:
            made = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
            self._serials[user] = made["SerialNumber"]
            self._seeds[made["SerialNumber"]] = made["Base32StringSeed"].decode()
        serial = self._serials[user]
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=serial,
            AuthenticationCode1=code_at(self._seeds[serial], lab.now_ms - STEP_MS),
            AuthenticationCode2=code_at(self._seeds[serial], lab.now_ms),
        )
        return serial

    def serial_of(self, user: str) -> str:
        """The serial number of a user's device; raises ValueError where there is none."""
        if user not in self._serials:
            raise ValueError(f"{user} has no MFA device from this lab")
        return self._serials[user]

    def code(self, user_or_serial: str, at_ms: int) -> str:
        """What a device shows at a time."""
        seed = self._seeds.get(user_or_serial)
        return code_at(self._seeds[self.serial_of(user_or_serial)] if seed is None else seed, at_ms)
