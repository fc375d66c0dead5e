from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from foulweather.world.agenda import Due
from foulweather.world.world import World

PLACE = {"account": "111122223333", "region": "us-east-1"}


def held(seed: int = 1) -> World:
    return World(seed=seed, mode="held", start_ms=0)


async def test_due_actions_run_in_order_of_time_and_of_being_put_down() -> None:
    world = held()
    done: list[tuple[int, str]] = []
    world.act = lambda due: done.append((world.clock.now_ms, due.action))
    world.agenda.at(5_000, "x.second", {}, **PLACE)
    world.agenda.at(3_000, "x.first", {}, **PLACE)
    world.agenda.at(5_000, "x.third", {}, **PLACE)
    await world.advance_to(4_999)
    assert done == [(3_000, "x.first")]
    await world.advance_to(5_000)
    assert done[1:] == [(5_000, "x.second"), (5_000, "x.third")]


async def test_an_action_put_down_by_an_action_runs_in_the_same_advance() -> None:
    world = held()
    done: list[int] = []

    def act(due: Due) -> None:
        done.append(world.clock.now_ms)
        if due.when_ms < 4_000:
            world.agenda.at(due.when_ms + 1_000, "x.again", {}, **PLACE)

    world.act = act
    world.agenda.at(1_000, "x.again", {}, **PLACE)
    await world.advance_to(10_000)
    assert done == [1_000, 2_000, 3_000, 4_000]
    assert world.clock.now_ms == 10_000


async def test_an_action_stays_on_the_agenda_until_it_has_come_to_its_end(tmp_path: Path) -> None:
    world = World(seed=1, mode="held", start_ms=0, directory=tmp_path / "first")
    gate = asyncio.Event()

    async def slow() -> None:
        await gate.wait()

    world.act = lambda _due: slow()
    world.agenda.at(1_000, "x.slow", {"n": 1}, **PLACE)
    advancing = asyncio.ensure_future(world.advance_to(1_000))
    await asyncio.sleep(0.01)
    world.store.commit()
    shutil.copytree(tmp_path / "first", tmp_path / "killed")
    found = World(directory=tmp_path / "killed").agenda.take(1_000)
    assert isinstance(found, Due)
    assert (found.action, found.args) == ("x.slow", {"n": 1})
    gate.set()
    await advancing
    assert world.agenda.dues() == []


@pytest.mark.parametrize(("error", "left"), [(ValueError, []), (asyncio.CancelledError, ["x.y"])])
async def test_an_action_that_fails_is_over_and_one_that_is_broken_off_is_not(
    error: type[BaseException], left: list[str], tmp_path: Path
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    world = World(seed=1, mode="held", start_ms=0, directory=tmp_path)

    async def ended() -> None:
        raise error

    world.act = lambda _due: ended()
    world.agenda.at(1_000, "x.y", {}, **PLACE)
    await world.advance_to(1_000)
    world.close()
    assert [due.action for due in World(directory=tmp_path).agenda.dues()] == left


async def test_held_time_waits_for_work_in_flight() -> None:
    world = held()
    seen: list[tuple[str, int]] = []

    async def slow() -> None:
        await asyncio.sleep(0.01)
        seen.append(("slow", world.clock.now_ms))

    def act(due: Due) -> object:
        return slow() if due.action == "x.slow" else seen.append(("quick", world.clock.now_ms))

    world.act = act  # type: ignore[assignment]
    world.agenda.at(1_000, "x.slow", {}, **PLACE)
    world.agenda.at(2_000, "x.quick", {}, **PLACE)
    await world.advance_to(3_000)
    assert seen == [("slow", 1_000), ("quick", 2_000)]


async def test_a_struck_action_does_not_run() -> None:
    world = held()
    world.act = lambda due: (_ for _ in ()).throw(AssertionError(due.action))
    seq = world.agenda.at(1_000, "x.never", {}, **PLACE)
    world.agenda.cancel(seq)
    world.agenda.cancel(seq)
    await world.advance_to(2_000)
    assert world.agenda.next_ms() is None


async def test_alarms_ring_once_and_are_not_kept() -> None:
    world = held()
    rung: list[int] = []
    world.agenda.alarm(1_000, lambda: rung.append(world.clock.now_ms))
    fork = world.fork("other")
    await world.advance_to(5_000)
    assert rung == [1_000]
    assert fork.agenda.next_ms() is None


async def test_what_is_put_down_is_there_when_the_driver_looks() -> None:
    world = held()
    seen: list[int | None] = []
    world.agenda.changed = lambda: seen.append(world.agenda.next_ms())
    world.agenda.alarm(2_000, lambda: None)
    world.agenda.at(1_000, "x.y", {}, **PLACE)
    assert seen == [2_000, 1_000]
    assert world.agenda.next_ms() == 1_000
