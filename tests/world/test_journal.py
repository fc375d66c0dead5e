"""The world's memory of what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from foulweather.world import journal as journals
from foulweather.world.journal import Event
from foulweather.world.world import World


def opened(directory: Path | None = None) -> World:
    return World(seed=1, mode="held", start_ms=0, directory=directory)


def note(world: World, kind: str, resource: str = "arn", kept: bool = False, **facts: object) -> Event:
    return world.journal.append(world.clock.now_ms, kind, "1", "r", resource, "me", "req", facts, kept)


def test_events_are_numbered_in_order() -> None:
    world = opened()
    first, second = note(world, "a.A"), note(world, "a.B", kept=True)
    assert (first.seq, second.seq) == (1, 2)
    assert list(world.journal) == [first, second]
    assert len(world.journal) == 2


def test_readers_are_told_of_their_kind_and_followers_of_all() -> None:
    world = opened()
    read: list[str] = []
    followed: list[str] = []
    world.journal.read("a.A", lambda event: read.append(event.kind))
    stop = world.journal.follow(lambda event: followed.append(event.kind))
    note(world, "a.A")
    note(world, "a.B")
    stop()
    note(world, "a.A")
    assert read == ["a.A", "a.A"]
    assert followed == ["a.A", "a.B"]


def test_the_last_change_of_a_property() -> None:
    world = opened()
    note(world, "q.Made", kept=True, Policy="one", Delay=1)
    second = note(world, "q.Set", kept=True, Policy="two")
    last = note(world, "q.Set", kept=True, Delay=2)
    note(world, "q.Sent", Policy="a passing fact")
    assert world.journal.last_change("arn", "Policy") == second
    assert world.journal.last_change("arn", "Delay") == last
    assert world.journal.last_change("arn", "Unheard") == last
    assert world.journal.last_change("other", "Policy") is None


def test_only_the_latest_events_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "HELD_EVENTS_MAX", 3)
    world = opened()
    note(world, "q.Made", kept=True, Policy="one")
    for n in range(5):
        note(world, f"a.{n}")
    assert [event.kind for event in world.journal] == ["a.2", "a.3", "a.4"]
    assert world.journal.last_change("arn", "Policy") is not None, "a change is kept all the same"


def test_changes_survive_a_restart_and_passing_facts_do_not(tmp_path: Path) -> None:
    world = opened(tmp_path)
    note(world, "q.Made", kept=True, Policy="one")
    note(world, "q.Sent")
    world.close()
    world = opened(tmp_path)
    assert [event.kind for event in world.journal] == ["q.Made"]
    change = world.journal.last_change("arn", "Policy")
    assert change is not None
    assert (change.principal, change.facts) == ("me", {"Policy": "one"})
    assert note(world, "q.Sent").seq > change.seq


def test_kept_events_are_in_order_over_resources() -> None:
    world = opened()
    for n in range(6):
        note(world, f"a.{n}", resource=f"arn{n % 2}", kept=True)
    assert [event.kind for event in world.journal.kept()] == [f"a.{n}" for n in range(6)]
