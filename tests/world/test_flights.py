"""Work outside that waits: what stands in its place, and how held time moves for whoever waits for it outside."""

from __future__ import annotations

import asyncio

import pytest

from foulweather.world.flights import Flight
from foulweather.world.world import World

START_MS = 1_000_000


@pytest.fixture
def world() -> World:
    return World(seed=1, mode="held", start_ms=START_MS)


async def nap(world: World, ms: int) -> None:
    """Park until an alarm rings, as calls do."""
    woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def ring() -> None:
        world.started()
        woken.set_result(None)

    world.agenda.alarm(world.clock.now_ms + ms, ring)
    world.ended()
    await woken


async def wait_for(world: World, flight: Flight, ms: int) -> None:
    """What a door does for one call of the work: in a task of its own."""

    async def asked() -> None:
        with flight.waiting():
            await nap(world, ms)

    await asyncio.create_task(asked())


async def test_work_that_waits_lets_held_time_pass_for_whoever_waits_outside(world: World) -> None:
    flight = Flight(world)
    with world.flight(), world.awaited():
        await wait_for(world, flight, 5_000)
        assert world.in_flight == 1
        await wait_for(world, flight, 7_000)
    assert world.clock.now_ms == START_MS + 12_000
    assert world.in_flight == 0


async def test_where_nobody_waits_outside_time_stands(world: World) -> None:
    flight = Flight(world)

    async def work() -> None:
        with world.flight():
            await wait_for(world, flight, 5_000)

    task = asyncio.create_task(work())
    for _ in range(20):
        await asyncio.sleep(0)
    assert (world.clock.now_ms, task.done()) == (START_MS, False)
    await world.advance_to(START_MS + 6_000)
    await task
    assert world.in_flight == 0


async def test_of_two_things_waited_for_the_first_stands_in_its_place(world: World) -> None:
    flight = Flight(world)
    with world.flight(), world.awaited():
        await asyncio.gather(wait_for(world, flight, 5_000), wait_for(world, flight, 2_000))
        assert world.in_flight == 1
    assert world.clock.now_ms == START_MS + 5_000


async def test_work_that_is_taken_back_counts_once_whatever_it_still_waits_for(world: World) -> None:
    flight = Flight(world)
    with world.flight():
        waiting = asyncio.create_task(wait_for(world, flight, 5_000))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert world.in_flight == 0
        flight.take_back()
        assert world.in_flight == 1
        await world_moves(world, START_MS + 5_000)
        await waiting
        assert world.in_flight == 1
    assert world.in_flight == 0


async def world_moves(world: World, when_ms: int) -> None:
    """Ring what is due by a time, whatever is in flight."""
    world.clock.move_to(when_ms)
    world.run_due()
