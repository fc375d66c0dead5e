"""What a connection of EventBridge adds to a request: other services ask, events answers (its `credentials.py`).

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.policy.principal import Principal

Pairs = Sequence[tuple[str, str]]


class Added(NamedTuple):
    """Headers, query parameters and members of the body, in the connection's order."""

    headers: Pairs = ()
    query: Pairs = ()
    body: Pairs = ()


class Connections(Protocol):
    """Connections, as a service uses them that sends requests of its own."""

    async def retrieve(self, call: Call, principal: Principal, arn: str) -> Added:
        """What a connection adds, for a principal that may retrieve its credentials and read its secret.

        An AwsError says why not by its code: AccessDenied, AuthInProgress, InvalidConnectionState, ResourceNotFound.
        """
        ...

    def reject(self, call: Call, arn: str) -> None:
        """An endpoint did not take a token: the next request gets another one."""
        ...


def of(call: Call) -> Connections:
    """Who answers for the connections of a call's world."""
    services = call.pipeline.services
    events = services.find("events")
    found = None if events is None else services.part_or_none(events, "credentials")
    if found is None:
        raise not_implemented("events", "RetrieveConnectionCredentials")
    return cast(Connections, found)
