"""One run of a campaign in a world of its own, and all of them on the processors there are."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from foulweather.drilling.campaign.plan import BadCampaign, Campaign, Draw, DrawnFault, draws, read
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.kernel.services import Services
from foulweather.kernel.trace import Traces
from foulweather.world.world import World

# Ids and numbers, but for those that end a name (us-east-1).
_NUMBERS = re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\bfault-[0-9a-f]+\b|(?<![A-Za-z]-)(?<![A-Za-z0-9])\d+")


class Run(msgspec.Struct, frozen=True):
    """What one run came to. `causes` counts the first causes on record, numbers and ids left out."""

    draw: Draw
    asked: int
    served: int
    lost: int
    duplicated: int
    out_of_order: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    causes: dict[str, int]

    @property
    def availability(self) -> float:
        """The share of what was asked that was served once and in time."""
        return self.served / self.asked if self.asked else 1.0


def run(path: str, draw: Draw) -> Run:
    """One run, whole: build, warm up, faults and load by the clock, then the books."""
    return asyncio.run(_run(Path(path), read(Path(path)), draw))


async def _run(path: Path, campaign: Campaign, draw: Draw) -> Run:
    start_ms = int(datetime.fromisoformat(campaign.start).timestamp()) * 1000
    world = World(name="campaign", seed=draw.seed, mode="held", start_ms=start_ms)
    lab = Lab(world, Services(), world.ids.account())
    _build(path.parent / campaign.stack)(lab)
    for app, settings in draw.settings.items():
        lab.deploy(app, **settings)
    since_ms = start_ms + campaign.warm_up_minutes * MINUTE_MS
    for fault in draw.faults:
        lab.at(since_ms + fault.at_minute * MINUTE_MS, _breaking(lab, fault))
    end_ms = since_ms + campaign.minutes * MINUTE_MS
    deadline_ms = campaign.deadline_s * 1000
    await world.advance_to(end_ms)
    await world.advance_to(end_ms + deadline_ms)
    for app in lab.apps.values():
        app.stop()
    told = Ledger.of(lab).report(since_ms=since_ms, until_ms=end_ms, now_ms=lab.now_ms, deadline_ms=deadline_ms)
    return Run(
        draw,
        told.judged,
        told.served,
        told.lost,
        told.duplicated,
        told.out_of_order,
        told.latency.percentile(50),
        told.latency.percentile(95),
        told.latency.percentile(99),
        _causes(world),
    )


def _breaking(lab: Lab, fault: DrawnFault) -> Callable[[], None]:
    def add() -> None:
        lab.faults.add(**fault.members, until_ms=lab.now_ms + fault.for_minutes * MINUTE_MS)

    return add


def _causes(world: World) -> dict[str, int]:
    found: Counter[str] = Counter()
    for trace in world.state(Traces).kept.values():
        hop = trace.first_wrong()
        if hop is not None and hop.why is not None:
            found[_NUMBERS.sub("#", hop.why.first_cause().cause)] += 1
    return dict(found.most_common(10))


def _build(path: Path) -> Callable[[Lab], None]:
    spec = importlib.util.spec_from_file_location("foulweather_campaign_stack", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build = getattr(module, "build", None)
    if build is None:
        raise BadCampaign(f"{path} has no function build(lab)")
    return build


def run_all(path: Path, jobs: int) -> Iterator[Run]:
    """Every run, in the order of the draws, on processes of this machine."""
    planned = draws(read(path))
    if jobs <= 1:
        yield from (run(str(path), draw) for draw in planned)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run, [str(path)] * len(planned), planned, chunksize=max(1, len(planned) // (8 * jobs)))


def run_all_on_ray(path: Path, address: str) -> Iterator[Run]:
    """Every run, in the order of the draws, on a Ray cluster whose nodes have this package and the file's folder."""
    try:
        import ray  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise BadCampaign("Ray is not installed: pip install 'foulweather[ray]'") from None
    cluster: Any = ray
    cluster.init(address=address, ignore_reinit_error=True, log_to_driver=False)
    try:
        remote = cluster.remote(max_retries=3)(_run_encoded)
        asked = [remote.remote(str(path), msgspec.json.encode(draw)) for draw in draws(read(path))]
        for one in asked:
            yield msgspec.json.decode(cluster.get(one), type=Run)
    finally:
        cluster.shutdown()


def _run_encoded(path: str, draw: bytes) -> bytes:
    """`run` with arguments and result as JSON: what goes over the wire is data, not pickled objects of ours."""
    return msgspec.json.encode(run(path, msgspec.json.decode(draw, type=Draw)))
