"""Clients' connections: spoken to, looked at, closed.

The requests have two members more than AWS's model: `ApiId` and `Stage`, which the address names.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel import websockets
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.rest.buckets import Buckets
from foulweather.services.apigateway.sockets.connections import Connection, Connections
from foulweather.services.apigateway.sockets.limits import MESSAGE_BYTES_MAX
from foulweather.services.apigateway.sockets.throttling import of_account, too_many

_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
Request = Mapping[str, Any]


def post_to_connection(call: Call, request: Request) -> dict[str, Any]:
    """Send a client a message."""
    connection = _found(call, request)
    data: bytes = request.get("Data") or b""
    if len(data) > MESSAGE_BYTES_MAX:
        fact = Fact("request", "bytes", len(data))
        raise AwsError("PayloadTooLargeException", "Payload Too Large", 413, facts=(fact,))
    try:
        message: str | bytes = data.decode()
    except UnicodeDecodeError:
        message = data
    assert connection.socket is not None
    connection.active_ms = call.now
    call.world.store.after_commit(lambda: connection.socket.send(message) if connection.socket else None)
    call.happened(
        "apigateway.SocketMessageSent",
        call.resource,
        api=connection.api,
        stage=connection.stage,
        connection=connection.id,
        bytes=len(data),
    )
    return {}


def get_connection(call: Call, request: Request) -> dict[str, Any]:
    """Since when a client is there, and from where."""
    connection = _found(call, request)
    return {
        "ConnectedAt": connection.connected_ms,
        "Identity": {"SourceIp": connection.origin.ip, "UserAgent": connection.origin.user_agent},
        "LastActiveAt": connection.active_ms,
    }


def delete_connection(call: Call, request: Request) -> dict[str, Any]:
    """Close a client's connection."""
    Connections.of(call.world).end(_found(call, request), websockets.NORMAL, why="DeleteConnection was called")
    return {}


def _found(call: Call, request: Request) -> Connection:
    api, stage = request.get("ApiId"), request.get("Stage")
    if not api or not stage:
        raise AwsError(
            "ForbiddenException",
            "Forbidden",
            403,
            facts=(Fact("request", "endpoint", "names no API and no stage"),),
            remedy=(
                "aws apigatewaymanagementapi get-connection --connection-id ID "
                "--endpoint-url https://API.execute-api.REGION.amazonaws.com/STAGE",
            ),
        )
    full = Buckets.of(call.world).take([of_account(call)], call.now)
    if full is not None:
        raise AwsError("LimitExceededException", "", 429, why=too_many(call, full))
    connection_id = request["ConnectionId"]
    if _ID.fullmatch(connection_id) is None:
        message = f"Invalid connectionId: {connection_id}"
        raise AwsError("BadRequestException", message, 400, facts=(Fact("request", "ConnectionId", connection_id),))
    found = Connections.of(call.world).find(connection_id)
    place = (call.account, call.region, api, stage)
    if found is None or (found.account, found.region, found.api, found.stage) != place:
        raise AwsError("GoneException", "", 410, why=_gone(call, connection_id, f"{api}/{stage}", found))
    return found


def _gone(call: Call, connection_id: str, place: str, found: Connection | None) -> Why:
    """Why a connection is not there: it ended, or never was under this address."""
    ended = Connections.of(call.world).gone(connection_id)
    if found is not None:
        cause = f"The connection {connection_id} is none of {place}."
        return Why("refused", cause, (Fact(f"connection {connection_id}", "stage", f"{found.api}/{found.stage}"),))
    if ended is None:
        cause = f"There is no connection {connection_id}, or its handshake is not answered yet."
        return Why("refused", cause, (Fact(f"connection {connection_id}", "exists", False),))
    at_ms, code, why = ended
    told = {"at_ms": at_ms, "code": code, "reason": why}
    cause = f"The connection {connection_id} ended {(call.now - at_ms) / 1000:g} s ago with {code}: {why}."
    return Why("refused", cause, (Fact(f"connection {connection_id}", "ended", told),))
