"""`campaign run FILE`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from foulweather.cli.exits import FAILED, OK, Stop
from foulweather.cli.parsing import Commands, out
from foulweather.cli.style import standard

if TYPE_CHECKING:
    from foulweather.drilling.campaign.summary import Summary


def add(commands: Commands) -> None:
    """Declare the commands."""
    campaign = commands.group(
        "campaign",
        "Many seeded runs of one stack in bad weather",
        "Runs a stack many times, each time with another seed, under drawn faults and settings, and tells how\n"
        "available it is, with a confidence interval, which seeds went worst, and their first causes.",
        "  foulweather campaign run campaigns/orders/campaign.toml\n",
    )
    run = campaign.add(
        "run",
        run_campaign,
        "Run one",
        "Runs a campaign file. It needs no server: every run is a world of its own.",
        "  foulweather campaign run FILE --jobs 2\n  foulweather campaign run FILE --ray 127.0.0.1:6379 --json\n",
    )
    run.add_argument("file", metavar="FILE", help="the campaign, as TOML")
    run.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many runs at once")
    run.add_argument("--no-color", action="store_true", help="without colour (as $NO_COLOR does)")
    run.add_argument(
        "--ray", default="", metavar="ADDRESS", help="run on a Ray cluster (pip install 'foulweather[ray]')"
    )


def run_campaign(arguments: argparse.Namespace) -> int:
    """Run a campaign and tell what it came to."""
    import msgspec

    from foulweather.drilling.campaign.plan import BadCampaign, draws, read
    from foulweather.drilling.campaign.running import Run, run_all, run_all_on_ray
    from foulweather.drilling.campaign.summary import summarised

    path = Path(arguments.file).resolve()
    try:
        planned = read(path)
        of = len(draws(planned))
        runs: list[Run] = []
        for run in run_all_on_ray(path, arguments.ray) if arguments.ray else run_all(path, arguments.jobs):
            runs.append(run)
            _progress(len(runs), of)
    except BadCampaign as error:
        raise Stop(FAILED, f"{error}.") from None
    summary = summarised(planned.title, runs)
    out(arguments, msgspec.to_builtins(summary), lambda: _table(summary, is_plain=arguments.no_color))
    return OK


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of} runs" + ("\n" if done == of else ""))
        sys.stderr.flush()


def _table(summary: Summary, *, is_plain: bool) -> str:
    style, told = standard(is_plain=is_plain), summary.availability
    lines = [
        style.strong(summary.title),
        f"{summary.runs} runs, {summary.asked:,} requests",
        f"availability {told.mean:.4%} (95 %: {told.low:.4%} to {told.high:.4%})",
        f"runs without a loss {summary.perfect_runs.mean:.1%} "
        f"(95 %: {summary.perfect_runs.low:.1%} to {summary.perfect_runs.high:.1%})",
        f"p95 of the median run {summary.p95_ms} ms, {summary.duplicated} duplicates",
    ]
    if summary.points:
        lines += ["", style.strong("By settings, worst first")]
        for point in summary.points:
            settings = " ".join(f"{app}.{k}={v}" for app, of in point.settings.items() for k, v in of.items())
            bar = "█" * round(point.availability.mean * 20) if style.is_unicode else ""
            lines.append(f"  {point.availability.mean:8.3%}  {bar:<20}  {settings}")
    if summary.worst:
        lines += ["", style.strong("Worst seeds")]
        for one in summary.worst:
            lines.append(f"  seed {one.seed:<6} {one.availability:8.3%}  lost {one.lost:<5} {'; '.join(one.faults)}")
            if one.first_cause:
                lines.append(style.faint(f"      {one.first_cause}"))
    if summary.causes:
        lines += ["", style.strong("First causes, by the number of runs they occurred in")]
        lines += [f"  {count:>5}  {cause}" for cause, count in summary.causes.items()]
    return "\n".join(lines)
