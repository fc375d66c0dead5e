"""`why`, `trace`, `events`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from foulweather.cli.endpoint import Endpoint
from foulweather.cli.exits import OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, client_of, out, takes_world


def add(commands: Commands) -> None:
    """Declare the commands."""
    why = commands.add(
        "why",
        run_why,
        "Why a request failed",
        "Shows the reason of a failure: what was decided, the path there, the facts that decided it and who set them,\n"
        "and the commands that would change it. Without an id, of the last failure.",
        "  foulweather why --last\n"
        "  foulweather why arn:aws:states:us-east-1:000000000000:execution:orders:1234   # what ended it\n"
        "  foulweather why 6f1d3f0e-8f5c-4a43-9d5c-0c5a3f6b7c8d   # an error's request id\n"
        "  foulweather why --last --json\n",
    )
    trace = commands.add(
        "trace",
        run_trace,
        "The path that a request took",
        "Draws every hop of a request as a bar on the time that it took, through all services, and marks where it\n"
        "failed. Without an id, the latest requests.",
        "  foulweather trace\n  foulweather trace --last\n  foulweather trace 6f1d3f0e-8f5c-4a43-9d5c-0c5a3f6b7c8d\n",
    )
    for parser in (why, trace):
        _takes_id(parser)
    trace.add_argument("--wrong", action="store_true", help="in the list, only those in which something went wrong")
    trace.add_argument("-n", "--limit", type=int, default=20, metavar="N", help="how many are listed (default 20)")
    events = commands.add(
        "events",
        run_events,
        "What happened in the world",
        "Shows the world's journal, one event a line. Patterns may have `*`.",
        "  foulweather events\n  foulweather events -f --kind 'sqs.*'\n"
        "  foulweather events --resource 'arn:aws:sns:*' --json\n",
    )
    events.add_argument("-f", "--follow", action="store_true", help="go on with what happens, until Ctrl-C")
    events.add_argument("--kind", default="", metavar="PATTERN", help="events of a kind (sqs.MessageSent, api.Call)")
    events.add_argument("--resource", default="", metavar="PATTERN", help="events of a resource (an ARN)")
    events.add_argument("--since", type=int, default=0, metavar="SEQ", help="events after that number")
    events.add_argument(
        "-n", "--limit", type=int, metavar="N", help="only the last so many (default: all that are held)"
    )
    for parser in (why, trace, events):
        takes_world(parser)


def _takes_id(parser: Command) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("id", nargs="?", default="", metavar="ID", help="a request id, a trace id, or an ARN")
    which.add_argument("--last", action="store_true", help="the last one")


def run_why(arguments: argparse.Namespace) -> int:
    """Explain a failure."""
    from foulweather.cli import why
    from foulweather.cli.style import standard

    found = _trace(arguments, "why")
    endpoint = Endpoint.of(arguments).url
    out(arguments, found, lambda: why.explained(_typed(found), standard(), endpoint))
    return OK


def run_trace(arguments: argparse.Namespace) -> int:
    """Show a path, or the latest requests."""
    from foulweather.cli import why
    from foulweather.cli.style import standard

    if not arguments.id and not arguments.last:
        return _list(arguments)
    found = _trace(arguments, "trace")
    out(arguments, found, lambda: why.followed(_typed(found), standard()))
    return OK


def _list(arguments: argparse.Namespace) -> int:
    if arguments.limit < 1:
        raise Stop(USAGE, "--limit is a number above 0.")
    query = {"limit": str(arguments.limit)}
    if arguments.wrong:
        query["wrong"] = "true"
    found = client_of(arguments).get("traces", query)
    out(arguments, found, lambda: "\n".join(map(_line, found["traces"])) or "No request was made yet.")
    return OK


def _trace(arguments: argparse.Namespace, path: str) -> Any:
    from urllib.parse import quote

    return client_of(arguments).get(f"{path}/{quote(arguments.id, safe='') if arguments.id else 'last'}")


def _typed(found: Any) -> Any:
    import msgspec

    from foulweather.kernel.trace import Trace

    return msgspec.convert(found, Trace)


def _line(trace: dict[str, Any]) -> str:
    from foulweather.cli.style import standard
    from foulweather.wire.admin.times import iso

    style = standard()
    code = trace["code"] or trace["decision"]
    outcome = style.bad(f"{style.cross} {code}") if code else style.good(style.tick)
    what = f"{trace['service']}:{trace['operation']}".strip(":") or "request"
    hops = f"  {trace['hops']} hops" if trace["hops"] > 1 else ""
    return f"{iso(trace['at_ms'])}  {trace['trace_id']}  {style.strong(what)}  {outcome}{style.faint(hops)}"


def run_events(arguments: argparse.Namespace) -> int:
    """Show the journal."""
    query = {"kind": arguments.kind, "resource": arguments.resource, "since": str(arguments.since)}
    if arguments.limit is not None:
        query["limit"] = str(arguments.limit)
    if arguments.follow:
        query["follow"] = "true"
    for line in client_of(arguments).lines("events", {name: value for name, value in query.items() if value}):
        sys.stdout.write(line.decode() if arguments.json else f"{_event(line)}\n")
        if arguments.follow:
            sys.stdout.flush()
    return OK


def _event(line: bytes) -> str:
    import json

    from foulweather.wire.admin.times import iso

    event = json.loads(line)
    if "lost" in event:
        return f"({event['lost']} events are missing here: this terminal was too slow)"
    facts = "  ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in event["facts"].items())
    place = f"{event['region']} " if event["region"] else ""
    return f"{event['seq']:>8}  {iso(event['at_ms'])}  {event['kind']}  {place}{event['resource']}  {facts}".rstrip()
