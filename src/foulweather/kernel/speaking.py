"""How one service sends another a request in the other's own protocol, as a client would: with what it was given.

API Gateway's integrations are HTTP requests to the services' APIs, which their owners wrote; a port takes requests
that are read already. Whoever serves the world over HTTP sets `speak`; the gates are the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.ports import Ports
from foulweather.world.world import World

Speak = Callable[[Ports, str, HttpRequest], Awaitable[HttpResponse]]
"""Takes a request to a service (by its signing name) through the gates, as the ports' principal, to its answer."""


class Speaking:
    """One world's; where nobody serves it over HTTP, `speak` is None."""

    def __init__(self) -> None:
        self.speak: Speak | None = None

    @classmethod
    def of(cls, world: World) -> Speaking:
        """The world's own."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls()
        return found
