from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from loopback import serving
from services.apigateway.http.opened import Backend, Shop
from services.apigateway.rest.served import Web


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[Shop]:
    """A server with an HTTP API in front of a backend."""
    backend = Backend()
    async with serving(backend.app) as server:
        backend.port = server.port
        web = Web()
        yield Shop(web, backend)
        web.cloud.close()
