"""Identities as the pool's owner sees them: described, listed, deleted."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_identity import naming, refusals
from foulweather.services.cognito_identity.naming import Request
from foulweather.services.cognito_identity.paging import page
from foulweather.services.cognito_identity.records import Identity
from foulweather.services.cognito_identity.state import IdentityState


def describe_identity(call: Call, request: Request) -> dict[str, Any]:
    """An identity and the providers that it has logins of."""
    identity = call.state(IdentityState).identities.get(request["IdentityId"])
    if identity is None:
        raise refusals.no_identity(request["IdentityId"])
    return _shown(identity)


def list_identities(call: Call, request: Request) -> dict[str, Any]:
    """The identities of a pool, with those that were merged into others unless they are to be hidden."""
    state, pool = naming.pool_of(call, request)
    held = state.identities_of[pool.id]
    hides = bool(request.get("HideDisabled"))
    keys = sorted(key for key, identity in held.items() if not (hides and identity.merged_into))
    shown, more = page(keys, request["MaxResults"], request.get("NextToken"))
    return {"IdentityPoolId": pool.id, "Identities": [_shown(held[key]) for key in shown], **more}


def delete_identities(call: Call, request: Request) -> dict[str, Any]:
    """Delete identities; those that are not this account's are left."""
    state = call.state(IdentityState)
    others = [each for each in call.world.store.states(IdentityState) if each is not state]
    left: list[dict[str, str]] = []
    for identity_id in request["IdentityIdsToDelete"]:
        identity = state.identities.get(identity_id)
        if identity is not None:
            state.remove(identity)
            call.happened("cognito.IdentityDeleted", state.pools[identity.pool].arn, identity=identity_id)
        elif any(identity_id in each.identities for each in others):
            left.append({"IdentityId": identity_id, "ErrorCode": "AccessDenied"})
    return {"UnprocessedIdentityIds": left}


def _shown(identity: Identity) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "IdentityId": identity.id,
        "CreationDate": identity.created_ms,
        "LastModifiedDate": identity.modified_ms,
    }
    if identity.logins:
        shown["Logins"] = sorted(identity.logins)
    return shown
