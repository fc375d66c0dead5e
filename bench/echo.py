"""The floor: a bare asyncio protocol on httptools and uvloop that parses JSON and answers it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httptools
import orjson
import uvloop


class Echo(asyncio.Protocol):
    """Reads a request, parses its body, answers a few bytes of JSON."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.body = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        size = len(orjson.loads(self.body)) if self.body[:1] == b"{" else len(self.body)
        answer = orjson.dumps({"size": size})
        self.body = b""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)
        )


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
