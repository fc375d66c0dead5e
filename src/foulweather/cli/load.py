"""`load run FILE`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foulweather.cli.exits import FAILED, OK, Stop
from foulweather.cli.parsing import Commands, client_of, out
from foulweather.cli.style import standard

if TYPE_CHECKING:
    from foulweather.drilling.load.running import Outcome, Told
    from foulweather.world.world import World


def add(commands: Commands) -> None:
    """Declare the commands."""
    load = commands.group(
        "load",
        "Load on a world's clock: clients that ask, workers that poll",
        "Lets clients ask and workers work as a file says, on a held clock, and tells percentiles, errors and a time\n"
        "line. It runs in a world of its own, or in a copy of yours: nothing in yours is touched.",
        "  foulweather load run orders.toml\n  foulweather load run orders.toml --world default --plot out.svg\n",
    )
    run = load.add(
        "run",
        run_load,
        "Run one",
        "Runs a load file; docs/load.md tells how to write one.",
        "  foulweather load run orders.toml --plot orders.svg\n"
        "  foulweather load run orders.toml --world default --seed 8 --json\n"
        "  foulweather snapshot save now.world && foulweather load run orders.toml --world-file now.world\n",
    )
    run.add_argument("file", metavar="FILE", help="the load, as TOML")
    where = run.add_mutually_exclusive_group()
    where.add_argument("--world", default="", metavar="NAME", help="in a copy of this world of a running server")
    where.add_argument("--world-file", default="", metavar="SAVED", help="in the world of this file of `snapshot save`")
    run.add_argument("--no-color", action="store_true", help="without colour (as $NO_COLOR does)")
    run.add_argument("--seed", type=int, metavar="N", help="another seed for what is drawn (default: the file's)")
    run.add_argument("--plot", default="", metavar="PICTURE", help="draw the time line (.svg; .png with cairosvg)")


def run_load(arguments: argparse.Namespace) -> int:
    """Run a load and tell what it came to."""
    import msgspec

    from foulweather.drilling.load.plan import BadLoad, read
    from foulweather.drilling.load.running import LoadRun

    picture = Path(arguments.plot) if arguments.plot else None
    if picture is not None and picture.suffix not in (".svg", ".png"):
        raise Stop(FAILED, f"{picture} is neither .svg nor .png.")
    try:
        plan = read(Path(arguments.file))
        if arguments.seed is not None:
            plan = msgspec.structs.replace(plan, seed=arguments.seed)
        load = LoadRun(plan, _world(arguments, plan.seed))
        asyncio.run(load.run())
        if picture is not None:
            _draw(picture, load.picture())
    except BadLoad as error:
        raise Stop(FAILED, f"{error}.") from None
    outcome = load.outcome()
    out(arguments, msgspec.to_builtins(outcome), lambda: _table(outcome, is_plain=arguments.no_color))
    return OK


def _world(arguments: argparse.Namespace, seed: int) -> World | None:
    """The world that is asked for, copied; None for a new one."""
    from foulweather.world import snapshot
    from foulweather.world.world import World

    if not arguments.world and not arguments.world_file:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(arguments.world_file or Path(folder) / "world")
        if arguments.world:
            path.write_bytes(client_of(arguments).bytes("GET", "snapshot", timeout_s=600))
        try:
            world = World.restored(snapshot.read(path), name="load")
        except OSError as error:
            raise Stop(FAILED, f"{path} cannot be read: {error.strerror}.") from None
        except snapshot.BadSnapshot as error:
            raise Stop(FAILED, f"{error}.") from None
    world.seed = seed  # the load's own draws come from its seed, whatever the world's was
    return world


def _draw(path: Path, picture: str) -> None:
    from foulweather.drilling.load.plot import png

    try:
        path.write_bytes(png(picture) if path.suffix == ".png" else picture.encode())
    except RuntimeError as error:
        raise Stop(FAILED, f"{error}.") from None
    except OSError as error:
        raise Stop(FAILED, f"{path} cannot be written: {error.strerror}.") from None


def _table(outcome: Outcome, *, is_plain: bool) -> str:
    style = standard(is_plain=is_plain)
    lines = [
        style.strong(outcome.title),
        f"seed {outcome.seed}, {_clock(outcome.start_ms)} to {_clock(outcome.end_ms)}",
    ]
    for call, told in outcome.refused_setup.items():
        lines.append(f"refused before it began: {call}: {told}")
    for client in outcome.clients:
        lines += ["", style.strong(client.name), *_client_lines(client)]
    if outcome.effects is not None:
        told = outcome.effects
        lines += [
            "",
            style.strong("Took effect"),
            f"served {told['served']:,} of {told['asked']:,} in time, lost {told['lost']:,} (late: {told['late']:,}), "
            f"duplicated {told['duplicated']:,}",
            _latency(told["latency_ms"]),
        ]
    for name, fleet in outcome.workers.items():
        again = sum(times for count, times in fleet["receive_counts"].items() if count != "1")
        lines += [
            "",
            style.strong(name),
            f"received {fleet['received']:,} (again: {again:,}), deleted {fleet['deleted']:,}, "
            f"{fleet['crashes']:,} crashes, {fleet['failures']:,} failures",
        ]
        lines += [
            f"  {one['operation']}  {one['code']}  {one['count']:,}"
            for one in fleet["calls"]["outcomes"]
            if one["code"]
        ]
    return "\n".join(lines)


def _client_lines(told: Told) -> list[str]:
    bars, most = standard().is_unicode, max((step.ended for step in told.timeline), default=1)
    lines = [f"asked {told.asked:,}, served {told.served:,}, in {told.attempts:,} attempts"]
    lines += [f"  {count:>8,}  {code}" for code, count in told.errors.items()]
    lines.append(_latency(told.latency_ms))
    for step in told.timeline:
        bar = "█" * (step.ended * 20 // max(1, most)) if bars else ""
        lines.append(
            f"  {_clock(step.at_ms)}  {step.ended:>7,} ended  {step.errors:>6,} errors  p99 {step.p99_ms:>6,} ms  {bar}"
        )
    return lines


def _latency(told: dict[str, int]) -> str:
    return "latency  " + "  ".join(f"{name} {told[name]:,} ms" for name in ("p50", "p90", "p95", "p99", "max"))


def _clock(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%H:%M:%S}"
