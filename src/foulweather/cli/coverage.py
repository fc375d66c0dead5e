"""`coverage`."""

from __future__ import annotations

import argparse
from typing import Any

from foulweather.cli.exits import OK
from foulweather.cli.parsing import Commands, client_of, out


def add(commands: Commands) -> None:
    """Declare the command."""
    coverage = commands.add(
        "coverage",
        run_coverage,
        "What is built",
        "Shows how many of each service's operations are built, and what was asked for and is not. What is not built\n"
        "answers 501, never a made-up success.",
        "  foulweather coverage\n  foulweather coverage sqs\n  foulweather coverage sns --missing\n",
    )
    coverage.add_argument(
        "service", nargs="?", default="", metavar="SERVICE", help="one service, operation by operation"
    )
    coverage.add_argument("--missing", action="store_true", help="only what is not built")


def run_coverage(arguments: argparse.Namespace) -> int:
    """Show what is built."""
    query = {"service": arguments.service} if arguments.service else {}
    found = client_of(arguments).get("coverage", query)
    out(arguments, found, lambda: _shown(found, one=bool(arguments.service), missing=arguments.missing))
    return OK


def _shown(found: dict[str, Any], *, one: bool, missing: bool) -> str:
    lines: list[str] = []
    for service in found["services"]:
        built, absent = service["built"], service["not_built"]
        lines.append(f"{service['service']}: {len(built)} of {len(built) + len(absent)} operations")
        if one and not missing:
            lines += [f"  + {name}" for name in built]
        if one or missing:
            lines += [f"  - {name}" for name in absent]
    if found["asked_for"]:
        lines += ["", "Asked for, and not built:"]
        lines += [f"  {count:>6} × {name}" for name, count in found["asked_for"].items()]
    if not one:
        lines += ["", f"{len(found['unbuilt'])} further services of AWS answer 501."]
    return "\n".join(lines)
