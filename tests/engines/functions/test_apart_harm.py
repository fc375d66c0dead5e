"""What a function can do to itself and to nobody else."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from engines.functions.apart import Rooms
from foulweather.engines.functions.environment import Environment
from foulweather.engines.process_tree import Tree


@pytest_asyncio.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    made = Rooms(tmp_path)
    yield made
    made.host.close()


async def is_gone(pid: int) -> bool:
    """Whether a process is no more, or soon."""
    for _ in range(100):
        if not os.path.exists(f"/proc/{pid}/exe"):
            return True
        await asyncio.sleep(0.05)
    return False


async def ended(rooms: Rooms, environment: Environment) -> bool:
    """End an environment: whether nothing is left of it."""
    pids = Tree(environment.pid).members()
    rooms.host.end(environment)
    return all([await is_gone(pid) for pid in pids])


async def test_a_fork_bomb_leaves_others_their_processes(rooms: Rooms) -> None:
    code = """
    import os, signal, time
    forked = 0
    while True:
        try:
            if os.fork() == 0:
                while True:
                    signal.pause()
            forked += 1
        except OSError:
            open("/tmp/full", "w").write(str(forked))
            time.sleep(0.5)
    """
    bomb, other = await rooms.start(memory_mib=10_000), await rooms.start()
    exploding = asyncio.ensure_future(rooms.tell(bomb, code, limit_s=6))
    await asyncio.sleep(4)
    forking = "import subprocess\nfound = [subprocess.run(['true']).returncode for _ in range(3)]"
    assert await rooms.found(other, forking) == [0, 0, 0]
    assert await rooms.found(await rooms.start(), forking) == [0, 0, 0]
    assert (await exploding).kind == "timeout"
    assert 100 < len(Tree(bomb.pid).members()) <= 1030
    began = time.monotonic()
    rooms.host.end(bomb)
    assert time.monotonic() - began < 0.5
    assert await is_gone(bomb.pid)


async def test_a_flood_that_never_ends_holds_nobody_up(rooms: Rooms) -> None:
    other = await rooms.start()
    flooding = await rooms.start()
    assert await rooms.found(flooding, "import subprocess\nsubprocess.Popen(['yes'])\nfound = 1") == 1
    longest = 0.0
    for _ in range(20):
        began = time.monotonic()
        assert await rooms.found(other, "found = 2") == 2
        longest = max(longest, time.monotonic() - began)
    assert longest < 1
    assert await ended(rooms, flooding)


async def test_a_line_that_never_ends_is_not_kept_in_memory(rooms: Rooms) -> None:
    code = """
    import os
    for _ in range(64):
        os.write(1, b"x" * (1 << 20))
    found = 1
    """
    assert await rooms.found(await rooms.start(), code) == 1
    assert sum(map(len, rooms.printed)) >= 63 << 20
    assert max(map(len, rooms.printed)) <= 1 << 18


async def test_one_that_eats_memory_fast_is_killed_and_its_neighbour_is_not(rooms: Rooms) -> None:
    other = await rooms.start()
    code = """
    import os
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)))
    """
    greedy = await rooms.start()
    outcome = await rooms.tell(greedy, code)
    assert (outcome.kind, outcome.exit_words) == ("memory", "signal: killed")
    assert greedy.memory_bytes_peak < 1 << 30
    assert await rooms.found(other, "found = 1") == 1


async def test_what_processes_share_counts_once(rooms: Rooms) -> None:
    code = """
    import os, signal
    held = bytearray(100 << 20)
    pids = []
    for _ in range(8):
        pid = os.fork()
        if pid == 0:
            signal.pause()
        pids.append(pid)
    import time
    time.sleep(0.3)
    found = [os.kill(pid, 9) for pid in pids] and len(held)
    """
    assert await rooms.found(await rooms.start(), code) == 100 << 20


async def test_one_that_ignores_every_signal_ends_with_its_environment(rooms: Rooms) -> None:
    code = """
    import os, signal
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
    while True:
        pass
    """
    stubborn = await rooms.start()
    assert (await rooms.tell(stubborn, code, limit_s=0.5)).kind == "timeout"
    assert await ended(rooms, stubborn)


async def test_connections_without_end_use_up_none_but_its_own(rooms: Rooms) -> None:
    code = """
    import socket
    held = []
    try:
        while True:
            held.append(socket.create_connection(("127.0.0.1", 9001), 2))
    except OSError:
        pass
    found = len(held)
    """
    before = len(os.listdir("/proc/self/fd"))
    hoarder = await rooms.start()
    await rooms.tell(hoarder, code, limit_s=5)
    assert len(os.listdir("/proc/self/fd")) - before < 300
    assert await rooms.found(await rooms.start(), "found = 1") == 1


async def test_fifty_at_once_lose_and_double_no_answer(rooms: Rooms) -> None:
    count, rounds = 50, 6
    environments = [await rooms.start() for _ in range(count)]
    code = "import os\nfound = [os.getpid(), {0}]\nopen('/tmp/seen', 'a').write('{0} ')"

    async def ask(number: int) -> list[int]:
        return [
            (await rooms.found(environments[number], code.format(number * 1000 + turn)))[1] for turn in range(rounds)
        ]

    answers = await asyncio.gather(*map(ask, range(count)))
    assert answers == [[number * 1000 + turn for turn in range(rounds)] for number in range(count)]
    for number, environment in enumerate(environments):
        seen = await rooms.found(environment, "found = open('/tmp/seen').read().split()")
        assert seen == [str(number * 1000 + turn) for turn in range(rounds)]
