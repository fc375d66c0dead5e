"""Attributes of users that become tags of their sessions, by provider.

https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_identity import naming
from foulweather.services.cognito_identity.naming import Request
from foulweather.services.cognito_identity.tag_maps import DEFAULTS


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
