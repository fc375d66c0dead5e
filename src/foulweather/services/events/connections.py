"""Connections: how to authorize at the endpoints of API destinations.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.events import authorizing, limits, paging, refusals
from foulweather.services.events.destination_state import DEAUTHORIZED, Connection, DestinationsState
from foulweather.services.events.state import part

Request = Mapping[str, Any]


async def create_connection(call: Call, request: Request) -> dict[str, Any]:
    """Make a connection; its credentials are kept as a secret, and an OAuth endpoint is asked for a token."""
    _refuse_unbuilt(call, request)
    name, kind = request["Name"], request["AuthorizationType"]
    document = authorizing.checked(kind, request["AuthParameters"], {})
    state = call.state(DestinationsState)
    if name in state.connections:
        raise refusals.exists("Connection", name)
    if len(state.connections) >= limits.CONNECTIONS_MAX:
        raise refusals.too_many("account", "Connections", len(state.connections), limits.CONNECTIONS_MAX)
    id = call.world.ids.uuid()
    secret = await authorizing.keep(call, f"events!connection/{name}/{id}", document)
    if name in state.connections:  # somebody was faster, while the secret was made
        raise refusals.exists("Connection", name)
    arn = call.arn("events", f"connection/{name}/{id}")
    made = Connection(name, arn, kind, secret, call.now, call.now, authorizing.shown(document))
    made.description = request.get("Description")
    _begin(call, state, made, "CREATING")
    call.changed("events.ConnectionCreated", arn, AuthorizationType=kind, AuthParameters=made.shown)
    return _told(made)


async def update_connection(call: Call, request: Request) -> dict[str, Any]:
    """Change a connection's credentials; what is not said anew stays."""
    _refuse_unbuilt(call, request)
    state, found = _require(call, request)
    kind: str = request.get("AuthorizationType") or found.kind
    given: Request = request.get("AuthParameters") or {}
    held = await authorizing.secret_of(call, found) if kind == found.kind else {}
    document = authorizing.checked(kind, given, held)
    await authorizing.replace(call, found, document)
    _require(call, request)  # it may be gone by now
    found.kind, found.shown, found.modified_ms = kind, authorizing.shown(document), call.now
    found.token, found.token_until_ms = "", 0
    found.description = request.get("Description", found.description)
    _begin(call, state, found, "UPDATING")
    call.changed("events.ConnectionUpdated", found.arn, AuthorizationType=kind, AuthParameters=found.shown)
    return {**_told(found), **_authorized(found)}


async def delete_connection(call: Call, request: Request) -> dict[str, Any]:
    """Delete a connection with its secret; destinations that use it are inactive from then on."""
    state, found = _require(call, request)
    await authorizing.forget(call, found)
    state.connections.delete(found.name)
    call.changed("events.ConnectionDeleted", found.arn, exists=False)
    found.state = "DELETING"
    return {**_told(found), **_authorized(found)}


def deauthorize_connection(call: Call, request: Request) -> dict[str, Any]:
    """Take a connection's authorization away, without deleting it."""
    state, found = _require(call, request)
    found.state, found.reason, found.token, found.token_until_ms = DEAUTHORIZED, "", "", 0
    found.modified_ms, found.turn = call.now, found.turn + 1
    state.connections.put(found.name, found)
    call.changed("events.ConnectionDeauthorized", found.arn, ConnectionState=found.state)
    return {**_told(found), **_authorized(found)}


def describe_connection(call: Call, request: Request) -> dict[str, Any]:
    """A connection, without what is secret of it."""
    _, found = _require(call, request)
    told = {
        **_summary(found),
        "SecretArn": found.secret_arn,
        "AuthParameters": found.shown,
    }
    return told if found.description is None else {**told, "Description": found.description}


def list_connections(call: Call, request: Request) -> dict[str, Any]:
    """The connections by a prefix of their names and their state."""
    prefix, wanted = request.get("NamePrefix") or "", request.get("ConnectionState")
    found = [
        _summary(connection)
        for name, connection in sorted(call.state(DestinationsState).connections.items())
        if name.startswith(prefix) and wanted in (None, connection.state)
    ]
    listed, more = paging.page(found, request)
    return {"Connections": list(listed), **more}


def _begin(call: Call, state: DestinationsState, connection: Connection, passing: str) -> None:
    connection.state, connection.reason, connection.turn = passing, "", connection.turn + 1
    state.connections.put(connection.name, connection)
    settles_ms = call.now + limits.CONNECTION_SETTLES_AFTER_MS
    call.later(settles_ms, "events.authorize", connection=connection.name, turn=connection.turn)


def _require(call: Call, request: Request) -> tuple[DestinationsState, Connection]:
    state = call.state(DestinationsState)
    found = state.connections.get(request["Name"])
    if found is None:
        raise refusals.missing("Connection", f"'{request['Name']}'")
    return state, found


def _refuse_unbuilt(call: Call, request: Request) -> None:
    for member in ("InvocationConnectivityParameters", "KmsKeyIdentifier"):
        if request.get(member):
            raise not_implemented("events", f"{call.operation}.{member}")
    if part(request, "AuthParameters").get("ConnectivityParameters"):
        raise not_implemented("events", f"{call.operation}.AuthParameters.ConnectivityParameters")


def _told(connection: Connection) -> dict[str, Any]:
    return {
        "ConnectionArn": connection.arn,
        "ConnectionState": connection.state,
        "CreationTime": connection.created_ms,
        "LastModifiedTime": connection.modified_ms,
    }


def _authorized(connection: Connection) -> dict[str, Any]:
    return {"LastAuthorizedTime": connection.authorized_ms} if connection.authorized_ms else {}


def _summary(connection: Connection) -> dict[str, Any]:
    told = {
        **_told(connection),
        **_authorized(connection),
        "Name": connection.name,
        "AuthorizationType": connection.kind,
    }
    return {**told, "StateReason": connection.reason} if connection.reason else told
