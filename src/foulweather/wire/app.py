"""What the HTTP front end asks of the application behind it, and the limits it works under."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from foulweather.kernel.http import HttpRequest, HttpResponse


class Limits(msgspec.Struct, frozen=True):
    """The sizes, counts and real-world time-outs that protect one listener."""

    header_bytes_max: int = 65_536
    headers_max: int = 200
    target_bytes_max: int = 16_384
    buffered_body_bytes_max: int = 1_048_576
    body_bytes_max: int = 5 * 1024**3 + 1024**2
    stream_window_bytes: int = 262_144
    pipelined_requests_max: int = 64
    connections_max: int = 20_000
    header_timeout_s: float = 20.0
    body_timeout_s: float = 30.0
    body_bytes_per_s_min: int = 256
    idle_timeout_s: float = 120.0
    write_timeout_s: float = 60.0
    linger_s: float = 2.0
    linger_bytes_max: int = 16 * 1024**2


class Admission(msgspec.Struct, frozen=True):
    """How the body of an admitted request is taken in.

    `buffer_bytes_max` of None means the listener's own `buffered_body_bytes_max`; a larger body is
    answered with `too_large`, or with a plain 413.
    """

    stream: bool = False
    buffer_bytes_max: int | None = None
    too_large: HttpResponse | None = None


BUFFER = Admission()
STREAM = Admission(stream=True)


class Deferred:
    """An answer that is owed: `deliver` sends it, once, from the event loop; no task, no future.

    `gone`, if given, is called once when nobody waits for the answer any more (the client closed,
    the server stops); it marks an answer that may be long in coming, such as a long poll's.
    """

    __slots__ = ("_delivered", "_response", "_take", "gone")

    def __init__(self, gone: Callable[[], None] | None = None) -> None:
        self.gone = gone
        self._take: Callable[[HttpResponse], None] | None = None
        self._response: HttpResponse | None = None
        self._delivered = False

    def deliver(self, response: HttpResponse) -> None:
        """Send the answer that was owed; to a client that has gone, nothing."""
        if self._delivered:
            raise RuntimeError("this answer was delivered before")
        self._delivered = True
        take = self._take
        if take is None:
            self._response = response
        else:
            self._take = None
            take(response)

    def bind(self, take: Callable[[HttpResponse], None]) -> HttpResponse | None:
        """Tell where the answer goes; the answer itself if it has already been delivered."""
        if self._response is None:
            self._take = take
        return self._response

    def abandon(self) -> None:
        """Nobody waits any more."""
        gone, self.gone = self.gone, None
        self._take = _nobody
        if gone is not None and not self._delivered:
            gone()


def _nobody(response: HttpResponse) -> None:
    """Where the answer to a client that has gone is delivered."""


class NoAnswer(HttpResponse):
    """What is sent in place of an answer when a connection breaks: nothing. It closes, or is reset."""

    __slots__ = ("is_reset",)

    def __init__(self, *, is_reset: bool) -> None:
        super().__init__(0, [])
        self.is_reset = is_reset


Reply = HttpResponse | Deferred | Awaitable[HttpResponse]


class App(Protocol):
    """What answers requests."""

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        """Say, before its body is read, how a request with a body is taken in; or refuse it."""
        ...

    def handle(self, request: HttpRequest) -> Reply:
        """Answer a request: at once if possible, else by a `Deferred` or an awaitable.

        An awaitable is cancelled when its client goes away; what must finish shields itself.
        """
        ...
