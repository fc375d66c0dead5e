"""What identity pools are made of: pools, their identities, and the key that their tokens are signed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_NOTHING: Mapping[str, Any] = {}


def part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A structure inside another; empty where it is not there."""
    return of.get(name) or _NOTHING


class IdentityPool(msgspec.Struct):
    """An identity pool; `settings` are the members of UpdateIdentityPool that were given.

    `mappings` are the role mappings and `tag_maps` the attributes that become session tags, by provider.
    """

    id: str
    name: str
    account: str
    region: str
    settings: dict[str, Any]
    roles: dict[str, str] = {}
    mappings: dict[str, dict[str, Any]] = {}
    tag_maps: dict[str, dict[str, Any]] = {}
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The pool's ARN."""
        return f"arn:aws:cognito-identity:{self.region}:{self.account}:identitypool/{self.id}"

    @property
    def takes_guests(self) -> bool:
        """Whether identities need no login."""
        return self.settings["AllowUnauthenticatedIdentities"]

    @property
    def is_classic(self) -> bool:
        """Whether tokens are handed out, for roles that the app chooses itself."""
        return bool(self.settings.get("AllowClassicFlow"))

    @property
    def developer_name(self) -> str:
        """The name under which the developer's own users log in, or empty."""
        return self.settings.get("DeveloperProviderName", "")


class Identity(msgspec.Struct):
    """An identity; `logins` are the users of providers that it stands for: a provider's only one, a developer's many.

    One that was merged into another is disabled.
    """

    id: str
    pool: str
    created_ms: int
    modified_ms: int
    logins: dict[str, list[str]] = {}
    merged_into: str = ""


class TokenKey(msgspec.Struct, frozen=True):
    """The key that tokens of `cognito-identity.amazonaws.com` are signed with; `private` is PKCS #8 in DER."""

    kid: str
    private: bytes
