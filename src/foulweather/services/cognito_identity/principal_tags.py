"""Attributes of users that become tags of their sessions, by provider.

https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.cognito_identity import naming
from foulweather.services.cognito_identity.naming import Request
from foulweather.services.cognito_identity.records import IdentityPool

# https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html: user pools and OpenID providers.
DEFAULTS: Final[Mapping[str, str]] = {"client": "aud", "username": "sub"}


def set_principal_tag_attribute_map(call: Call, request: Request) -> dict[str, Any]:
    """Set which of a provider's claims become tags."""
    state, pool = naming.pool_of(call, request)
    provider: str = request["IdentityProviderName"]
    tag_map: dict[str, Any] = {"UseDefaults": bool(request.get("UseDefaults"))}
    tag_map["PrincipalTags"] = dict(DEFAULTS if tag_map["UseDefaults"] else request.get("PrincipalTags") or {})
    pool.tag_maps[provider] = tag_map
    state.pools.touch(pool.id)
    call.changed("cognito.PrincipalTagsSet", pool.arn, **{f"PrincipalTags of {provider}": tag_map["PrincipalTags"]})
    return {"IdentityPoolId": pool.id, "IdentityProviderName": provider, **tag_map}


def get_principal_tag_attribute_map(call: Call, request: Request) -> dict[str, Any]:
    """Which of a provider's claims become tags."""
    _, pool = naming.pool_of(call, request)
    provider: str = request["IdentityProviderName"]
    tag_map = pool.tag_maps.get(provider, {"UseDefaults": False, "PrincipalTags": {}})
    return {"IdentityPoolId": pool.id, "IdentityProviderName": provider, **tag_map}


def tags_of(pool: IdentityPool, provider: str, claims: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a login's claims come to; a claim that is not there makes none."""
    wanted: Mapping[str, str] = pool.tag_maps.get(provider, {}).get("PrincipalTags", {})
    found = {tag: claims.get(claim) for tag, claim in wanted.items()}
    return {tag: str(value) for tag, value in found.items() if isinstance(value, str | int) and value != ""}
