"""Which claims of a login become tags of its sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.services.cognito_identity.records import IdentityPool

# https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html: user pools and OpenID providers.
DEFAULTS: Final[Mapping[str, str]] = {"client": "aud", "username": "sub"}


def tags_of(pool: IdentityPool, provider: str, claims: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a login's claims come to; a claim that is not there makes none."""
    wanted: Mapping[str, str] = pool.tag_maps.get(provider, {}).get("PrincipalTags", {})
    found = {tag: claims.get(claim) for tag, claim in wanted.items()}
    return {tag: str(value) for tag, value in found.items() if isinstance(value, str | int) and value != ""}
