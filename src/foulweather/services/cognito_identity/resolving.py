"""Which identity a request's logins belong to: a known one, one that they are linked to, or two that become one.

https://docs.aws.amazon.com/cognito/latest/developerguide/switching-identities.html
"""

from __future__ import annotations

from collections.abc import Sequence

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import openid, refusals
from foulweather.services.cognito_identity.logins import Login
from foulweather.services.cognito_identity.naming import Place
from foulweather.services.cognito_identity.records import Identity


class Resolved:
    """The identity of a request, and what is to be linked and merged once nothing is in the way."""

    def __init__(
        self, place: Place, identity: Identity, links: Sequence[Login], merged: Sequence[Identity], *, is_new: bool
    ) -> None:
        self.place = place
        self.identity = identity
        self.is_new = is_new
        self.links = links
        self.merged = merged

    def apply(self, call: Call) -> Identity:
        """Link what is new, and merge."""
        state, identity = self.place.state, self.identity
        if self.is_new:
            state.add(identity)
        elif state.identities.get(identity.id) is None:
            raise refusals.no_identity(identity.id)
        for login in self.links:
            if owner_of(self.place, login) not in (None, identity):
                raise refusals.conflict("The login was linked to another identity meanwhile.")
        for other in self.merged:
            merge(call, self.place, other, identity)
        for login in self.links:
            state.link(identity, login.provider, login.subject, call.now)
        return identity


def owner_of(place: Place, login: Login) -> Identity | None:
    """The identity that a login belongs to."""
    if login.provider == openid.ISSUER:
        found = place.state.identities.get(login.subject)
        return found if found is not None and found.pool == place.pool.id else None
    return place.state.linked.get((place.pool.id, login.provider, login.subject))


def resolved(
    call: Call, place: Place, identity: Identity | None, logins: Sequence[Login], *, is_vouched: bool = False
) -> Resolved:
    """The identity of logins; `identity` is the one that the request names, if it names one.

    `is_vouched`: the developer says that the logins are the identity's, so none needs to be it already.
    """
    is_new = False
    while identity is not None and identity.merged_into:
        identity = place.state.identities.get(identity.merged_into)
    owners = {owner.id: owner for owner in (owner_of(place, login) for login in logins) if owner is not None}
    if identity is None:
        if not owners:
            identity = Identity(f"{call.region}:{call.world.ids.uuid()}", place.pool.id, call.now, call.now)
            is_new = True
        else:
            identity = next(iter(owners.values()))
    elif identity.logins and identity.id not in owners and not is_vouched:
        raise refusals.no_match(identity)
    elif not identity.logins and owners and identity.id not in owners:
        # Somebody who was a guest until now goes on as who they are known to be.
        guest, identity = identity, next(iter(owners.values()))
        owners[guest.id] = guest
    merged = [owner for owner in owners.values() if owner.id != identity.id]
    links = [login for login in logins if owner_of(place, login) is None]
    for other in merged:
        check_mergeable(place, other, identity)
    for login in links:
        held = identity.logins.get(login.provider)
        if held and login.provider != place.pool.developer_name:
            raise refusals.conflict(
                f"Identity '{identity.id}' is linked to another login of {login.provider}.",
                Fact(identity.id, login.provider, held),
            )
    return Resolved(place, identity, links, merged, is_new=is_new)


def check_mergeable(place: Place, source: Identity, target: Identity) -> None:
    """Refuse to make one of two identities that are different users of one provider."""
    for provider in source.logins:
        if provider != place.pool.developer_name and provider in target.logins:
            raise refusals.conflict(
                f"Logins are already linked to two identities: '{source.id}' and '{target.id}'.",
                Fact(source.id, provider, source.logins[provider]),
                Fact(target.id, provider, target.logins[provider]),
            )


def merge(call: Call, place: Place, source: Identity, target: Identity) -> None:
    """Give one identity's logins to another; the first is disabled."""
    state = place.state
    for provider, subjects in {provider: list(held) for provider, held in source.logins.items()}.items():
        for subject in subjects:
            state.unlink(source, provider, subject, call.now)
            state.link(target, provider, subject, call.now)
    source.merged_into, source.modified_ms = target.id, call.now
    state.identities.touch(source.id)
    call.happened("cognito.IdentitiesMerged", place.pool.arn, source=source.id, target=target.id)
