"""A world on an event loop: commits, timers, and the folding of a long log."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foulweather.world import driver as drivers
from foulweather.world.agenda import Due
from foulweather.world.driver import Driver
from foulweather.world.store import State, table
from foulweather.world.world import World

PLACE = {"account": "1", "region": "r"}


class Row(msgspec.Struct):
    text: str


class Driven(State):
    rows = table(Row)


def on_disk(tmp_path: Path, **more: Any) -> World:
    return World(seed=1, directory=tmp_path, **{"mode": "held", "start_ms": 0, **more})


def rows_in(directory: Path) -> dict[str, str]:
    world = on_disk(directory)
    found = {key: row.text for key, row in world.state(Driven, "1", "r").rows.items()}
    world.store.close()
    return found


async def test_writes_are_committed_once_at_the_end_of_the_tick(tmp_path: Path, monkeypatch: Any) -> None:
    world = on_disk(tmp_path)
    driver = Driver(world)
    await asyncio.sleep(0)
    commits: list[int] = []
    commit = world.store.commit
    monkeypatch.setattr(world.store, "commit", lambda: (commits.append(1), commit()))
    done: list[int] = []
    rows = world.state(Driven, "1", "r").rows
    for n in range(5):
        rows.put(str(n), Row("x"))
        world.store.after_commit(lambda n=n: done.append(n))
    assert (commits, done, world.store.is_dirty) == ([], [], True)
    await asyncio.sleep(0.01)
    assert (commits, done, world.store.is_dirty) == ([1], [0, 1, 2, 3, 4], False)
    driver.stop()


async def test_stopping_commits_what_is_left(tmp_path: Path) -> None:
    world = on_disk(tmp_path)
    driver = Driver(world)
    world.state(Driven, "1", "r").rows.put("a", Row("x"))
    driver.stop()
    assert not world.store.is_dirty
    world.close()
    assert rows_in(tmp_path) == {"a": "x"}


async def test_what_cannot_be_kept_is_not_acknowledged_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(drivers, "RETRY_PAUSE_S", 0.01)
    world = on_disk(tmp_path)
    driver = Driver(world)
    await asyncio.sleep(0)
    assert world.store._log is not None
    append, is_full = world.store._log.append, True

    def failing(batch: Any) -> None:
        if is_full:
            raise sqlite3.OperationalError("database or disk is full")
        append(batch)

    monkeypatch.setattr(world.store._log, "append", failing)
    done: list[str] = []
    rows = world.state(Driven, "1", "r").rows
    with caplog.at_level(logging.ERROR, "foulweather"):
        for name in "ab":
            rows.put(name, Row(name))
            world.store.after_commit(lambda name=name: done.append(name))
            await asyncio.sleep(0.03)
    assert done == []
    assert world.store.is_dirty, "a later write waits too"
    assert "disk is full" in caplog.text
    is_full = False
    await asyncio.sleep(0.05)
    assert done == ["a", "b"]
    driver.stop()
    world.close()
    assert rows_in(tmp_path) == {"a": "a", "b": "b"}


async def test_one_who_waits_and_fails_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "RETRY_PAUSE_S", 0.001)
    world = on_disk(tmp_path)
    driver = Driver(world)
    await asyncio.sleep(0)
    done: list[str] = []
    world.state(Driven, "1", "r").rows.put("a", Row("x"))
    world.store.after_commit(lambda: done.append("first"))
    world.store.after_commit(lambda: 1 // 0)
    world.store.after_commit(lambda: done.append("third"))
    await asyncio.sleep(0.05)
    assert done == ["first", "third"]
    assert not world.store.is_dirty
    driver.stop()


async def test_a_paced_agenda_fires_at_its_time() -> None:
    world = World(seed=1, mode="paced", start_ms=0, rate_permille=100_000)
    fired: list[tuple[str, int]] = []
    world.act = lambda due: fired.append((due.action, world.clock.now_ms))
    driver = Driver(world)
    world.agenda.at(4_000, "x.second", {}, **PLACE)
    world.agenda.at(1_000, "x.first", {}, **PLACE)
    world.agenda.at(3_600_000, "x.never", {}, **PLACE)
    await asyncio.sleep(0.1)
    assert [action for action, _ in fired] == ["x.first", "x.second"]
    assert 1_000 <= fired[0][1] < fired[1][1]
    assert fired[1][1] >= 4_000
    driver.stop()


async def test_an_action_that_fails_does_not_stop_the_others() -> None:
    world = World(seed=1, mode="paced", start_ms=0)
    fired: list[str] = []

    def act(due: Due) -> None:
        if due.action == "x.bad":
            raise RuntimeError("a mistake")
        fired.append(due.action)

    world.act = act
    driver = Driver(world)
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: fired.append(str(context["exception"])))
    for when_ms, action in ((5, "x.one"), (10, "x.bad"), (10, "x.two"), (15, "x.three")):
        world.agenda.at(when_ms, action, {}, **PLACE)
    await asyncio.sleep(0.08)
    assert fired == ["x.one", "a mistake", "x.two", "x.three"]
    driver.stop()


async def test_a_held_clock_fires_nothing_by_itself_until_it_is_released() -> None:
    world = World(seed=1, mode="held", start_ms=0)
    fired: list[str] = []
    world.act = lambda due: fired.append(due.action)
    driver = Driver(world)
    world.agenda.at(5, "x.y", {}, **PLACE)
    await asyncio.sleep(0.03)
    assert fired == []
    world.clock.release()
    driver.reschedule()
    await asyncio.sleep(0.05)
    assert fired == ["x.y"]
    driver.stop()


async def test_an_advance_moves_the_timer_of_a_paced_clock() -> None:
    world = World(seed=1, mode="paced", start_ms=0)
    fired: list[str] = []
    world.act = lambda due: fired.append(due.action)
    driver = Driver(world)
    world.agenda.at(3_600_000, "x.y", {}, **PLACE)
    world.agenda.at(3_600_030, "x.z", {}, **PLACE)
    await driver.advance_to(3_600_000)
    assert fired == ["x.y"]
    await asyncio.sleep(0.08)
    assert fired == ["x.y", "x.z"]
    driver.stop()


async def test_whoever_advances_is_told_of_an_action_that_fails_and_may_go_on() -> None:
    world = World(seed=1, mode="held", start_ms=0)
    fired: list[str] = []

    def act(due: Due) -> None:
        if due.action == "x.bad":
            raise RuntimeError("a mistake")
        fired.append(due.action)

    world.act = act
    for when_ms, action in ((1_000, "x.one"), (2_000, "x.bad"), (3_000, "x.two")):
        world.agenda.at(when_ms, action, {}, **PLACE)
    with pytest.raises(RuntimeError, match="a mistake"):
        await world.advance_to(5_000)
    assert (world.clock.now_ms, fired) == (2_000, ["x.one"])
    await world.advance_to(5_000)
    assert (world.clock.now_ms, fired) == (5_000, ["x.one", "x.two"])


async def test_two_who_advance_at_once_both_arrive() -> None:
    world = World(seed=1, mode="held", start_ms=0)
    world.started()
    moves = [asyncio.ensure_future(world.advance_to(ms)) for ms in (2_000, 1_000)]
    await asyncio.sleep(0)
    assert world.clock.now_ms == 0
    world.ended()
    await asyncio.wait_for(asyncio.gather(*moves), 1)
    assert world.clock.now_ms == 2_000


async def test_a_long_log_is_folded_in_pieces_under_load_and_keeps_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "LOG_BYTES_MAX", 40_000)
    monkeypatch.setattr(drivers, "FOLD_STEP_BYTES", 4_000)
    monkeypatch.setattr(drivers, "FOLD_PAUSE_S", 0.0005)
    monkeypatch.setattr(drivers, "BUSY_FACTOR", 1)  # above the limit it waits for no quiet moment
    monkeypatch.setattr(drivers, "QUIET_S", 0.0005)
    world = on_disk(tmp_path)
    driver = Driver(world)
    rows = world.state(Driven, "1", "r").rows
    expected: dict[str, str] = {}
    longest = 0
    for n in range(1500):
        key = str(n % 400)
        if n % 7 == 3 and key in expected:
            rows.delete(key)
            del expected[key]
        else:
            rows.put(key, Row(f"{n}" * 20))
            expected[key] = f"{n}" * 20
        await asyncio.sleep(0)
        await asyncio.sleep(0.0005 if n % 10 == 0 else 0)
        longest = max(longest, world.store.log_bytes)
    await asyncio.sleep(0.1)
    assert longest > 40_000, "the log never was long: this proves nothing"
    assert world.store.log_bytes <= 40_000
    assert world.store._log is not None
    world.store._log.close()  # as a killed process leaves it
    driver._folding = None
    assert rows_in(tmp_path) == expected


async def test_folding_waits_for_a_quiet_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "LOG_BYTES_MAX", 1_000)
    monkeypatch.setattr(drivers, "BUSY_FACTOR", 1_000_000)
    monkeypatch.setattr(drivers, "FOLD_PAUSE_S", 0.0005)
    monkeypatch.setattr(drivers, "QUIET_S", 0.02)
    world = on_disk(tmp_path)
    driver = Driver(world)
    rows = world.state(Driven, "1", "r").rows
    lengths: list[int] = []
    for n in range(100):
        rows.put(str(n), Row("x" * 50))
        await asyncio.sleep(0.001)
        lengths.append(world.store.log_bytes)
    assert lengths == sorted(lengths), "nothing is folded while writes come in"
    await asyncio.sleep(0.2)
    assert world.store.log_bytes <= 1_000
    driver.stop()
    world.close()


async def test_a_fold_that_fails_changes_nothing(tmp_path: Path) -> None:
    world = on_disk(tmp_path)
    rows = world.state(Driven, "1", "r").rows
    rows.put("a", Row("first"))
    world.store.commit()
    assert world.store._log is not None
    database = world.store._log._database
    database.execute("CREATE TRIGGER stop BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.DatabaseError, match="disk full"):
        world.store.fold()
    assert not database.in_transaction
    rows.put("b", Row("second"))
    world.store.commit()
    database.execute("DROP TRIGGER stop")
    database.close()
    assert rows_in(tmp_path) == {"a": "first", "b": "second"}
