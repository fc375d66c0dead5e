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
        print("\n".join(walk.steps[-60:] if not SEED else walk.steps))
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
    rows, same = first.world.store.dump(), second.world.store.dump()
    # The key with which SNS signs is an RSA key, which cannot be drawn from a seed.
    assert [path for path in rows if rows[path] != same[path] and "sns.signing" not in path] == []


@pytest.mark.parametrize("seed", SEEDS[:2])
async def test_a_restart_changes_nothing(seed: int, tmp_path: Path) -> None:
    """Rows, agenda, clock and answers are the same before and after, and the walk goes on."""
    walk = Walk(seed, tmp_path)
    restarts = {STEPS // 4: walk.restart, STEPS // 2: walk.kill, 3 * STEPS // 4: walk.restart}

    async def running() -> None:
        await walk.run(STEPS, restarts)
        await walk.check_nothing_lost()

    await told(walk, running)


@pytest.mark.parametrize("seed", SEEDS[:1])
@pytest.mark.parametrize("how", ["fork", "file"])
async def test_a_fork_goes_on_as_the_world_does(seed: int, how: str, tmp_path: Path) -> None:
    walk = Walk(seed)
    forks: list[Walk] = []

    async def running() -> None:
        await walk.run(STEPS // 2)
        forks.append(walk.fork(tmp_path / "saved" if how == "file" else None))
        before = walk.world.store.dump()
        # Which of a queue's messages comes first is its own affair, and may differ where its order is made anew.
        await forks[0].run(STEPS // 2, receives=False)
        assert walk.world.store.dump() == before, "the fork changed the world it was made of"
        await walk.run(STEPS // 2, receives=False)

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
