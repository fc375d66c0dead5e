"""Drives one server over raw sockets and reads what its processes spent."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Figures(NamedTuple):
    """One round: CPU of the server and rate of the requests."""

    cpu_us: float
    rps: float
    errors: int


class Answer(NamedTuple):
    """A response: status and body."""

    status: int
    body: bytes


Answered = Callable[[Answer], bytes | None]
"""Given an answer, the next request of the same turn, or None."""


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def cpu_s(pid: int) -> float:
    """User and system seconds that a process and its descendants have spent."""
    ticks = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / CLOCK_TICKS


def memory_mib(pid: int) -> float:
    """Resident memory of a process and its descendants."""
    pages = 0
    for one in tree(pid):
        try:
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * PAGE_BYTES / (1 << 20)


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> Connection:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        return self

    async def ask(self, request: bytes) -> Answer:
        """Send one request and read its answer; a closed connection is opened again."""
        try:
            self.writer.write(request)
            return await self._answer()
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.open()
            self.writer.write(request)
            return await self._answer()

    async def _answer(self) -> Answer:
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            length = int(lower[at + 15 : lower.index(b"\r", at)])
            body = await self.reader.readexactly(length)
            if b"connection: close" in lower:
                self.writer.close()
                await self.open()
            return Answer(status, body)
        if b"transfer-encoding: chunked" in lower:
            body = b""
            while True:
                size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
                body += (await self.reader.readexactly(size + 2))[:-2]
                if not size:
                    return Answer(status, body)
        return Answer(status, b"")

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


async def drive(
    port: int, pid: int, first: Callable[[], bytes], then: Answered | None, connections: int, seconds: float
) -> Figures:
    """Send turns (one request, and what follows from its answer) over some connections for some seconds."""
    opened = [await Connection(port).open() for _ in range(connections)]
    count = errors = 0
    ends = time.perf_counter() + seconds

    async def turn_after_turn(connection: Connection) -> None:
        nonlocal count, errors
        while time.perf_counter() < ends:
            request: bytes | None = first()
            while request is not None:
                answer = await connection.ask(request)
                count += 1
                if answer.status != 200:
                    errors += 1
                    break
                request = then(answer) if then is not None else None

    before, started = cpu_s(pid), time.perf_counter()
    await asyncio.gather(*(turn_after_turn(connection) for connection in opened))
    took = time.perf_counter() - started
    spent = cpu_s(pid) - before
    for connection in opened:
        connection.close()
    return Figures(spent / max(count, 1) * 1e6, count / took, errors)
