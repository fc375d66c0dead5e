"""How a provider's users are known in a pool: what a link is found by, and what a user's identities tell."""

from __future__ import annotations

from typing import Any, Final

from foulweather.services.cognito_idp.records import IdentityProviderRecord, Pool

SUBJECT: Final = "Cognito_Subject"


def link_key(pool: Pool, provider: str, attribute: str, value: str) -> str:
    """The key of a link."""
    return f"{pool.id}/{provider}/{attribute}/{value}"


def identity(record: IdentityProviderRecord, subject: str, now_ms: int, *, is_primary: bool) -> dict[str, Any]:
    """An entry of a user's `identities`."""
    return {
        "userId": subject,
        "providerName": record.name,
        "providerType": record.type,
        "issuer": None,
        "primary": is_primary,
        "dateCreated": now_ms,
    }
