"""An API of AWS's JSON protocol over one socket, one request after the other: as lean as a client can be."""

from __future__ import annotations

import asyncio
import datetime
import json
from typing import Any


class Refused(Exception):
    """What the server answered instead."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer)
        self.code = str(answer.get("__type", "")).rpartition("#")[2]


class JsonConnection:
    """HTTP/1.1 to a server; `target` is what the service's operations are named under (`AmazonSQS`)."""

    def __init__(self, port: int, service: str, target: str) -> None:
        self._port = port
        self._service = service
        self._target = target
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        """The answer to a request; raises Refused."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = json.dumps(request).encode()
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        head = [
            "POST / HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Content-Type: application/x-amz-json-1.0",
            f"X-Amz-Target: {self._target}.{operation}",
            f"X-Amz-Date: {stamp}",
            f"Content-Length: {len(body)}",
            f"Authorization: AWS4-HMAC-SHA256 Credential=test/{stamp[:8]}/us-east-1/{self._service}/aws4_request, "
            f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}",
        ]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        answered = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(answered.partition("content-length:")[2].partition("\r\n")[0])
        answer = json.loads(await reader.readexactly(size))
        if not answered.startswith("http/1.1 200"):
            raise Refused(answer)
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
