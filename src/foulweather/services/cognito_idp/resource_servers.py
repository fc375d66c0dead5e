"""Resource servers: APIs with scopes of their own.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import Pool, ResourceServer
from foulweather.services.cognito_idp.state import CognitoState

_PAGE = 50


def create_resource_server(call: Call, request: Request) -> dict[str, Any]:
    """Make a resource server."""
    state, pool = naming.pool_of(call, request)
    identifier: str = request["Identifier"]
    key = f"{pool.id}/{identifier}"
    if key in state.resource_servers:
        raise refusals.invalid(
            f"{identifier} already exists in user pool {pool.id}.", Fact(_arn(pool, identifier), "exists", True)
        )
    scopes = _scopes(request)
    count = sum(server.pool == pool.id for server in state.resource_servers.values())
    if count >= limits.RESOURCE_SERVERS_PER_POOL:
        raise refusals.over_limit("Maximum number of resource servers reached.", Fact(pool.arn, "servers", count))
    server = ResourceServer(identifier, pool.id, request["Name"], scopes)
    state.resource_servers.put(key, server)
    call.changed("cognito.ResourceServerCreated", _arn(pool, identifier), Name=server.name, Scopes=list(scopes))
    return {"ResourceServer": _shown(server)}


def describe_resource_server(call: Call, request: Request) -> dict[str, Any]:
    """A resource server."""
    state, pool = naming.pool_of(call, request)
    return {"ResourceServer": _shown(_server(state, pool, request["Identifier"]))}


def update_resource_server(call: Call, request: Request) -> dict[str, Any]:
    """Set a resource server's name and scopes: what is left out goes back to its default."""
    state, pool = naming.pool_of(call, request)
    server = _server(state, pool, request["Identifier"])
    server.scopes, server.name = _scopes(request), request["Name"]
    state.resource_servers.touch(f"{pool.id}/{server.identifier}")
    arn = _arn(pool, server.identifier)
    call.changed("cognito.ResourceServerUpdated", arn, Name=server.name, Scopes=list(server.scopes))
    return {"ResourceServer": _shown(server)}


def delete_resource_server(call: Call, request: Request) -> dict[str, Any]:
    """Delete a resource server; no client has its scopes any more."""
    state, pool = naming.pool_of(call, request)
    server = _server(state, pool, request["Identifier"])
    state.resource_servers.delete(f"{pool.id}/{server.identifier}")
    gone = {f"{server.identifier}/{scope}" for scope in server.scopes}
    for client in state.clients.values():
        held: list[str] = client.settings.get("AllowedOAuthScopes") or []
        if client.pool == pool.id and gone & set(held):
            client.settings["AllowedOAuthScopes"] = [scope for scope in held if scope not in gone]
            state.clients.touch(client.id)
    call.changed("cognito.ResourceServerDeleted", _arn(pool, server.identifier), Scopes=None)
    return {}


def list_resource_servers(call: Call, request: Request) -> dict[str, Any]:
    """The resource servers of a pool."""
    state, pool = naming.pool_of(call, request)
    found = sorted((each for each in state.resource_servers.values() if each.pool == pool.id), key=_by_identifier)
    listed, more = page(found, _by_identifier, request.get("MaxResults"), request.get("NextToken"), default=_PAGE)
    return {"ResourceServers": [_shown(server) for server in listed], **more}


def _server(state: CognitoState, pool: Pool, identifier: str) -> ResourceServer:
    server = state.resource_servers.get(f"{pool.id}/{identifier}")
    if server is None:
        raise refusals.not_found(
            f"Resource server {identifier} does not exist.", Fact(_arn(pool, identifier), "exists", False)
        )
    return server


def _scopes(request: Request) -> dict[str, str]:
    given: list[dict[str, str]] = request.get("Scopes") or []
    scopes = {each["ScopeName"]: each["ScopeDescription"] for each in given}
    if len(scopes) < len(given):
        raise refusals.invalid(
            "Duplicate scope names.", Fact("request", "Scopes", [each["ScopeName"] for each in given])
        )
    return scopes


def _shown(server: ResourceServer) -> dict[str, Any]:
    shown: dict[str, Any] = {"UserPoolId": server.pool, "Identifier": server.identifier, "Name": server.name}
    if server.scopes:
        shown["Scopes"] = [{"ScopeName": name, "ScopeDescription": about} for name, about in server.scopes.items()]
    return shown


def _arn(pool: Pool, identifier: str) -> str:
    return f"{pool.arn}/resourceserver/{identifier}"


def _by_identifier(server: ResourceServer) -> str:
    return server.identifier
