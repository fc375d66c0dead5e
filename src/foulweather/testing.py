"""A world inside a test: boto3 clients that never touch a socket, a clock in your hands, reasons at the end.

with foulweather.world() as aws:
    queue = aws.client("sqs").create_queue(QueueName="orders")
    aws.advance("4d")

The clock is held. A call that waits (a long poll) jumps it to whatever comes next, so that a test
of a single thread never waits in real time; programs of several threads want `clock="paced"`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import asyncio

    from foulweather.engines.loop_thread import LoopThread
    from foulweather.kernel.http import HttpRequest, HttpResponse
    from foulweather.kernel.trace import Trace
    from foulweather.wire.cloud import Cloud
    from foulweather.world.journal import Event

_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
QUIET_TURNS = 5
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

__all__ = ["Aws", "duration_ms", "world"]


def duration_ms(text: str) -> int:
    """Milliseconds of `90s`, `3h`, `1d12h`, `250ms`; raises ValueError for anything else."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration: write 250ms, 90s, 5m, 3h, 2d or 1d12h")
    return sum(int(number) * _UNITS_MS[unit] for number, unit in parts)


class Aws:
    """An in-process cloud; made by `world()`."""

    def __init__(self, cloud: Cloud, thread: LoopThread, account: str, region: str, *, jumps: bool) -> None:
        self.cloud = cloud
        self.account = account
        self.region = region
        self._thread = thread
        self._jumps = jumps
        self._own: Any = None

    # --- clients

    def session(self, access_key_id: str = "", secret_access_key: str = "", session_token: str | None = None) -> Any:
        """A `boto3.Session` whose clients all live in this world (the account's root user by default)."""
        import boto3

        session: Any = boto3.Session(
            aws_access_key_id=access_key_id or self.account,
            aws_secret_access_key=secret_access_key or "test",
            aws_session_token=session_token,
            region_name=self.region,
        )
        session.events.register("before-send", self._send)
        return session

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client as the account's root user."""
        return self._session().client(service, **options)

    def resource(self, service: str, **options: Any) -> Any:
        """A boto3 resource as the account's root user."""
        return self._session().resource(service, **options)

    def _session(self) -> Any:
        """The root user's session: a session loads models anew, so one is made for all clients."""
        if self._own is None:
            self._own = self.session()
        return self._own

    # --- time

    @property
    def now_ms(self) -> int:
        """The world's time."""
        return self.cloud.default.world.clock.now_ms

    def advance(self, by: str | int) -> None:
        """Move the clock by a duration (`"3h"`) or by milliseconds; what is due happens in order."""
        by_ms = duration_ms(by) if isinstance(by, str) else by
        driver = self.cloud.default.driver
        assert driver is not None
        self._thread.run(driver.advance_to(self.now_ms + by_ms))

    # --- reasons

    def why(self, request_id: str = "") -> Trace | None:
        """The trace of a request, or of what went wrong last: hops, and the tree of reasons."""
        from foulweather.kernel.trace import Traces

        traces = self.cloud.default.world.state(Traces)
        return self._thread.call(lambda: traces.find(request_id) if request_id else traces.last_wrong())

    def events(self, kind: str = "") -> list[Event]:
        """The journal's events, of one kind if given."""
        journal = self.cloud.default.world.journal
        return self._thread.call(lambda: [event for event in journal if not kind or event.kind == kind])

    # --- the edge

    def _send(self, request: Any, **_: Any) -> Any:
        """Stand in for botocore's socket."""
        from botocore.awsrequest import AWSResponse
        from botocore.exceptions import ConnectionClosedError

        from foulweather.wire.app import NoAnswer

        answer = self._thread.run(self._serve(_from_botocore(request)))
        if isinstance(answer, NoAnswer):
            raise ConnectionClosedError(endpoint_url=request.url)
        return AWSResponse(
            request.url, answer.status, _Headers(answer.headers), _Raw(b"" if request.method == "HEAD" else answer.body)
        )

    async def _serve(self, request: HttpRequest) -> HttpResponse:
        import asyncio

        from foulweather.kernel.http import HttpResponse
        from foulweather.wire.app import Deferred

        reply = self.cloud.handle(request)
        if isinstance(reply, Deferred):
            delivered: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
            early = reply.bind(delivered.set_result)
            return early if early is not None else await delivered
        if isinstance(reply, HttpResponse):
            return reply
        answering: asyncio.Future[HttpResponse] = asyncio.ensure_future(reply)
        while not answering.done():
            await asyncio.wait({answering}, timeout=0)
            if answering.done():
                break
            if self._jumps:
                await self._jump(answering)
            else:
                await asyncio.wait({answering}, timeout=0.05)
        return answering.result()

    async def _jump(self, answering: asyncio.Future[HttpResponse]) -> None:
        """Everybody waits: go to whatever comes next. An answer that is on its way, or owed a commit, comes first."""
        import asyncio

        world = self.cloud.default.world
        for _ in range(QUIET_TURNS):
            await asyncio.sleep(0)
            if answering.done() or world.in_flight or world.store.is_dirty:
                return
        next_ms = world.agenda.next_ms()
        if next_ms is not None:
            await world.advance_to(next_ms)


@contextmanager
def world(
    *,
    clock: Literal["held", "paced"] = "held",
    seed: int | None = None,
    account: str = "000000000000",
    region: str = "us-east-1",
    start_ms: int | None = None,
    data_dir: Path | None = None,
    strict: bool = False,
) -> Generator[Aws, None, None]:
    """Open a world in this process; boto3 clients from it never touch a socket."""
    from foulweather.engines.loop_thread import LoopThread
    from foulweather.wire.cloud import Cloud
    from foulweather.world.world import World

    opened = World(seed=seed, mode=clock, start_ms=start_ms, directory=data_dir)
    thread = LoopThread()
    cloud = Cloud(opened, is_strict=strict)
    thread.call(cloud.start)
    try:
        yield Aws(cloud, thread, account, region, jumps=clock == "held")
    finally:
        thread.call(cloud.close)
        thread.stop()


def _from_botocore(request: Any) -> HttpRequest:
    from urllib.parse import urlsplit

    from foulweather.kernel.http import HttpRequest

    url = urlsplit(str(request.url))
    headers: list[tuple[str, str]] = [
        (key, value.decode() if isinstance(value, bytes) else str(value)) for key, value in request.headers.items()
    ]
    if not any(key.lower() == "host" for key, _ in headers):
        headers.append(("Host", url.netloc))
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = body.read()
    return HttpRequest(request.method, url.path or "/", url.query, headers, body, tls=url.scheme == "https")


class _Headers(dict[str, str]):
    """Response headers as botocore reads them: without regard to case."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__({key.lower(): value for key, value in headers})

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return super().__contains__(str(key).lower())


class _Raw:
    """A response body as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        self._body = b""


try:  # the pytest plugin, where pytest is there
    import pytest
except ImportError:  # pragma: no cover
    pass
else:

    @pytest.fixture
    def foulweather_world() -> Iterator[Aws]:
        """An in-process world with a held clock; on failure the last reason is in the test's output."""
        with world() as aws:
            yield aws
            trace = aws.why()
            if trace is not None:
                import msgspec

                print("foulweather, what went wrong last:", json.dumps(msgspec.to_builtins(trace), indent=2))
