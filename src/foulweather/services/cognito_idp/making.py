"""New users, however they come."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import attributes, refusals
from foulweather.services.cognito_idp.records import Pool, User
from foulweather.services.cognito_idp.state import CognitoState


def new_user(call: Call, pool: Pool, name: str, given: dict[str, str], status: str) -> User:
    """A user, not yet in the pool; where users are named by an attribute, their name is their sub."""
    sub = call.world.ids.uuid()
    named = attributes.named_attribute(pool, name)
    own = sub if named else pool.folded(name)
    return User(own, pool.id, sub, status, call.now, call.now, {**given, **named})


def check_free(state: CognitoState, pool: Pool, user: User, *, is_forced: bool = False) -> None:
    """Refuse a name that somebody has; an alias may be taken over where that is wanted."""
    holder = state.holder(pool, user.name)
    if holder is not None:
        raise exists(pool, holder, "User account already exists")
    for name in attributes.aliases_of(pool):
        value = user.attributes.get(name)
        holder = state.holder(pool, value) if value else None
        if holder is None:
            continue
        if name in pool.username_attributes:
            raise exists(pool, holder, f"An account with the given {name} already exists.")
        may_take = is_forced and name != "preferred_username"
        if not may_take and name in state.alias_names(pool, user):
            raise refusals.alias_taken(pool, name, holder)


def add(state: CognitoState, pool: Pool, user: User) -> None:
    """Add a user whose names are free, or are to be taken over."""
    for name in state.alias_names(pool, user):
        attributes.take_alias(state, pool, user, name, is_forced=True)
    state.add_user(user)


def exists(pool: Pool, holder: User, message: str) -> AwsError:
    """A name that somebody has."""
    return AwsError(
        "UsernameExistsException", message, facts=(Fact(refusals.whose(pool, holder), "UserStatus", holder.status),)
    )
