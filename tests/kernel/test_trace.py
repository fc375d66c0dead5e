"""Traces: found by any request's id, kept when something went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from foulweather.kernel import trace as traces_module
from foulweather.kernel.trace import Hop, Trace, Traces
from foulweather.kernel.why import Why
from foulweather.world.world import World

NO = Why("denied", "no")


def opened(directory: Path | None = None) -> tuple[World, Traces]:
    world = World(seed=1, mode="held", start_ms=0, directory=directory)
    return world, world.state(Traces)


def hop(request: str, trace: str = "", parent: str = "", why: Why | None = None) -> Hop:
    return Hop(request, trace or request, parent, "sqs", "SendMessage", "me", "1", "r", 0, why=why)


def went(traces: Traces, *hops: Hop) -> None:
    for each in hops:
        traces.begin(each)
        if each.why is not None:
            traces.keep(each)


def ids(traces: Traces, any_id: str) -> list[str]:
    found = traces.find(any_id)
    return [each.request_id for each in found.hops] if found is not None else []


def test_a_trace_is_found_by_any_of_its_requests() -> None:
    _, traces = opened()
    went(traces, hop("a"), hop("b", "a", "a"), hop("x"), hop("c", "a", "b"))
    assert ids(traces, "a") == ids(traces, "b") == ids(traces, "c") == ["a", "b", "c"]
    assert traces.find("nothing") is None
    assert [each.trace_id for each in traces] == ["a", "x"]


def test_a_kept_trace_has_what_went_well_in_it_too() -> None:
    _, traces = opened()
    went(traces, hop("a"), hop("b", "a", "a"), hop("c", "a", "b", NO), hop("d", "a", "a"))
    assert ids(traces, "d") == ids(traces, "b") == ["a", "b", "c", "d"]
    assert traces.find("b") is traces.last_wrong()


def test_the_last_wrong_is_the_one_that_went_wrong_last() -> None:
    _, traces = opened()
    assert traces.last_wrong() is None
    went(traces, hop("a", why=NO), hop("b", why=NO), hop("c"))
    last = traces.last_wrong()
    assert last is not None
    assert last.trace_id == "b"
    went(traces, hop("a2", "a", "a", NO))
    assert traces.last_wrong() is traces.find("a")


def test_the_first_wrong_is_the_latest_of_the_deepest() -> None:
    root, child = hop("a"), hop("b", "a", "a")
    whole = Trace("a", 0, [root, child])
    assert whole.first_wrong() is None
    root.why = child.why = NO
    assert whole.first_wrong() is child, "what the child died of the parent only passed on"
    again = hop("c", "a", "a", NO)
    whole.hops.append(again)
    assert whole.first_wrong() is again, "a later attempt"
    whole.hops.append(hop("d", "a", "c"))
    assert whole.first_wrong() is again, "what went well is not it"


def test_what_went_well_is_forgotten_when_there_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces_module, "RECENT_HOPS_MAX", 4)
    _, traces = opened()
    went(traces, hop("bad", why=NO), hop("bad2", "bad", "bad"))
    for name in "abcd":
        went(traces, hop(name), hop(name * 2, name, name))
    assert traces.find("a") is traces.find("bb") is None
    assert ids(traces, "cc") == ["c", "cc"]
    assert ids(traces, "bad2") == ["bad", "bad2"]


def test_those_that_went_wrong_are_forgotten_too_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces_module, "RECENT_HOPS_MAX", 2)
    monkeypatch.setattr(traces_module, "KEPT_TRACES_MAX", 3)
    _, traces = opened()
    for name in "abcdefgh":
        went(traces, hop(name, why=NO), hop(name * 2, name, name, NO))
    assert [name for name in "abcdefgh" if traces.find(name)] == ["f", "g", "h"]
    assert sorted(traces.kept) == ["f", "g", "h"]
    assert set(traces._by_request) == {*"fgh", "ff", "gg", "hh"}, "nothing of the forgotten is left behind"


def test_a_late_hop_joins_a_trace_that_is_no_longer_recent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces_module, "RECENT_HOPS_MAX", 1)
    _, traces = opened()
    went(traces, hop("bad", why=NO), hop("other"), hop("late", "bad", "bad", NO))
    assert ids(traces, "late") == ["bad", "late"]


def test_of_endless_retries_the_first_and_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces_module, "HOPS_MAX", 6)
    _, traces = opened()
    went(traces, hop("a", why=NO), *(hop(f"r{n}", "a", "a", NO) for n in range(20)))
    assert ids(traces, "a") == ["a", "r0", "r1", "r17", "r18", "r19"]
    assert traces.find("r19") is traces.find("r0") is traces.find("a")
    assert set(traces._by_request) == set(ids(traces, "a"))


def test_what_went_wrong_is_known_after_a_restart(tmp_path: Path) -> None:
    world, traces = opened(tmp_path)
    went(traces, hop("good"), hop("a", why=NO), hop("b", "a", "a", NO), hop("z", why=NO))
    world.close()
    world, traces = opened(tmp_path)
    assert traces.find("good") is None
    found = traces.find("b")
    assert found is not None
    assert [(each.request_id, each.why) for each in found.hops] == [("a", NO), ("b", NO)]
    last = traces.last_wrong()
    assert last is not None
    assert last.trace_id == "z"
    went(traces, hop("n", why=NO))
    newest = traces.last_wrong()
    assert newest is traces.find("n") is not None
    assert newest.seq > last.seq


def test_what_went_wrong_about_a_resource_is_found_by_its_arn_the_latest_first() -> None:
    arn = "arn:aws:states:us-east-1:000000000000:execution:orders:1"
    _, traces = opened()
    for name in ("a", "b"):
        failed = hop(f"{name}2", name, name, NO)
        failed.resource = arn
        went(traces, hop(name), failed)
    fine = hop("c")
    fine.resource = arn
    went(traces, fine, hop("d", "d", "", NO))
    assert ids(traces, arn) == ["b", "b2"]
    assert ids(traces, f"{arn}0") == []
