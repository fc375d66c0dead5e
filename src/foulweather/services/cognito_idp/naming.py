"""From the ids of a request to pools, clients and users, wherever they live."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, refusals
from foulweather.services.cognito_idp.records import Client, Group, Pool, User
from foulweather.services.cognito_idp.state import CognitoState

Request = Mapping[str, Any]
_HOST = re.compile(r"cognito-idp[.-]([a-z0-9-]+)\.")


class Place(NamedTuple):
    """A pool, and the state that it is in."""

    state: CognitoState
    pool: Pool


class App(NamedTuple):
    """An app client with its pool."""

    state: CognitoState
    pool: Pool
    client: Client


def pool_of(call: Call, request: Request) -> Place:
    """The pool that UserPoolId names, of the caller's own account and region."""
    return pool_named(call, request["UserPoolId"])


def pool_named(call: Call, pool_id: str) -> Place:
    """The pool of an id."""
    state = call.state(CognitoState)
    pool = state.pools.get(pool_id)
    if pool is None:
        raise refusals.no_pool(pool_id)
    call.resource = pool.arn
    return Place(state, pool)


def check_no_import(place: Place) -> None:
    """Refuse to change a pool while users are imported into it."""
    for job in place.state.imports.values():
        if job.pool == place.pool.id and job.is_running:
            raise refusals.importing(place.pool, job.id)


def client_of(call: Call, place: Place, client_id: str) -> Client:
    """A pool's client."""
    client = place.state.clients.get(client_id)
    if client is None or client.pool != place.pool.id:
        raise refusals.no_client(client_id, place.pool)
    return client


def user_of(call: Call, request: Request) -> tuple[CognitoState, Pool, User]:
    """The pool and the user that an administrator's request names."""
    state, pool = pool_of(call, request)
    return state, pool, require_user(state, pool, request["Username"])


def require_user(state: CognitoState, pool: Pool, name: str) -> User:
    """The user of a name, sub or alias."""
    user = state.user(pool, name)
    if user is None:
        raise refusals.no_user(pool, name)
    return user


def group_of(state: CognitoState, pool: Pool, name: str) -> Group:
    """A pool's group."""
    group = state.groups.get(f"{pool.id}/{name}")
    if group is None:
        raise refusals.not_found("Group not found.", Fact(pool.arn, f"group {name}", None))
    return group


def app_of(call: Call, request: Request) -> App:
    """The client that an unsigned request names; from here on the call is in its pool's account and region.

    Nobody has signed, so nobody has said whose account is meant: a client's id is known in all of them. A host name
    says the region; without one, as at a bare endpoint, all are looked through.
    """
    if request.get("AnalyticsMetadata"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.AnalyticsMetadata")
    # UserContextData is for threat protection alone, which no pool here can turn on.
    client_id = request["ClientId"]
    found = [state for state in call.world.store.states(CognitoState) if client_id in state.clients]
    for state in found:
        if state.region == call.region or _HOST.search(call.origin.host) is None:
            client = state.clients[client_id]
            pool = state.pools[client.pool]
            enter(call, pool)
            return App(state, pool, client)
    raise refusals.no_client(client_id)


def enter(call: Call, pool: Pool) -> None:
    """Go on in a pool's account and region."""
    call.account, call.region = pool.account, pool.region
    call.hop.account, call.hop.region = pool.account, pool.region
    call.resource = pool.arn


def check_secret_hash(client: Client, name: str, given: str | None, *, is_sign_in: bool = False) -> None:
    """Refuse a request for a client with a secret that does not show it knows the secret.

    SECRET_HASH is Base64(HMAC-SHA256(secret, user name + client id)):
    https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
    """
    if not client.secrets:
        if given:
            raise _bad_hash(client, "the client has no secret")
        return
    if not given:
        what = "SECRET_HASH" if is_sign_in else "secret"
        raise refusals.not_authorized(
            f"Client {client.id} is configured {'with' if is_sign_in else 'for'} secret but {what} was not received",
            Fact(client.id, "ClientSecret", "set"),
            Fact("request", "SecretHash", None),
        )
    for secret in client.secrets:
        if hmac.compare_digest(secret_hash(client.id, secret.value, name).encode(), given.encode()):
            return
    raise _bad_hash(client, f"it is not that of {name}")


def secret_hash(client_id: str, secret: str, name: str) -> str:
    """What proves the knowledge of a client's secret."""
    digest = hmac.new(secret.encode(), f"{name}{client_id}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _bad_hash(client: Client, reason: str) -> Exception:
    return refusals.not_authorized(
        f"Unable to verify secret hash for client {client.id}", Fact("request", "SecretHash", reason)
    )


def found_user(app: App, name: str) -> User | None:
    """The user of a name; None where the client does not tell that there is none."""
    user = app.state.user(app.pool, name)
    if user is None and not app.client.hides_users:
        raise refusals.no_user(app.pool, name)
    return user
