"""Logins that are taken from an identity: the next time, they are somebody new."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import logins, naming, refusals, resolving
from foulweather.services.cognito_identity.naming import Request


def unlink_identity(call: Call, request: Request) -> dict[str, Any]:
    """Take providers' logins from an identity, as who has one of them."""
    place, identity = naming.entered_as(call, request)
    users = logins.verified(call, place.pool, request["Logins"])
    owners = [resolving.owner_of(place, login) for login in users]
    if identity not in owners:
        raise refusals.no_match(identity)
    gone: list[str] = request["LoginsToRemove"]
    for provider in gone:
        if provider not in identity.logins:
            raise refusals.invalid(
                f"Identity '{identity.id}' has no login of {provider}.",
                Fact(identity.id, "Logins", sorted(identity.logins)),
            )
    for provider in gone:
        for subject in list(identity.logins.get(provider, ())):
            place.state.unlink(identity, provider, subject, call.now)
    call.happened("cognito.LoginsUnlinked", place.pool.arn, identity=identity.id, logins=gone)
    return {}


def unlink_developer_identity(call: Call, request: Request) -> dict[str, Any]:
    """Take one of the developer's own users from an identity."""
    place = naming.pool_of(call, request)
    identity = naming.identity_in(place, request["IdentityId"])
    provider, user = request["DeveloperProviderName"], request["DeveloperUserIdentifier"]
    if provider != place.pool.developer_name:
        raise refusals.invalid(
            "The developer provider name does not match that of the identity pool.",
            call.fact(place.pool.arn, "DeveloperProviderName", place.pool.developer_name or None),
        )
    if user not in identity.logins.get(provider, ()):
        raise refusals.conflict(
            f"The developer user identifier is not linked to identity '{identity.id}'.",
            Fact(identity.id, provider, identity.logins.get(provider)),
        )
    place.state.unlink(identity, provider, user, call.now)
    call.happened("cognito.LoginsUnlinked", place.pool.arn, identity=identity.id, logins=[provider])
    return {}
