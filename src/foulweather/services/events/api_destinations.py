"""API destinations: endpoints that rules send events to.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.events import authorizing, limits, paging, refusals
from foulweather.services.events.destination_state import AUTHORIZED, RATE_PER_S, ApiDestination, DestinationsState

Request = Mapping[str, Any]


def create_api_destination(call: Call, request: Request) -> dict[str, Any]:
    """Make an API destination."""
    name, state = request["Name"], call.state(DestinationsState)
    _check(state, request)
    if name in state.destinations:
        raise refusals.exists("An api-destination", f"'{name}'")
    if len(state.destinations) >= limits.DESTINATIONS_MAX:
        raise refusals.too_many("account", "API destinations", len(state.destinations), limits.DESTINATIONS_MAX)
    made = ApiDestination(
        name,
        call.arn("events", f"api-destination/{name}/{call.world.ids.uuid()}"),
        request["ConnectionArn"],
        request["InvocationEndpoint"],
        request["HttpMethod"],
        call.now,
        call.now,
        request.get("InvocationRateLimitPerSecond") or RATE_PER_S,
        request.get("Description"),
    )
    state.destinations.put(name, made)
    _changed(call, made, "ApiDestinationCreated")
    return _told(state, made)


def update_api_destination(call: Call, request: Request) -> dict[str, Any]:
    """Change what is said of an API destination; the rest stays."""
    state, found = _require(call, request)
    _check(state, request)
    found.connection_arn = request.get("ConnectionArn") or found.connection_arn
    found.endpoint = request.get("InvocationEndpoint") or found.endpoint
    found.method = request.get("HttpMethod") or found.method
    found.rate_per_s = request.get("InvocationRateLimitPerSecond") or found.rate_per_s
    found.description = request.get("Description", found.description)
    found.modified_ms = call.now
    state.destinations.put(found.name, found)
    _changed(call, found, "ApiDestinationUpdated")
    return _told(state, found)


def delete_api_destination(call: Call, request: Request) -> dict[str, Any]:
    """Delete an API destination; rules that have it as their target go on to."""
    state, found = _require(call, request)
    state.destinations.delete(found.name)
    call.changed("events.ApiDestinationDeleted", found.arn, exists=False)
    return {}


def describe_api_destination(call: Call, request: Request) -> dict[str, Any]:
    """An API destination."""
    state, found = _require(call, request)
    told = _summary(state, found)
    return told if found.description is None else {**told, "Description": found.description}


def list_api_destinations(call: Call, request: Request) -> dict[str, Any]:
    """The API destinations by a prefix of their names and their connection."""
    state, prefix = call.state(DestinationsState), request.get("NamePrefix") or ""
    found = [
        _summary(state, destination)
        for name, destination in sorted(state.destinations.items())
        if name.startswith(prefix) and request.get("ConnectionArn") in (None, destination.connection_arn)
    ]
    listed, more = paging.page(found, request)
    return {"ApiDestinations": list(listed), **more}


def _check(state: DestinationsState, request: Request) -> None:
    if request.get("InvocationEndpoint"):
        authorizing.check_endpoint("InvocationEndpoint", request["InvocationEndpoint"])
    arn: str = request.get("ConnectionArn") or ""
    if arn and state.connection_at(arn) is None:
        raise refusals.missing("Connection", f"'{arn.rpartition(':connection/')[2].partition('/')[0]}'")


def _require(call: Call, request: Request) -> tuple[DestinationsState, ApiDestination]:
    state = call.state(DestinationsState)
    found = state.destinations.get(request["Name"])
    if found is None:
        raise refusals.missing("Api destination", f"'{request['Name']}'")
    return state, found


def _told(state: DestinationsState, destination: ApiDestination) -> dict[str, Any]:
    """It is active as long as its connection is authorized."""
    connection = state.connection_at(destination.connection_arn)
    is_active = connection is not None and connection.state == AUTHORIZED
    return {
        "ApiDestinationArn": destination.arn,
        "ApiDestinationState": "ACTIVE" if is_active else "INACTIVE",
        "CreationTime": destination.created_ms,
        "LastModifiedTime": destination.modified_ms,
    }


def _summary(state: DestinationsState, destination: ApiDestination) -> dict[str, Any]:
    return {
        **_told(state, destination),
        "Name": destination.name,
        "ConnectionArn": destination.connection_arn,
        "InvocationEndpoint": destination.endpoint,
        "HttpMethod": destination.method,
        "InvocationRateLimitPerSecond": destination.rate_per_s,
    }


def _changed(call: Call, destination: ApiDestination, kind: str) -> None:
    call.changed(
        f"events.{kind}",
        destination.arn,
        InvocationEndpoint=destination.endpoint,
        HttpMethod=destination.method,
        InvocationRateLimitPerSecond=destination.rate_per_s,
        ConnectionArn=destination.connection_arn,
    )
