"""The access keys and session credentials that a world has issued, whoever issued them."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.policy.principal import Principal
from foulweather.world.store import State, table


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a temporary credential carries besides who it is.

    `policies` are the session policies' documents and `policy_arns` the managed ones; `claims` are
    condition keys that the issuer vouches for (`saml:sub`, `accounts.google.com:aud`), lower-cased.
    """

    issued_ms: int
    mfa_at_ms: int = 0
    tags: dict[str, str] = {}
    transitive_tags: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    policy_arns: tuple[str, ...] = ()
    source_identity: str = ""
    provider: str = ""
    claims: dict[str, Any] = {}
    is_chained: bool = False


class Credential(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key that can sign: a user's or root's for long (`AKIA…`), or a session's (`ASIA…`)."""

    access_key_id: str
    secret: str
    account: str
    principal: Principal
    created_ms: int
    is_active: bool = True
    token: str = ""
    expires_ms: int = 0
    session: Session | None = None


class Revoked(msgspec.Struct, frozen=True):
    """A long-term key that was deleted: it stays unusable, whoever knows it."""

    access_key_id: str


class Credentials(State):
    """All credentials of a world by access key id; IAM and STS write them, authentication reads them."""

    scope = "world"
    by_id = table(Credential)
    revoked = table(Revoked)

    def issue(self, credential: Credential) -> None:
        """Make a key valid, or replace what is known of it."""
        self.by_id.put(credential.access_key_id, credential)

    def revoke(self, access_key_id: str) -> None:
        """Make a key unknown; revoking an unknown one is no error."""
        if access_key_id in self.by_id:
            self.by_id.delete(access_key_id)
            self.revoked.put(access_key_id, Revoked(access_key_id))

    def of_account(self, account: str) -> list[Credential]:
        """The credentials that an account's principals hold."""
        return [credential for credential in self.by_id.values() if credential.account == account]
