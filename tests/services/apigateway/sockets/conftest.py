from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from services.apigateway.sockets.served import Chat


@pytest_asyncio.fixture
async def chat() -> AsyncIterator[Chat]:
    """A server with a WebSocket API in it."""
    found = Chat()
    await found.server.start()
    yield found
    await found.server.stop(0.2)
    found.cloud.close()
