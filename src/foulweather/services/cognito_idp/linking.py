"""Links between a provider's users and those of the pool.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, linked, naming, refusals
from foulweather.services.cognito_idp.hosted_records import Link
from foulweather.services.cognito_idp.naming import Place, Request
from foulweather.services.cognito_idp.records import IdentityProviderRecord, User

_NATIVE: Final = "Cognito"


def admin_link_provider_for_user(call: Call, request: Request) -> dict[str, Any]:
    """Have a provider's user sign in as a user of the pool."""
    place = naming.pool_of(call, request)
    state, pool = place
    source, target = request["SourceUser"], request["DestinationUser"]
    name, attribute, value = _named(source, "SourceUser")
    record = _provider(place, name)
    user = naming.require_user(state, pool, _user_name(target))
    key = linked.link_key(pool, record.name, attribute, value)
    held = state.links.get(key)
    if held is not None and held.user == user.name:
        raise refusals.invalid("SourceUser is already linked to DestinationUser", Fact(key, "user", held.user))
    if held is not None or state.users.get(f"{pool.id}/{record.name}_{value}") is not None:
        raise refusals.invalid(
            "Merging is not currently supported, provide a SourceUser that has not been linked to a user.",
            Fact(pool.arn, f"{record.name} {value}", held.user if held is not None else f"{record.name}_{value}"),
            remedy=(f"aws cognito-idp admin-delete-user --user-pool-id {pool.id} --username {record.name}_{value}",),
        )
    identities = _identities(user)
    if len(identities) >= limits.IDENTITIES_PER_USER:
        raise refusals.over_limit(
            "Maximum number of identities linked to the user reached.",
            Fact(refusals.whose(pool, user), "identities", len(identities)),
        )
    identities.append(linked.identity(record, value, call.now, is_primary=False))
    state.links.put(key, Link(key, pool.id, record.name, user.name))
    _keep(call, place, user, identities)
    return {}


def admin_disable_provider_for_user(call: Call, request: Request) -> dict[str, Any]:
    """Take a provider's user's link away; one who is not linked can sign in no more."""
    place = naming.pool_of(call, request)
    state, pool = place
    name, attribute, value = _named(request["User"], "User")
    if name == _NATIVE:
        raise not_implemented(limits.SERVICE, "AdminDisableProviderForUser.ProviderName=Cognito")
    record = _provider(place, name)
    key = linked.link_key(pool, record.name, attribute, value)
    held = state.links.get(key)
    if held is not None:
        state.links.delete(key)
        user = naming.require_user(state, pool, held.user)
        left = [each for each in _identities(user) if (each["providerName"], each["userId"]) != (record.name, value)]
        _keep(call, place, user, left)
        return {}
    user = naming.require_user(state, pool, f"{record.name}_{value}")
    user.is_enabled, user.modified_ms = False, call.now
    state.touch_user(user)
    call.changed("cognito.ProviderDisabled", refusals.whose(pool, user), Enabled=False)
    return {}


def _named(given: Mapping[str, str], member: str) -> tuple[str, str, str]:
    """A provider's user: the provider, by which attribute, and its value."""
    name, value = given.get("ProviderName"), given.get("ProviderAttributeValue")
    if not name or not value:
        raise refusals.invalid(
            f"{member} needs a ProviderName and a ProviderAttributeValue.", Fact("request", member, dict(given))
        )
    attribute = given.get("ProviderAttributeName")
    if not attribute:
        raise refusals.invalid(f"{member} needs a ProviderAttributeName.", Fact("request", member, dict(given)))
    return name, attribute, value


def _user_name(target: Mapping[str, str]) -> str:
    """The user of the pool: by name, or another provider's by its subject."""
    value, name = target.get("ProviderAttributeValue"), target.get("ProviderName")
    if not value or not name:
        raise refusals.invalid(
            "DestinationUser needs a ProviderName and a ProviderAttributeValue.",
            Fact("request", "DestinationUser", dict(target)),
        )
    return value if name == _NATIVE else f"{name}_{value}"


def _provider(place: Place, name: str) -> IdentityProviderRecord:
    record = place.state.providers.get(f"{place.pool.id}/{name}")
    if record is None:
        raise refusals.invalid(
            f"The provider {name} does not exist for User Pool {place.pool.id}.", Fact(place.pool.arn, name, None)
        )
    return record


def _identities(user: User) -> list[dict[str, Any]]:
    return json.loads(user.attributes.get("identities") or "[]")


def _keep(call: Call, place: Place, user: User, identities: list[dict[str, Any]]) -> None:
    if identities:
        user.attributes["identities"] = json.dumps(identities)
    else:
        user.attributes.pop("identities", None)
    user.modified_ms = call.now
    place.state.touch_user(user)
    call.changed("cognito.ProviderLinked", refusals.whose(place.pool, user), identities=identities)
