"""Developer authenticated identities: users whom the app's own server knows.

https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import limits, logins, naming, openid, refusals, resolving
from foulweather.services.cognito_identity.logins import Login
from foulweather.services.cognito_identity.naming import Place, Request
from foulweather.services.cognito_identity.paging import page
from foulweather.services.cognito_identity.records import Identity


def get_open_id_token_for_developer_identity(call: Call, request: Request) -> dict[str, Any]:
    """A token for a user whom the developer vouches for; their identity is made, if it is not there."""
    place = naming.pool_of(call, request)
    pool = place.pool
    given: Mapping[str, str] = request["Logins"]
    if not pool.developer_name or pool.developer_name not in given:
        raise refusals.invalid(
            "Please provide the developer provider of this identity pool.",
            call.fact(pool.arn, "DeveloperProviderName", pool.developer_name or None),
            Fact("request", "Logins", sorted(given)),
        )
    user = given[pool.developer_name]
    others = {name: token for name, token in given.items() if name != pool.developer_name}
    identity: Identity | None = None
    if request.get("IdentityId"):
        identity = naming.identity_in(place, request["IdentityId"])
        owner = place.state.linked.get((pool.id, pool.developer_name, user))
        if owner is not None and owner is not identity:
            raise AwsError(
                "DeveloperUserAlreadyRegisteredException",
                "The provided developer user identifier is already registered with Cognito under a different "
                "identity ID.",
                facts=(Fact(owner.id, pool.developer_name, user),),
            )
    known = Login(pool.developer_name, user, {"aud": pool.id})
    users = [known, *logins.verified(call, pool, others)]
    identity = resolving.resolved(call, place, identity, users, is_vouched=True).apply(call)
    tags: dict[str, str] = request.get("PrincipalTags") or {}
    valid_ms = 1000 * request.get("TokenDuration", limits.DEVELOPER_TOKEN_S)
    token = openid.token(call, pool, identity, logins.amr_of(users), tags, valid_ms)
    return {"IdentityId": identity.id, "Token": token}


def lookup_developer_identity(call: Call, request: Request) -> dict[str, Any]:
    """The identity of a developer's user, or the users of an identity."""
    place = naming.pool_of(call, request)
    name = place.pool.developer_name
    user: str | None = request.get("DeveloperUserIdentifier")
    if not user and not request.get("IdentityId"):
        raise refusals.invalid("Please provide an IdentityId or a DeveloperUserIdentifier.")
    owner = _owner(place, user) if user else None
    identity = naming.identity_in(place, request["IdentityId"]) if request.get("IdentityId") else owner
    if identity is None:
        raise refusals.no_identity(str(user))
    if owner is not None and owner is not identity:
        raise refusals.conflict(
            f"The developer user identifier is not linked to identity '{identity.id}'.", Fact(owner.id, name, user)
        )
    users = [user] if user else sorted(identity.logins.get(name, ()))
    shown, more = page(users, request.get("MaxResults", 60), request.get("NextToken"))
    return {"IdentityId": identity.id, "DeveloperUserIdentifierList": list(shown), **more}


def merge_developer_identities(call: Call, request: Request) -> dict[str, Any]:
    """Make one identity of two users of the developer's: the source's is disabled."""
    place = naming.pool_of(call, request)
    if request["DeveloperProviderName"] != place.pool.developer_name:
        raise refusals.invalid(
            "The developer provider name does not match that of the identity pool.",
            call.fact(place.pool.arn, "DeveloperProviderName", place.pool.developer_name or None),
        )
    source = _owner(place, request["SourceUserIdentifier"])
    target = _owner(place, request["DestinationUserIdentifier"])
    if source is not target:
        resolving.check_mergeable(place, source, target)
        resolving.merge(call, place, source, target)
    return {"IdentityId": target.id}


def _owner(place: Place, user: str) -> Identity:
    found = place.state.linked.get((place.pool.id, place.pool.developer_name, user))
    if found is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Developer user identifier '{user}' not found.",
            facts=(Fact(place.pool.arn, f"{place.pool.developer_name} {user}", None),),
        )
    return found
