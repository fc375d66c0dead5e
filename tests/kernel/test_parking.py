"""Calls that wait."""

from __future__ import annotations

import asyncio

from foulweather.kernel.parking import Parking
from foulweather.kernel.pipeline import Pipeline
from kernel.toy_world import new_call, new_pipeline


def parked(pipeline: Pipeline, parking: Parking, until_ms: int, told: list[str], name: str) -> asyncio.Task[None]:
    """A call in flight that waits, and tells how it ended."""
    call = new_call(pipeline, "sqs", "ReceiveMessage")

    async def wait() -> None:
        pipeline.world.started()
        try:
            woken = await parking.wait(call, until_ms)
            told.append(f"{name} {'woken' if woken else 'gave up'} at {call.now}")
        finally:
            pipeline.world.ended()

    return asyncio.ensure_future(wait())


async def test_the_first_that_wait_are_woken_first() -> None:
    pipeline, parking, told = new_pipeline(), Parking(), list[str]()
    tasks = [parked(pipeline, parking, 9_000, told, name) for name in "abc"]
    await asyncio.sleep(0)
    assert len(parking) == 3
    assert pipeline.world.in_flight == 0
    parking.wake(2)
    assert pipeline.world.in_flight == 2, "held time waits for those that were woken"
    await asyncio.wait(tasks[:2])
    assert told == ["a woken at 0", "b woken at 0"]
    parking.wake()
    parking.wake()
    await tasks[2]
    assert (len(parking), pipeline.world.in_flight) == (0, 0)
    assert pipeline.world.agenda.next_ms() is None


async def test_who_waits_gives_up_at_that_millisecond() -> None:
    pipeline, parking, told = new_pipeline(), Parking(), list[str]()
    tasks = [parked(pipeline, parking, ms, told, str(ms)) for ms in (3_000, 2_000)]
    await asyncio.sleep(0)
    await pipeline.world.advance_to(1_999)
    assert told == []
    await pipeline.world.advance_to(2_000)
    await asyncio.wait({tasks[1]})
    assert told == ["2000 gave up at 2000"]
    await pipeline.world.advance_to(50_000)
    await asyncio.wait(tasks)
    assert told[1:] == ["3000 gave up at 3000"]
    assert (len(parking), pipeline.world.in_flight) == (0, 0)


async def test_a_wake_skips_who_has_given_up() -> None:
    pipeline, parking, told = new_pipeline(), Parking(), list[str]()
    first = parked(pipeline, parking, 1_000, told, "a")
    second = parked(pipeline, parking, 9_000, told, "b")
    await asyncio.sleep(0)
    pipeline.world.clock.move_to(1_000)
    pipeline.world.run_due()
    parking.wake()
    await asyncio.wait({first, second})
    assert told == ["a gave up at 1000", "b woken at 1000"]
    assert pipeline.world.in_flight == 0


async def test_who_is_cancelled_is_gone() -> None:
    pipeline, parking, told = new_pipeline(), Parking(), list[str]()
    first = parked(pipeline, parking, 9_000, told, "a")
    second = parked(pipeline, parking, 9_000, told, "b")
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    assert (len(parking), pipeline.world.in_flight) == (1, 0)
    parking.wake()
    await second
    assert told == ["b woken at 0"]
    assert pipeline.world.in_flight == 0
    assert pipeline.world.agenda.next_ms() is None


async def test_a_wake_for_who_is_cancelled_before_it_goes_on_is_the_nexts() -> None:
    pipeline, parking, told = new_pipeline(), Parking(), list[str]()
    first = parked(pipeline, parking, 9_000, told, "a")
    second = parked(pipeline, parking, 9_000, told, "b")
    await asyncio.sleep(0)
    parking.wake()
    first.cancel()
    await asyncio.wait({first, second}, timeout=1)
    assert told == ["b woken at 0"]
    assert pipeline.world.in_flight == 0
