"""The door by which what runs inside a world calls its API: of that world alone, and never the admin API."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from foulweather.kernel.doors import Close
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Admission, Reply
from foulweather.wire.connection import Connection
from foulweather.wire.guard import ADMIN_PATHS
from foulweather.wire.responses import plain
from foulweather.wire.server import Server

if TYPE_CHECKING:
    from foulweather.wire.cloud import Cloud


class Inside:
    """The application behind the doors of one world; `cloud` hosts that world and no other."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._server = Server(self, lambda: cloud.default.world.clock.now_ms)

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        """As the cloud admits, but for the admin API."""
        return plain(403) if head.path.startswith(ADMIN_PATHS) else self._cloud.admit(head)

    def handle(self, request: HttpRequest) -> Reply:
        """As the cloud answers, but for the admin API."""
        return plain(403) if request.path.startswith(ADMIN_PATHS) else self._cloud.handle(request)

    async def open(self, listener: socket.socket) -> Close:
        """Serve on a listening socket."""
        listener.setblocking(False)
        server = self._server
        server.watch()
        opened = await asyncio.get_running_loop().create_server(lambda: Connection(server), sock=listener)
        return opened.close
