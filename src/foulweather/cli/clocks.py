"""`clock show|hold|release|advance|set`."""

from __future__ import annotations

import argparse
import math
from typing import Any

from foulweather.cli.exits import OK, USAGE, Stop
from foulweather.cli.parsing import Commands, client_of, out, takes_world


def add(commands: Commands) -> None:
    """Declare the commands."""
    clock = commands.group(
        "clock",
        "The world's time",
        "A world's time is paced (it passes by itself, at a rate) or held (it moves when you say). Whatever falls due\n"
        "on the way happens, in order: retries, expiries, deliveries. It never runs backwards.",
        "  foulweather clock hold\n  foulweather clock advance 4d\n  foulweather clock set 2026-12-24T18:00:00Z\n"
        "  foulweather clock release --rate 60\n",
    )
    show = clock.add("show", run_show, "Show it", "Shows a world's time.", "  foulweather clock show\n")
    hold = clock.add("hold", run_change, "Stop it", "Stops a world's time.", "  foulweather clock hold\n")
    hold.set_defaults(action="hold")
    release = clock.add(
        "release",
        run_change,
        "Let it run",
        "Lets time pass by itself again.",
        "  foulweather clock release --rate 60\n",
    )
    release.set_defaults(action="release")
    release.add_argument("--rate", type=float, metavar="X", help="world seconds in a real one (default: as before)")
    advance = clock.add(
        "advance",
        run_change,
        "Move it forward",
        "Moves time forward by a duration (250ms, 90s, 5m, 3h, 2d, 1d12h), and returns when the world has settled.",
        "  foulweather clock advance 90s\n  foulweather clock advance 1d12h\n",
    )
    advance.set_defaults(action="advance")
    advance.add_argument("by", metavar="DURATION", help="how far")
    to = clock.add(
        "set",
        run_change,
        "Move it to a time",
        "Moves time forward to a time (ISO 8601; UTC unless it says otherwise).",
        "  foulweather clock set 2026-12-24T18:00:00Z\n",
    )
    to.set_defaults(action="set")
    to.add_argument("to", metavar="ISO", help="when")
    for parser in (show, hold, release, advance, to):
        takes_world(parser)


def run_show(arguments: argparse.Namespace) -> int:
    """Show a world's time."""
    clock = client_of(arguments).get("clock")
    out(arguments, clock, lambda: shown(clock))
    return OK


def run_change(arguments: argparse.Namespace) -> int:
    """Change a world's time."""
    from foulweather.cli.client import PATIENT_S
    from foulweather.cli.patience import progress
    from foulweather.wire.admin.times import parse_duration, parse_time

    change: dict[str, Any] = {"action": arguments.action}
    try:
        if arguments.action == "advance":
            change["by"] = parse_duration(arguments.by)
        elif arguments.action == "set":
            change["to"] = parse_time(arguments.to)
        elif arguments.action == "release" and arguments.rate is not None:
            if not 0 < arguments.rate < math.inf:
                raise ValueError(f"{arguments.rate} is no rate: write a number above 0")
            change["rate"] = arguments.rate
    except ValueError as error:
        raise Stop(USAGE, f"{error}.") from None
    client = client_of(arguments)
    with progress("Time passes"):
        clock = client.post("clock", change, PATIENT_S)
    out(arguments, clock, lambda: shown(clock))
    return OK


def shown(clock: dict[str, Any]) -> str:
    """A clock in words."""
    from foulweather.wire.admin.times import shown_duration

    if clock["mode"] == "held":
        pace = "held"
    else:
        pace = "paced" if clock["rate"] == 1 else f"paced, {clock['rate']:g} times real time"
    line = f"{clock['now']}  ({pace})"
    if clock["next_due"] is None:
        return f"{line}\nNothing is due."
    away = shown_duration(max(0, clock["next_due_ms"] - clock["now_ms"]))
    return f"{line}\n{clock['due']} due; next at {clock['next_due']}, in {away}."
