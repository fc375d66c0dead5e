"""What STS keeps for a world: the issuers whose keys it knows, and the key of authorization messages."""

from __future__ import annotations

import msgspec

from foulweather.world.store import State, table


class IssuerKeys(msgspec.Struct, frozen=True):
    """An identity provider's JSON Web Key Set, by issuer without its scheme (`oidc.example.com/id`)."""

    issuer: str
    jwks: str


class MessageKey(msgspec.Struct, frozen=True):
    """The key under which this world's authorization messages are encoded."""

    secret: bytes


class StsState(State):
    """Issuers' keys and the message key; credentials themselves live in the kernel's `Credentials`."""

    scope = "world"
    issuers = table(IssuerKeys)
    message_keys = table(MessageKey)

    def opened(self) -> None:
        """Begin without a sweep."""
        self.credentials_max = 0
