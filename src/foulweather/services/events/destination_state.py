"""Connections and API destinations, of one account in one Region."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.world.store import State, table

AUTHORIZED, DEAUTHORIZED = "AUTHORIZED", "DEAUTHORIZED"
RATE_PER_S = 300
"""InvocationRateLimitPerSecond, where nobody says another."""


class Connection(msgspec.Struct, omit_defaults=True):
    """How to authorize at an endpoint; what is secret of it is in the secret alone.

    `shown` are the parameters as DescribeConnection shows them, `token` and `token_until_ms` what the authorization
    endpoint gave last, `turn` counts changes.
    """

    name: str
    arn: str
    kind: str
    secret_arn: str
    created_ms: int
    modified_ms: int
    shown: dict[str, Any]
    state: str = "CREATING"
    reason: str = ""
    authorized_ms: int = 0
    description: str | None = None
    token: str = ""
    token_until_ms: int = 0
    turn: int = 0


class ApiDestination(msgspec.Struct, omit_defaults=True):
    """An endpoint that events are sent to, and how many of them a second."""

    name: str
    arn: str
    connection_arn: str
    endpoint: str
    method: str
    created_ms: int
    modified_ms: int
    rate_per_s: int = RATE_PER_S
    description: str | None = None


class DestinationsState(State):
    """Connections and API destinations by name; when the next invocation of each destination may be."""

    connections = table(Connection)
    destinations = table(ApiDestination)

    def opened(self) -> None:
        """Nothing was sent yet."""
        self.next_us: dict[str, int] = {}

    def connection_at(self, arn: str) -> Connection | None:
        """A connection by ARN."""
        found = self.connections.get(_name_in(arn))
        return found if found is not None and found.arn == arn else None

    def destination_at(self, arn: str) -> ApiDestination | None:
        """An API destination by ARN."""
        found = self.destinations.get(_name_in(arn))
        return found if found is not None and found.arn == arn else None


def _name_in(arn: str) -> str:
    return arn.split("/")[1] if arn.count("/") == 2 else ""
