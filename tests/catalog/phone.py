"""A phone with an authenticator: the six digits of RFC 6238."""

from __future__ import annotations

import base64
import hmac
import struct

from foulweather.testing import Aws


class Phone:
    """A user's virtual MFA device."""

    def __init__(self, serial: str, seed: bytes) -> None:
        self.serial = serial
        self._secret = base64.b32decode(seed)

    @classmethod
    def of(cls, aws: Aws, user: str) -> Phone:
        """A device that is made and enabled for a user, by the root user."""
        phone = cls.made(aws, user)
        first, second = phone.two_codes(aws)
        aws.client("iam").enable_mfa_device(
            UserName=user, SerialNumber=phone.serial, AuthenticationCode1=first, AuthenticationCode2=second
        )
        aws.advance("2m")
        return phone

    @classmethod
    def made(cls, aws: Aws, name: str) -> Phone:
        """A device that nobody has enabled yet."""
        made = aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        return cls(made["SerialNumber"], made["Base32StringSeed"])

    def code(self, aws: Aws, later_s: int = 0) -> str:
        """What it shows now, or a while later."""
        step = (aws.now_ms // 1000 + later_s) // 30
        digest = hmac.digest(self._secret, struct.pack(">Q", step), "sha1")
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFF_FFFF) % 1_000_000:06}"

    def two_codes(self, aws: Aws) -> tuple[str, str]:
        """Two that follow each other."""
        return self.code(aws, -30), self.code(aws)
