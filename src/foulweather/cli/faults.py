"""`fault add|list|clear`."""

from __future__ import annotations

import argparse
from typing import Any

from foulweather.cli.exits import OK, USAGE, Stop
from foulweather.cli.parsing import Commands, client_of, out, takes_world

PATTERNS = ("service", "operation", "account", "region", "principal")


def add(commands: Commands) -> None:
    """Declare the commands."""
    fault = commands.group(
        "fault",
        "Break something on purpose",
        "A fault changes a fact of the world; what fails then fails of that.",
        "  foulweather fault add unavailable --service sqs --percent 30 --for 10m\n"
        "  foulweather fault add slow --service dynamodb --delay 2s\n"
        "  foulweather fault add quota --service sns --operation Publish --per-s 5\n"
        "  foulweather fault list\n  foulweather fault clear\n",
    )
    made = fault.add(
        "add",
        run_add,
        "Make a fault",
        "unavailable: calls are answered 503. slow: calls are held up by --delay of the world's time.\n"
        "quota: the rate of an operation is lowered to --per-s. Patterns may have `*`; without any, every call is met.",
        "  foulweather fault add unavailable --service sqs --region eu-west-1 --for 10m\n"
        "  foulweather fault add slow --service sns --operation Publish --delay 800ms\n",
    )
    made.add_argument("kind", choices=("unavailable", "slow", "quota"), help="what is wrong")
    for name in PATTERNS:
        made.add_argument(f"--{name}", default="*", metavar="PATTERN", help=f"calls of this {name} (default: any)")
    made.add_argument("--percent", type=int, default=100, metavar="N", help="the share of those calls (default 100)")
    made.add_argument("--delay", metavar="DURATION", help="how long a slow call is held up")
    made.add_argument("--per-s", type=int, metavar="N", help="the lowered rate of a quota, in calls a second")
    made.add_argument("--for", dest="lasts", metavar="DURATION", help="mends by itself after this (default: never)")
    listed = fault.add("list", run_list, "Show the faults", "Shows the faults in force.", "  foulweather fault list\n")
    mended = fault.add(
        "clear",
        run_clear,
        "Mend",
        "Mends one fault, or all.",
        "  foulweather fault clear fault-1a2b3c4d\n  foulweather fault clear\n",
    )
    mended.add_argument("id", nargs="?", default="", metavar="ID", help="the fault (default: all)")
    for parser in (made, listed, mended):
        takes_world(parser)


def run_add(arguments: argparse.Namespace) -> int:
    """Make a fault."""
    from foulweather.wire.admin.times import parse_duration

    body: dict[str, Any] = {"kind": arguments.kind, "percent": arguments.percent}
    body |= {name: getattr(arguments, name) for name in PATTERNS if getattr(arguments, name) != "*"}
    try:
        if arguments.delay is not None:
            body["delay"] = parse_duration(arguments.delay)
        if arguments.lasts is not None:
            body["for"] = parse_duration(arguments.lasts)
    except ValueError as error:
        raise Stop(USAGE, f"{error}.") from None
    if arguments.per_s is not None:
        body["per_s"] = arguments.per_s
    fault = client_of(arguments).post("faults", body)
    out(arguments, fault, lambda: f"{_shown(fault)}\nMend it with: foulweather fault clear {fault['id']}")
    return OK


def run_list(arguments: argparse.Namespace) -> int:
    """Show the faults."""
    found = client_of(arguments).get("faults")
    out(arguments, found, lambda: "\n".join(map(_shown, found["faults"])) or "Nothing is broken.")
    return OK


def run_clear(arguments: argparse.Namespace) -> int:
    """Mend one fault, or all."""
    from urllib.parse import quote

    path = f"faults/{quote(arguments.id, safe='')}" if arguments.id else "faults"
    mended = client_of(arguments).delete(path)
    text = "\n".join(f"Mended {_shown(fault)}" for fault in mended["faults"]) or "Nothing was broken."
    out(arguments, mended, lambda: text)
    return OK


def _shown(fault: dict[str, Any]) -> str:
    from foulweather.wire.admin.times import iso, shown_duration

    parts = [f"{fault['id']}  {fault['kind']}"]
    parts += [f"{name} {fault[name]}" for name in PATTERNS if fault.get(name, "*") != "*"]
    if fault.get("percent", 100) != 100:
        parts.append(f"{fault['percent']} % of calls")
    if fault.get("delay_ms"):
        parts.append(f"held up by {shown_duration(fault['delay_ms'])}")
    if fault.get("per_s"):
        parts.append(f"{fault['per_s']} calls a second")
    if fault.get("until_ms"):
        parts.append(f"until {iso(fault['until_ms'])}")
    return ", ".join(parts)
