"""Whether the user whom an id token speaks of is still who they were: for identity pools that check with the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.world import World


def stands(world: World, claims: Mapping[str, Any]) -> bool:
    """Whether the user is there and enabled, and neither signed out everywhere since nor had the sign-in revoked."""
    pool_id = str(claims.get("iss", "")).rpartition("/")[2]
    for state in world.store.states(CognitoState):
        pool = state.pools.get(pool_id)
        if pool is None:
            continue
        user = state.users.get(f"{pool.id}/{claims.get('cognito:username')}")
        if user is None or not user.is_enabled or str(claims.get("origin_jti")) in state.revoked:
            return False
        return not user.signed_out_ms or int(claims["auth_time"]) * 1000 > user.signed_out_ms
    return False
