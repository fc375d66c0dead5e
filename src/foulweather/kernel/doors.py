"""How what runs inside a world (a function, a task) reaches that world's API: by doors that the front end opens."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

from foulweather.world.flights import Flight
from foulweather.world.world import World

Close = Callable[[], None]
Open = Callable[[socket.socket, Flight], Awaitable[Close]]
"""Serves the world's API on a listening socket to work that is in flight; what it gives ends that."""


class Doors:
    """One world's; whoever serves the world sets `open`. Where nobody does, what runs inside reaches nothing."""

    def __init__(self) -> None:
        self.open: Open | None = None

    @classmethod
    def of(cls, world: World) -> Doors:
        """The world's own."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls()
        return found
