"""The admin API in process: requests as objects, no sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.admin import Opening
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
KEY = "AKIDEXAMPLE/20260101/us-east-1"


class Server:
    """A cloud on the running loop, and its admin API."""

    def __init__(self, directory: Path | None = None, **options: Any) -> None:
        self.opening = Opening(mode="held", seed=1, start_ms=START_MS, directory=directory)
        self.cloud = Cloud(self.opening.world("default"), **options)
        self.cloud.admin.opened["default"] = self.opening
        self.cloud.start()

    @property
    def world(self) -> Any:
        return self.cloud.default.world

    async def send(self, request: HttpRequest) -> HttpResponse:
        reply = self.cloud.handle(request)
        if isinstance(reply, HttpResponse):
            return reply
        if isinstance(reply, Deferred):
            waiting: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
            already = reply.bind(waiting.set_result)
            return already if already is not None else await asyncio.wait_for(waiting, 5)
        assert isinstance(reply, Awaitable)
        return await asyncio.wait_for(reply, 5)

    async def raw(self, method: str, path: str, body: bytes = b"", **headers: str) -> HttpResponse:
        path, _, query = path.partition("?")
        if not path.startswith("/"):
            path = f"/_foulweather/{path}"
        sent = [("Host", "127.0.0.1:4566"), *headers.items()]
        return await self.send(HttpRequest(method, path, query, sent, body))

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        encoded = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = await self.raw(method, path, encoded)
        return response.status, json.loads(response.body)

    async def get(self, path: str) -> Any:
        status, told = await self.ask("GET", path)
        assert status == 200, told
        return told

    async def aws(self, service: str, action: str, key: str = "test", **parameters: str) -> HttpResponse:
        """A call in the query protocol, signed by a key that no world issued."""
        form = "&".join([f"Action={action}", *(f"{name}={value}" for name, value in parameters.items())])
        day = self.world.clock.now_ms
        from datetime import UTC, datetime

        stamp = datetime.fromtimestamp(day / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = [
            ("Host", "127.0.0.1:4566"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-Amz-Date", stamp),
            (
                "Authorization",
                f"AWS4-HMAC-SHA256 Credential={key}/{stamp[:8]}/us-east-1/{service}/aws4_request, "
                f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
            ),
        ]
        return await self.send(HttpRequest("POST", "/", "", headers, form.encode()))

    def close(self) -> None:
        self.cloud.close()
