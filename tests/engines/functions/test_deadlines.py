"""Time-outs: in the world's time, and in real time for what computes while the clock is held."""

from __future__ import annotations

import asyncio

from foulweather.engines.functions import deadlines
from foulweather.engines.functions.deadlines import Deadline
from foulweather.world.driver import Driver
from foulweather.world.flights import Flight
from foulweather.world.world import World

START_MS = 1_000_000


async def test_on_a_held_clock_it_passes_when_the_clock_says_so() -> None:
    world = World(seed=1, mode="held", start_ms=START_MS)
    passed: list[int] = []
    deadline = Deadline(world, Flight(world), 900_000, lambda: passed.append(world.clock.now_ms))
    await world.advance_to(START_MS + 899_999)
    assert passed == []
    await world.advance_to(START_MS + 1_000_000)
    assert passed == [deadline.at_ms] == [START_MS + 900_000]


async def test_what_computes_on_a_held_clock_is_out_of_time_in_real_time() -> None:
    world = World(seed=1, mode="held", start_ms=START_MS)
    passed: list[int] = []
    Deadline(world, Flight(world), 1_000, lambda: passed.append(1))
    await asyncio.sleep(0.7)
    assert passed == []
    await asyncio.sleep(0.5)
    assert passed == [1]


async def test_what_waits_on_a_held_clock_is_not() -> None:
    world = World(seed=1, mode="held", start_ms=START_MS)
    passed: list[int] = []
    flight = Flight(world)
    deadline = Deadline(world, flight, 1_000, lambda: passed.append(1))
    with world.flight(), flight.waiting():
        await asyncio.sleep(1.2)
    assert passed == []
    deadline.lift()


async def test_on_a_fast_clock_code_has_a_second_of_real_time() -> None:
    world = World(seed=1, start_ms=START_MS, rate_permille=60_000)
    driver = Driver(world)
    passed: list[float] = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    Deadline(world, Flight(world), 3_000, lambda: passed.append(loop.time() - began))
    await asyncio.sleep(deadlines.GRACE_S + 0.3)
    driver.stop()
    assert len(passed) == 1
    assert passed[0] >= deadlines.GRACE_S - 0.01


async def test_one_that_is_lifted_never_passes() -> None:
    world = World(seed=1, mode="held", start_ms=START_MS)
    passed: list[int] = []
    Deadline(world, Flight(world), 10, lambda: passed.append(1)).lift()
    await world.advance_to(START_MS + 1_000)
    assert passed == []
