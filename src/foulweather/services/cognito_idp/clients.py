"""App clients: how an application may sign users in, and what it may see.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import client_settings, limits, naming, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import Client, Pool, Secret

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def create_user_pool_client(call: Call, request: Request) -> dict[str, Any]:
    """Make an app client."""
    state, pool = naming.pool_of(call, request)
    settings = client_settings.of_request(call, state, pool, request)
    count = sum(client.pool == pool.id for client in state.clients.values())
    if count >= limits.CLIENTS_PER_POOL:
        raise refusals.over_limit("Maximum number of app clients reached.", call.fact(pool.arn, "clients", count))
    if request.get("ClientSecret") and request.get("GenerateSecret"):
        raise refusals.invalid("Only one of GenerateSecret and ClientSecret can be set.")
    client = Client(call.world.ids.drawn(LOWER, 26), pool.id, request["ClientName"], call.now, call.now, settings)
    if request.get("GenerateSecret") or request.get("ClientSecret"):
        value: str = request.get("ClientSecret") or call.world.ids.drawn(LOWER, 51)
        client.secrets = [Secret(f"{client.id}--{call.now}", value, call.now)]
    state.clients.put(client.id, client)
    call.changed("cognito.ClientCreated", _arn(pool, client), ClientName=client.name, **settings)
    return {"UserPoolClient": _shown(client)}


def describe_user_pool_client(call: Call, request: Request) -> dict[str, Any]:
    """A client with its secret."""
    place = naming.pool_of(call, request)
    return {"UserPoolClient": _shown(naming.client_of(call, place, request["ClientId"]))}


def update_user_pool_client(call: Call, request: Request) -> dict[str, Any]:
    """Set a client's settings: what is left out goes back to its default."""
    place = naming.pool_of(call, request)
    client = naming.client_of(call, place, request["ClientId"])
    client.settings = client_settings.of_request(call, place.state, place.pool, request)
    client.name = request.get("ClientName") or client.name
    client.modified_ms = call.now
    place.state.clients.touch(client.id)
    call.changed("cognito.ClientUpdated", _arn(place.pool, client), ClientName=client.name, **client.settings)
    return {"UserPoolClient": _shown(client)}


def delete_user_pool_client(call: Call, request: Request) -> dict[str, Any]:
    """Delete a client with the refresh tokens that it has got."""
    place = naming.pool_of(call, request)
    client = naming.client_of(call, place, request["ClientId"])
    state = place.state
    for key in [key for key, refresh in state.refreshes.items() if refresh.client == client.id]:
        refresh = state.refreshes.delete(key)
        state.refreshes_of.get(f"{refresh.pool}/{refresh.user}", set()).discard(key)
    state.clients.delete(client.id)
    call.changed("cognito.ClientDeleted", _arn(place.pool, client), ClientName=None)
    return {}


def list_user_pool_clients(call: Call, request: Request) -> dict[str, Any]:
    """The clients of a pool."""
    state, pool = naming.pool_of(call, request)
    found = sorted((client for client in state.clients.values() if client.pool == pool.id), key=_by_id)
    listed, more = page(found, _by_id, request.get("MaxResults"), request.get("NextToken"))
    shown = [{"ClientId": each.id, "UserPoolId": each.pool, "ClientName": each.name} for each in listed]
    return {"UserPoolClients": shown, **more}


def _shown(client: Client) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "UserPoolId": client.pool,
        "ClientName": client.name,
        "ClientId": client.id,
        "CreationDate": client.created_ms,
        "LastModifiedDate": client.modified_ms,
        **client.settings,
    }
    if client.secrets:
        shown["ClientSecret"] = client.secrets[0].value
    return shown


def _arn(pool: Pool, client: Client) -> str:
    return f"{pool.arn}/client/{client.id}"


def _by_id(client: Client) -> str:
    return client.id
