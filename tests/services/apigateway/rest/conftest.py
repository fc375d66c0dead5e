from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from services.apigateway.rest.served import Web


@pytest_asyncio.fixture
async def web() -> AsyncIterator[Web]:
    """A server with one world in it."""
    found = Web()
    yield found
    found.cloud.close()
