"""The daemon's protocol: X-Ray's SDKs send each segment in one datagram, after a line that says so.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.policy import principal as principals
from foulweather.services.xray.limits import ACCOUNT, REGION

ADDRESS = ("127.0.0.1", 2000)


class Daemon(asyncio.DatagramProtocol):
    """Puts what it is sent, as the root user of the default account; nobody is answered."""

    def __init__(self, pipeline: Callable[[], Pipeline]) -> None:
        self._pipeline = pipeline
        self._running: set[asyncio.Future[None]] = set()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Take one segment; what has no such line is none."""
        head, _, document = data.partition(b"\n")
        if b'"format"' not in head or not document.strip():
            return
        pipeline = self._pipeline()
        call = Call(pipeline, "xray", "PutTraceSegments", ACCOUNT, REGION, principals.root(ACCOUNT))
        request = {"TraceSegmentDocuments": [document.decode("utf-8", "replace")]}
        with suppress(AwsError):  # the refusal is on record with its call
            answer = pipeline.run(call, pipeline.services.operation("xray", "PutTraceSegments"), request)
            if inspect.isawaitable(answer):
                task = asyncio.ensure_future(_waited(answer))
                self._running.add(task)
                task.add_done_callback(self._running.discard)


async def _waited(answer: Awaitable[Any]) -> None:
    with suppress(AwsError):
        await answer
