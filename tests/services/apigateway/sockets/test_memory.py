"""What many idle clients cost."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path

import pytest

from foulweather.services.apigateway.sockets.connections import Connections
from services.apigateway.sockets.served import KEY, Chat

COUNT = 1_000
MIB_MAX = 60


def resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
async def test_a_thousand_idle_connections_take_less_than_60_mib(chat: Chat) -> None:
    chat.route("$default")
    chat.deploy()
    async with chat.peer() as peer:  # what is loaded once is loaded
        assert peer.status == 101
    gc.collect()
    before = resident_mib()
    head = (
        f"GET /prod HTTP/1.1\r\nHost: {chat.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    ).encode()
    clients: list[socket.socket] = []
    try:
        for index in range(COUNT):
            client = socket.create_connection(("127.0.0.1", chat.server.port))
            clients.append(client)
            client.sendall(head)
            if index % 50 == 49:
                await asyncio.sleep(0.01)
                await chat.aws.advance(ms=500)
        async with asyncio.timeout(20):
            while len(Connections.of(chat.aws.world)) < COUNT:
                await asyncio.sleep(0.01)
        gc.collect()
        taken = resident_mib() - before
        print(f"{taken:.1f} MiB for {COUNT} connections")
        assert taken < MIB_MAX
    finally:
        for client in clients:
            client.close()
