"""Saving, restoring, forking and restarting a whole world."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from foulweather.world import snapshot
from foulweather.world.agenda import Due
from foulweather.world.store import State, table
from foulweather.world.world import World


class Row(msgspec.Struct):
    text: str


class Worldly(State):
    rows = table(Row)


def test_a_seed_is_kept_and_draws_differ_after_a_restart(tmp_path: Path) -> None:
    world = World(directory=tmp_path, mode="held", start_ms=0)
    first = [world.ids.uuid() for _ in range(3)]
    world.close()
    again = World(directory=tmp_path)
    assert again.seed == world.seed
    assert again.ids.uuid() not in first, "ids would be given out twice"


def test_a_held_clock_stands_where_it_was_put_away(tmp_path: Path) -> None:
    world = World(seed=1, mode="held", start_ms=5_000, directory=tmp_path)
    world.clock.move_to(9_000)
    world.close()
    again = World(directory=tmp_path)
    assert (again.clock.mode, again.clock.now_ms) == ("held", 9_000)


async def test_an_advance_is_kept_though_the_process_is_killed(tmp_path: Path) -> None:
    world = World(seed=1, mode="held", start_ms=0, directory=tmp_path)
    await world.advance_to(60_000)
    world.store.commit()
    assert world.store._log is not None
    world.store._log.close()
    assert World(directory=tmp_path).clock.now_ms == 60_000


async def test_agenda_and_clock_go_on_after_a_restart(tmp_path: Path) -> None:
    world = World(seed=1, mode="held", start_ms=0, directory=tmp_path)
    for when_ms, name in ((2_000, "x.b"), (1_000, "x.a"), (2_000, "x.c")):
        world.agenda.at(when_ms, name, {"n": 1}, account="1", region="r", trace_id="t")
    world.close()
    again = World(directory=tmp_path)
    done: list[Due] = []
    again.act = done.append
    await again.advance_to(5_000)
    assert [due.action for due in done] == ["x.a", "x.b", "x.c"]
    assert done[0].args == {"n": 1}
    assert done[0].trace_id == "t"
    again.close()
    assert len(World(directory=tmp_path).agenda) == 0


def test_a_restored_world_draws_and_keeps_what_the_saved_one_would(tmp_path: Path) -> None:
    world = World(seed=7, mode="held", start_ms=1_000)
    world.state(Worldly, "1", "r").rows.put("a", Row("x"))
    world.journal.append(1_000, "x.Set", "1", "r", "arn", "me", "req", {"P": 1}, kept=True)
    path = tmp_path / "saved"
    world.save(path)
    for again in (World.restored(snapshot.read(path)), world.fork("other")):
        assert again.seed == 7
        assert again.clock.now_ms == 1_000
        assert again.state(Worldly, "1", "r").rows["a"] == Row("x")
        assert [event.kind for event in again.journal] == ["x.Set"]
        now, then = again.snapshot(), world.snapshot()
        assert msgspec.structs.replace(now, clock=then.clock) == then


def test_a_world_of_no_services_refuses_to_act() -> None:
    world = World(seed=1, mode="held", start_ms=0)
    world.agenda.at(0, "sns.retry", {}, account="1", region="r")
    with pytest.raises(RuntimeError, match=r"no services are assembled to carry out sns\.retry"):
        world.run_due()


def test_a_saved_world_may_not_be_restored_over_another(tmp_path: Path) -> None:
    saved = World(seed=7, mode="held", start_ms=1_000).snapshot()
    other = World(seed=1, mode="held", start_ms=0, directory=tmp_path)
    other.state(Worldly, "1", "r").rows.put("old", Row("x"))
    other.close()
    with pytest.raises(ValueError, match="another world"):
        World.restored(saved, directory=tmp_path)
    assert World(directory=tmp_path).state(Worldly, "1", "r").rows["old"] == Row("x")
