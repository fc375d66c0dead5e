"""HTTP servers outside AWS, for integrations to ask: they answer by the world's clock, and no socket is opened.

class Stock(Backend):
    def answer(self, asked: Asking) -> Reply: return Reply(200, {"left": 3})

lab.add(Stock(lab, "stock", host="stock.example.com", ip="…"))      # http://stock.example.com/… leads to it
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from foulweather.drilling.lab import App, Lab
from foulweather.engines.http_client import HttpClient, NotTrusted, Response, Unreachable
from foulweather.world.world import World

DROPPED_MS = 600_000
"""Nobody waits longer for a connection whose packets are thrown away."""


class Asking(NamedTuple):
    """A request as a backend sees it; names of headers are in lower case."""

    at_ms: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """An answer; `body` is written as JSON."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}


class Backend(App):
    """A server of one host name. `asked` counts requests, `answer_ms` is how long it takes, `port` is `open`, `closed`
    (refuses connections) or `dropped` (a firewall throws packets away), and `certificate` is what it shows to https.
    """

    SETTINGS = {
        "answer_ms": ("40",),
        "port": ("open", "closed", "dropped"),
        "certificate": ("valid", "expired", "self-signed", "other-name"),
    }
    RELEASABLE: tuple[str, ...] | None = ()
    GIVEN = frozenset({"port"})

    def __init__(self, lab: Lab, name: str, *, host: str, **settings: str) -> None:
        super().__init__(lab, name, **settings)
        self.host = host
        self.asked = 0

    def start(self) -> None:
        """Be there under its name."""
        super().start()
        _Hosts.of(self.lab.world).backends[self.host] = self

    def answer(self, asked: Asking) -> Reply:
        """What it answers."""
        return Reply(200, {"ok": True})

    @property
    def certificate(self) -> str:
        """What it shows: `valid`, `expired`, `self-signed` (or of an authority that nobody knows), `other-name`."""
        return self.settings["certificate"]

    def takes_ms(self, asked: Asking) -> int:
        """How long the answer takes."""
        return int(self.settings["answer_ms"])

    async def serve(self, asked: Asking, *, secure: bool = False, trusts_all: bool = False) -> Response:
        """Answer when that time of the world has come; raises what a client sees of a broken connection."""
        if self.settings["port"] == "closed" or not self.is_running:
            raise Unreachable("[Errno 111] Connection refused")
        if self.settings["port"] == "dropped":
            await _passed(self.lab.world, DROPPED_MS)
            raise Unreachable("[Errno 110] Connection timed out")
        told = _TOLD.get(self.certificate) if secure else None
        if told is not None and not (trusts_all and self.certificate == "self-signed"):
            raise NotTrusted(told.format(self.host))
        self.asked += 1
        await _passed(self.lab.world, self.takes_ms(asked))
        status, body, headers = self.answer(asked)
        content = b"" if body is None else json.dumps(body).encode()
        fields = {"Content-Type": "application/json", **headers}
        return Response(status, {k.lower(): v for k, v in fields.items()}, content, tuple(fields.items()))


# "API Gateway still performs basic certificate validation, which includes checking the certificate's expiration date,
# hostname": https://docs.aws.amazon.com/apigateway/latest/api/API_TlsConfig.html
_TOLD = {
    "expired": "certificate verify failed: certificate has expired",
    "self-signed": "certificate verify failed: self-signed certificate",
    "other-name": "certificate verify failed: Hostname mismatch, certificate is not valid for '{}'",
}


class _Hosts(HttpClient):
    """What services ask HTTP with: the backends of the lab by name, and the machine's own sockets for all else."""

    def __init__(self) -> None:
        super().__init__()
        self.backends: dict[str, Backend] = {}

    @classmethod
    def of(cls, world: World) -> _Hosts:
        found = world.attached.get(HttpClient)
        if not isinstance(found, cls):
            found = world.attached[HttpClient] = cls()
        return found

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, **options: Any
    ) -> Response:
        """Send a request to a backend of the lab, or wherever else it is for."""
        parts: SplitResult = urlsplit(url)
        backend = self.backends.get(parts.hostname or "")
        if backend is None:
            return await super().send(method, url, headers, body, **options)
        named = {name.lower(): value for name, value in headers}
        asked = Asking(backend.lab.now_ms, method, parts.path or "/", parts.query, named, body)
        return await backend.serve(asked, secure=parts.scheme == "https", trusts_all=bool(options.get("trusts_all")))


async def _passed(world: World, ms: int) -> None:
    """Let the world's time pass, for somebody who is in flight."""
    if ms <= 0:
        return
    woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not woken.done():
            world.started()
            woken.set_result(None)

    alarm = world.agenda.alarm(world.clock.now_ms + ms, wake)
    world.ended()
    try:
        await woken
    except asyncio.CancelledError:
        if not woken.done() or woken.cancelled():
            world.agenda.cancel(alarm)
            world.started()
        raise


def to_backend(url: str, method: str = "GET", **integration: Any) -> dict[str, Any]:
    """A method as OpenAPI has it, with an HTTP server behind it that gets the request as it is."""
    passed = {"type": "http_proxy", "httpMethod": method, "uri": url, **integration}
    return {"responses": {}, "x-amazon-apigateway-integration": passed}
