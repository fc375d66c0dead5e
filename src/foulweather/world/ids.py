"""Ids in AWS's formats, drawn from the world's randomness."""

from __future__ import annotations

import base64
import random
from binascii import hexlify
from struct import Struct

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_UUID_KEPT = ~(0xF << 76 | 0x3 << 62)
_UUID_4 = 4 << 76 | 2 << 62
_uuid_parts = Struct("8s4s4s4s12s").unpack


class Ids:
    """Every id that a world gives out; one seed gives one sequence."""

    __slots__ = ("random",)

    def __init__(self, source: random.Random) -> None:
        self.random = source

    def uuid(self) -> str:
        """A version 4 UUID, as request ids and message ids are."""
        drawn = (self.random.getrandbits(128) & _UUID_KEPT | _UUID_4).to_bytes(16, "big")
        return (b"%b-%b-%b-%b-%b" % _uuid_parts(hexlify(drawn))).decode()

    def hex(self, digits: int) -> str:
        """That many hexadecimal digits."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def digits(self, count: int) -> str:
        """That many decimal digits."""
        return "".join(self.random.choices("0123456789", k=count))

    def drawn(self, alphabet: str, count: int) -> str:
        """That many characters of an alphabet."""
        return "".join(self.random.choices(alphabet, k=count))

    def unique(self, prefix: str) -> str:
        """An IAM unique id (`AIDA…`, `AROA…`): the prefix and seventeen characters.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        """
        return prefix + self.drawn(BASE32, 17)

    def access_key_id(self, prefix: str = "AKIA") -> str:
        """A twenty-character access key id (`AKIA…` for users, `ASIA…` for sessions)."""
        return prefix + self.drawn(BASE32, 16)

    def secret_key(self) -> str:
        """A forty-character secret access key."""
        return self.drawn(BASE64, 40)

    def token(self, size_bytes: int) -> str:
        """Random bytes in base64, as opaque tokens are."""
        return base64.b64encode(self.random.randbytes(size_bytes)).decode()

    def account(self) -> str:
        """A twelve-digit account id that does not begin with zero."""
        return str(self.random.randrange(100_000_000_000, 1_000_000_000_000))
