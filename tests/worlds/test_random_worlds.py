"""Random calls, faults and clock moves from a seed, and what must hold whatever happens.

A failure prints the seed and the steps; `WORLD_SEED=… WORLD_STEPS=… pytest tests/worlds` replays it.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from worlds.walk import Walk

SEED = os.environ.get("WORLD_SEED")
STEPS = int(os.environ.get("WORLD_STEPS", "150"))
SEEDS = [int(SEED)] if SEED else [1, 2, 3]


async def told(walk: Walk, running: Callable[[], Awaitable[None]]) -> None:
    """Run, and on failure say how to see it again."""
    try:
        await running()
    except BaseException:
        print(f"WORLD_SEED={walk.seed} WORLD_STEPS={len(walk.steps)}")
        print("\n".join(walk.steps))
        raise


async def walked(seed: int, steps: int) -> Walk:
    walk = Walk(seed)

    async def running() -> None:
        await walk.run(steps)
        await walk.check_nothing_lost()

    await told(walk, running)
    return walk


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens(seed: int) -> None:
    walk = await walked(seed, STEPS)
    refused = sum("->" in step for step in walk.steps)
    assert SEED or 0 < refused < len(walk.steps), "a walk that meets no refusal, or nothing else, proves little"


@pytest.mark.parametrize("seed", SEEDS[:1])
async def test_one_seed_gives_one_journal(seed: int) -> None:
    first, second = await walked(seed, STEPS), await walked(seed, STEPS)
    assert first.steps == second.steps
    assert first.events == second.events
    assert first.world.store.dump() == second.world.store.dump()


@pytest.mark.parametrize("seed", SEEDS[:2])
async def test_a_restart_changes_nothing(seed: int, tmp_path: Path) -> None:
    """The walk in one process, and in three: the same calls, answers and rows."""
    whole = Walk(seed, tmp_path / "whole")
    await told(whole, lambda: whole.run(STEPS, {STEPS // 3: lambda: None, 2 * STEPS // 3: lambda: None}))
    parts = Walk(seed, tmp_path / "parts")
    restarts = {STEPS // 3: parts.restart, 2 * STEPS // 3: parts.restart}
    await told(parts, lambda: parts.run(STEPS, restarts))
    assert parts.steps == whole.steps
    assert parts.events == whole.events
    mine, its = whole.world.store.dump(), parts.world.store.dump()
    assert {path: rows for path, rows in mine.items() if its.get(path) != rows and "trace" not in path} == {}
    await told(parts, parts.check_nothing_lost)


@pytest.mark.parametrize("seed", SEEDS[:1])
async def test_a_fork_goes_on_as_the_world_does(seed: int) -> None:
    walk = Walk(seed)
    forks: list[Walk] = []

    async def running() -> None:
        await walk.run(STEPS // 2, {STEPS // 4: lambda: None})
        forks.append(walk.fork())
        before = walk.world.store.dump()
        await forks[0].run(STEPS // 2)
        assert walk.world.store.dump() == before, "the fork changed the world it was made of"
        await walk.run(STEPS // 2)

    await told(walk, running)
    (fork,) = forks
    assert [step.partition(":")[2] for step in fork.steps] == [
        step.partition(":")[2] for step in walk.steps[-len(fork.steps) :]
    ]
    assert fork.events == walk.events[-len(fork.events) :]
    await told(fork, fork.check_nothing_lost)
    await told(walk, walk.check_nothing_lost)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [int(SEED)] if SEED else range(100, 160))
async def test_whatever_happens_for_long(seed: int) -> None:
    await walked(seed, STEPS if SEED else 600)
