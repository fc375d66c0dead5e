"""What runs inside a world reaches that world's API by its door, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from foulweather.kernel.doors import Doors
from foulweather.wire.cloud import Cloud
from foulweather.world.flights import Flight
from foulweather.world.world import World

SIGNED = (
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20231114/us-east-1/sqs/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
    "X-Amz-Date: 20231114T221320Z",
    "Content-Type: application/x-amz-json-1.0",
)


class Door:
    """The door of a world that is not the server's first."""

    def __init__(self, port: int, inner: World) -> None:
        self.port = port
        self.inner = inner

    async def ask(self, first: str, *headers: str, body: bytes = b"") -> str:
        """The head of the answer, in lower case."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{first} HTTP/1.1", "Host: 127.0.0.1:4566", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        writer.close()
        return head


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    cloud = Cloud(World(name="outside"))
    cloud.start()
    inner = World(name="inner", start_ms=1_700_000_000_000, mode="held")
    cloud.add(inner)
    listener = socket.create_server(("127.0.0.1", 0))
    opened = Doors.of(inner).open
    assert opened is not None
    close = await opened(listener, Flight(inner))
    yield Door(listener.getsockname()[1], inner)
    close()
    cloud.close()


async def test_the_api_of_that_world_answers(door: Door) -> None:
    target = "X-Amz-Target: AmazonSQS.CreateQueue"
    head = await door.ask("POST /", *SIGNED, target, body=b'{"QueueName":"q"}')
    assert head.startswith("http/1.1 200")
    assert [event.resource for event in door.inner.journal if event.kind == "sqs.QueueCreated"] == [
        "arn:aws:sqs:us-east-1:000000000000:q"
    ]


@pytest.mark.parametrize("path", ["/_foulweather/health", "/_foulweather/worlds", "/_localstack/health"])
async def test_the_admin_api_does_not(door: Door, path: str) -> None:
    assert (await door.ask(f"GET {path}")).startswith("http/1.1 403")
    assert (await door.ask(f"POST {path}", body=b"{}")).startswith("http/1.1 403")
