"""Takes in large bodies: hashed and written in threads, while the next pieces arrive on the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from typing import Protocol

WINDOW_BYTES = 1 << 20
THREADS = 2


class Hash(Protocol):
    """A hash or checksum under way."""

    def update(self, data: bytes, /) -> None:
        """Take in the next piece."""
        ...


@cache
def _pool() -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(THREADS, thread_name_prefix="intake")


async def take_in(
    pieces: AsyncIterator[bytes],
    write: Callable[[bytes], None],
    hashes: Mapping[str, Hash],
    check_size: Callable[[int], None] = lambda size: None,
) -> int:
    """Write every piece and feed it to every hash; the number of bytes.

    `check_size` may raise when told how many bytes have come so far. Whatever is raised, no thread
    works on `write` or the hashes any more when this ends.
    """
    pool = _pool()
    # The slowest hash has a thread to itself.
    slow = [each for name, each in hashes.items() if name == "MD5"]
    rest = [each for name, each in hashes.items() if name != "MD5"]
    working: list[concurrent.futures.Future[None]] = []
    window: list[bytes] = []
    size = held = 0

    def begin() -> None:
        working.append(pool.submit(_work, window, [write, *(each.update for each in rest)]))
        if slow:
            working.append(pool.submit(_work, window, [each.update for each in slow]))

    try:
        async for piece in pieces:
            size += len(piece)
            held += len(piece)
            check_size(size)
            window.append(piece)
            if held >= WINDOW_BYTES:
                await _finished(working)
                begin()
                window, held = [], 0
        await _finished(working)
        if window:
            begin()
            await _finished(working)
    finally:
        concurrent.futures.wait(working)
    return size


def _work(window: list[bytes], takers: list[Callable[[bytes], None]]) -> None:
    for take in takers:
        for piece in window:
            take(piece)


async def _finished(working: list[concurrent.futures.Future[None]]) -> None:
    """Wait for the last window's work; raises what went wrong in it (a full disk)."""
    while working:
        await asyncio.wrap_future(working[-1])
        working.pop()
