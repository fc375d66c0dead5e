"""CPU in proportion to memory, for real code in real time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from foulweather.engines.functions.environment import Environment, Spec
from foulweather.engines.functions.host import Host
from foulweather.engines.functions.outcomes import Invocation
from foulweather.world.clock import Clock

CODE = """
import time

def burn(event, context):
    ends = time.process_time() + event["cpu_s"]
    began = time.perf_counter()
    while time.process_time() < ends:
        pass
    return time.perf_counter() - began

def wait(event, context):
    began = time.perf_counter()
    for _ in range(10):
        time.sleep(0.01)
    return time.perf_counter() - began
"""


class Bench:
    """A host whose clock goes on in real time."""

    def __init__(self, code: Path) -> None:
        self.clock = Clock(1_700_000_000_000, "paced")
        self.host = Host(self.clock)
        self._code = code

    async def started(self, handler: str, memory_mib: int) -> Environment:
        spec = Spec(
            runtime="python3.11",
            memory_mib=memory_mib,
            tmp_mib=16,
            environment={"_HANDLER": handler, "PATH": "/usr/bin:/bin"},
            binds={"/var/task": str(self._code)},
        )
        environment = await self.host.start(f"{handler}-{memory_mib}", spec, print, self._sleep)
        assert (await environment.started(20)).kind == "response"
        return environment

    async def took_s(self, handler: str, memory_mib: int, cpu_s: float = 0) -> float:
        environment = await self.started(handler, memory_mib)
        payload = json.dumps({"cpu_s": cpu_s}).encode()
        outcome = await environment.invoke(Invocation("request", payload, self.clock.now_ms + 60_000, "arn"), 30)
        return json.loads(outcome.payload)

    async def _sleep(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    tmp_path.chmod(0o755)
    (tmp_path / "app.py").write_text(CODE)
    made = Bench(tmp_path)
    yield made
    made.host.close()


async def test_a_quarter_of_a_vcpu_takes_four_times_as_long(bench: Bench) -> None:
    assert 0.3 < await bench.took_s("app.burn", 442, 0.1) < 1.5


async def test_what_does_not_compute_is_not_slowed_down(bench: Bench) -> None:
    assert await bench.took_s("app.wait", 128) < 0.4


async def test_on_a_held_clock_computing_takes_no_time_so_nothing_is_stopped(bench: Bench) -> None:
    bench.clock.hold()
    environment = await bench.started("app.burn", 128)
    began_s = asyncio.get_running_loop().time()
    invocation = Invocation("request", b'{"cpu_s": 0.1}', bench.clock.now_ms + 60_000, "arn")
    assert (await environment.invoke(invocation, 30)).kind == "response"
    assert asyncio.get_running_loop().time() - began_s < 0.7
