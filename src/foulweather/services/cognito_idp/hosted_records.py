"""What the hosted pages keep: codes to be redeemed, browsers that are signed in, and those away at a provider."""

from __future__ import annotations

import msgspec


class AuthorizationCode(msgspec.Struct):
    """An authorization code, good for one redemption; its key is the code's hash."""

    key: str
    pool: str
    client: str
    user: str
    redirect_uri: str
    scopes: list[str]
    expires_ms: int
    nonce: str = ""
    challenge: str = ""
    is_used: bool = False


class Browser(msgspec.Struct):
    """A browser in which somebody is signed in; its key is the hash of its cookie."""

    key: str
    pool: str
    user: str
    expires_ms: int


class Trip(msgspec.Struct):
    """A browser that was sent to an identity provider: what it is to come back for."""

    state: str
    pool: str
    client: str
    provider: str
    asked: dict[str, str]
    nonce: str
    expires_ms: int


class Link(msgspec.Struct, frozen=True):
    """A provider's user who is one of the pool's; `key` is of the pool, provider, attribute and its value."""

    key: str
    pool: str
    provider: str
    user: str
