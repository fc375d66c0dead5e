"""From the ids of a request to pools and identities, wherever they live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.cognito_identity import refusals
from foulweather.services.cognito_identity.records import Identity, IdentityPool
from foulweather.services.cognito_identity.state import IdentityState

Request = Mapping[str, Any]


class Place(NamedTuple):
    """A pool, and the state that it is in."""

    state: IdentityState
    pool: IdentityPool


def pool_of(call: Call, request: Request) -> Place:
    """The pool that IdentityPoolId names, of the caller's own account and region."""
    state = call.state(IdentityState)
    pool = state.pools.get(request["IdentityPoolId"])
    if pool is None:
        raise refusals.no_pool(request["IdentityPoolId"])
    call.resource = pool.arn
    return Place(state, pool)


def identity_in(place: Place, identity_id: str) -> Identity:
    """A pool's identity."""
    identity = place.state.identities.get(identity_id)
    if identity is None or identity.pool != place.pool.id:
        raise refusals.no_identity(identity_id)
    return identity


def entered(call: Call, request: Request) -> Place:
    """The pool that an unsigned request names; from here on the call is in the pool's account and region."""
    pool_id = request["IdentityPoolId"]
    account: str | None = request.get("AccountId")
    for state in call.world.store.states(IdentityState):
        pool = state.pools.get(pool_id)
        if pool is not None and account in (None, pool.account):
            return _enter(call, state, pool)
    raise refusals.no_pool(pool_id)


def entered_as(call: Call, request: Request) -> tuple[Place, Identity]:
    """The identity that an unsigned request names, with its pool; the call goes on in the pool's account."""
    identity_id = request["IdentityId"]
    for state in call.world.store.states(IdentityState):
        identity = state.identities.get(identity_id)
        if identity is not None:
            return _enter(call, state, state.pools[identity.pool]), identity
    raise refusals.no_identity(identity_id)


def _enter(call: Call, state: IdentityState, pool: IdentityPool) -> Place:
    call.account = call.hop.account = pool.account
    call.region = call.hop.region = pool.region
    call.resource = pool.arn
    return Place(state, pool)
