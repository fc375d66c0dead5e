"""How a request that a service sends over HTTP finds the world's own hosts: other APIs, function URLs, buckets, queues.

Whoever serves the world over HTTP sets `ask`; what it answers passes the same front door as a client's request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.world.world import World

ADMIN_PATHS = ("/_foulweather", "/_localstack")
"""What the server's own API is under: no request that a service sends may go there."""
Ask = Callable[[Call, HttpRequest], Awaitable[HttpResponse] | None]
"""Answers a request (its `Host` says whose) that is sent on a call's behalf; None where the host is not the world's."""


class Refused(Exception):
    """The host is the world's, and takes no connection of this kind; the message says why."""


class Looped(Exception):
    """The request has come back to the world too often to go on; the message says how often."""


class OwnHosts:
    """One world's; where nobody serves it over HTTP, `ask` is None."""

    def __init__(self) -> None:
        self.ask: Ask | None = None

    @classmethod
    def of(cls, world: World) -> OwnHosts:
        """The world's own."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls()
        return found
