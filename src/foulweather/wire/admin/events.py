"""The journal of a world as JSON lines, once or as it goes on."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from foulweather.kernel.http import HttpResponse
from foulweather.wire.admin.asking import Asked, Endpoint
from foulweather.world.journal import Event

if TYPE_CHECKING:
    from foulweather.wire.admin.front import Admin
    from foulweather.wire.hosting import Hosted

QUEUED_EVENTS_MAX = 10_000
LINES_PER_CHUNK = 500
SEQ_MAX = 1 << 62


class Lost(msgspec.Struct, frozen=True):
    """A line that stands for events which a follower was too slow to be told."""

    lost: int


class Wanted(msgspec.Struct, frozen=True):
    """Which events somebody wants; patterns with `*`."""

    kind: str
    resource: str
    since: int

    def takes(self, event: Event) -> bool:
        """Whether an event is one of them."""
        return (
            event.seq > self.since
            and (not self.kind or fnmatchcase(event.kind, self.kind))
            and (not self.resource or fnmatchcase(event.resource, self.resource))
        )


def events(asked: Asked) -> HttpResponse:
    """The events that the journal holds; with `follow`, then those that happen, until the client goes."""
    hosted = asked.hosted
    query = asked.query
    wanted = Wanted(query.get("kind", ""), query.get("resource", ""), asked.count("since", 0, SEQ_MAX))
    held = [event for event in hosted.world.journal if wanted.takes(event)]
    limit = asked.count("limit", len(held), SEQ_MAX)
    held = held[len(held) - min(limit, len(held)) :]
    if asked.flag("follow"):
        stream = _followed(held, Follower(asked.admin, hosted, wanted))
    else:
        stream = _chunks(held)
    return HttpResponse(200, [("Content-Type", "application/x-ndjson")], stream=stream)


class Follower:
    """One client that follows a journal: the events that it has not been sent yet, up to a number."""

    def __init__(self, admin: Admin, hosted: Hosted, wanted: Wanted) -> None:
        self._admin = admin
        self._wanted = wanted
        self._queue: deque[Event] = deque()
        self._lost = 0
        self._wake = asyncio.Event()
        self._is_over = False
        self._unfollow = hosted.world.journal.follow(self._take)
        admin.followers[self.stop] = hosted

    def stop(self) -> None:
        """Be told nothing more; the stream ends."""
        if not self._is_over:
            self._is_over = True
            self._unfollow()
            del self._admin.followers[self.stop]
        self._wake.set()

    async def lines(self) -> AsyncIterator[bytes]:
        """Chunks of lines, as events come."""
        while True:
            while self._queue:
                count = min(len(self._queue), LINES_PER_CHUNK)
                yield _lines([self._queue.popleft() for _ in range(count)])
            if self._lost:
                lost, self._lost = self._lost, 0
                yield msgspec.json.encode(Lost(lost)) + b"\n"
            if self._is_over:
                return
            self._wake.clear()
            await self._wake.wait()

    def _take(self, event: Event) -> None:
        if not self._wanted.takes(event):
            return
        if len(self._queue) >= QUEUED_EVENTS_MAX:
            self._lost += 1
        else:
            self._queue.append(event)
        self._wake.set()


async def _chunks(held: list[Event]) -> AsyncIterator[bytes]:
    for first in range(0, len(held), LINES_PER_CHUNK):
        yield _lines(held[first : first + LINES_PER_CHUNK])


async def _followed(held: list[Event], follower: Follower) -> AsyncIterator[bytes]:
    try:
        async for chunk in _chunks(held):
            yield chunk
        async for chunk in follower.lines():
            yield chunk
    finally:
        follower.stop()


def _lines(some: list[Event]) -> bytes:
    return b"".join([msgspec.json.encode(event, enc_hook=str) + b"\n" for event in some])


ENDPOINTS = (
    Endpoint(
        "GET",
        "events",
        events,
        "The journal, one event a line; `follow` goes on until the client goes, `since` begins after a seq",
        Event,
        query=("world", "follow", "kind", "resource", "since", "limit"),
        further_lines=(Lost,),
    ),
)
