"""`fault add|list|clear|explain`."""

from __future__ import annotations

import argparse
from typing import Any

from foulweather.cli.exits import OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, client_of, out, takes_world
from foulweather.cli.style import Style, standard

PATTERNS = {
    "service": "calls of this service, as boto3 names it (default: any)",
    "operation": "calls of this operation, as the API names it (default: any)",
    "account": "calls in this account (default: any)",
    "region": "calls in this region (default: any)",
    "principal": "calls of the principal with this ARN (default: any)",
    "access-key": "calls with this access key id (default: any)",
    "resource": "calls about the resource with this ARN (default: any)",
}
KINDS = {
    "unavailable": "the service answers 503 ServiceUnavailable",
    "errors": "it answers the error of --code, one of the service's own or one that all of AWS shares",
    "slow": "calls are held up by --delay of the world's time",
    "quota": "the rate of an operation is changed to --per-s",
    "credential": "access keys are inactive, and sessions expired, all of a sudden",
    "clock": "the caller's clock is --ahead or --behind, and so are its signatures",
    "crash": "a process dies --when the operation did not yet, or did already, take effect: no answer",
    "network": "no request arrives; connections end --as a reset, or as a timeout after --delay",
    "zone": "the Availability Zone of --zone is impaired (for services that run in one)",
}


def add(commands: Commands) -> None:
    """Declare the commands."""
    fault = commands.group(
        "fault",
        "Break something on purpose",
        "A fault changes a fact of the world; what fails then fails of that, and `why` names the fault.",
        "  foulweather fault add unavailable --service sqs --percent 30 --for 10m\n"
        "  foulweather fault add errors --service dynamodb --code ThrottlingException --percent 5\n"
        "  foulweather fault add network --service sns --region eu-west-1 --as timeout --delay 30s\n"
        "  foulweather fault list\n  foulweather fault explain fault-1a2b3c4d\n  foulweather fault clear\n",
    )
    made = fault.add(
        "add",
        run_add,
        "Make a fault",
        "\n".join(f"{kind}: {what}." for kind, what in KINDS.items())
        + "\nPatterns may have `*`; without any, every call is met.",
        "  foulweather fault add unavailable --service sqs --region eu-west-1 --for 10m\n"
        "  foulweather fault add errors --service sqs --code InternalFailure --percent 20\n"
        "  foulweather fault add slow --resource 'arn:aws:sns:*:*:orders*' --delay 800ms\n"
        "  foulweather fault add quota --service sns --operation Publish --per-s 5\n"
        "  foulweather fault add credential --principal '*:user/deployer'\n"
        "  foulweather fault add clock --access-key AKIAIOSFODNN7EXAMPLE --behind 20m\n"
        "  foulweather fault add crash --service sqs --operation SendMessage --when after --percent 10\n"
        "  foulweather fault add network --service sqs --as reset\n",
    )
    made.add_argument("kind", choices=tuple(KINDS), help="what is wrong")
    _takes_members(made)
    listed = fault.add("list", run_list, "Show the faults", "Shows the faults in force.", "  foulweather fault list\n")
    told = fault.add(
        "explain",
        run_explain,
        "Explain one",
        "Tells what a fault changes, for which calls, since when and until when, and which calls it met.\n"
        "Faults that were mended or have ended are explained too.",
        "  foulweather fault explain fault-1a2b3c4d\n",
    )
    told.add_argument("id", metavar="ID", help="the fault")
    mended = fault.add(
        "clear",
        run_clear,
        "Mend",
        "Mends one fault, or all.",
        "  foulweather fault clear fault-1a2b3c4d\n  foulweather fault clear\n",
    )
    mended.add_argument("id", nargs="?", default="", metavar="ID", help="the fault (default: all)")
    for parser in (made, listed, told, mended):
        takes_world(parser)


def _takes_members(made: Command) -> None:
    for name, what in PATTERNS.items():
        made.add_argument(f"--{name}", default="*", metavar="PATTERN", help=what)
    made.add_argument("--zone", default="", metavar="NAME", help="the impaired Availability Zone (us-east-1a)")
    made.add_argument("--percent", type=int, default=100, metavar="N", help="the share of those calls (default 100)")
    made.add_argument(
        "--delay", metavar="DURATION", help="how long a slow call is held up, or a connection that will time out"
    )
    made.add_argument("--per-s", type=int, metavar="N", help="the changed rate of a quota, in calls a second")
    made.add_argument("--code", default="", metavar="CODE", help="the error that is answered")
    made.add_argument("--status", type=int, default=0, metavar="N", help="its HTTP status (default: as AWS has it)")
    made.add_argument("--message", default="", metavar="TEXT", help="its message (default: AWS's, or the code)")
    clock = made.add_mutually_exclusive_group()
    clock.add_argument("--ahead", metavar="DURATION", help="how far a caller's clock is ahead")
    clock.add_argument("--behind", metavar="DURATION", help="how far a caller's clock is behind")
    made.add_argument("--when", choices=("before", "after"), help="a process dies before or after the effect")
    made.add_argument("--as", dest="how", choices=("reset", "timeout"), help="how a cut connection ends")
    made.add_argument("--for", dest="lasts", metavar="DURATION", help="mends by itself after this (default: never)")
    made.add_argument("--by", default="", metavar="NAME", help="who breaks it, for the record (default: your login)")


def run_add(arguments: argparse.Namespace) -> int:
    """Make a fault."""
    from foulweather.wire.admin.times import parse_duration

    body: dict[str, Any] = {"kind": arguments.kind, "percent": arguments.percent, "by": arguments.by or _login()}
    for option in PATTERNS:
        name = option.replace("-", "_")
        if getattr(arguments, name) != "*":
            body[name] = getattr(arguments, name)
    for name in ("zone", "per_s", "code", "status", "message", "when"):
        if getattr(arguments, name):
            body[name] = getattr(arguments, name)
    if arguments.per_s is not None:
        body["per_s"] = arguments.per_s
    if arguments.how:
        body["as"] = arguments.how
    try:
        for name, given in (
            ("delay", arguments.delay),
            ("ahead", arguments.ahead),
            ("behind", arguments.behind),
            ("for", arguments.lasts),
        ):
            if given is not None:
                body[name] = parse_duration(given)
    except ValueError as error:
        raise Stop(USAGE, f"{error}.") from None
    fault = client_of(arguments).post("faults", body)
    out(arguments, fault, lambda: f"{_line(fault)}\nMend it with: foulweather fault clear {fault['id']}")
    return OK


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def run_list(arguments: argparse.Namespace) -> int:
    """Show the faults."""
    found = client_of(arguments).get("faults")
    out(arguments, found, lambda: table(found["faults"], standard()) or "Nothing is broken.")
    return OK


def run_explain(arguments: argparse.Namespace) -> int:
    """Explain one fault."""
    from urllib.parse import quote

    told = client_of(arguments).get(f"faults/{quote(arguments.id, safe='')}/explained")
    out(arguments, told, lambda: explained(told, standard()))
    return OK


def run_clear(arguments: argparse.Namespace) -> int:
    """Mend one fault, or all."""
    from urllib.parse import quote

    path = f"faults/{quote(arguments.id, safe='')}" if arguments.id else "faults"
    mended = client_of(arguments).delete(path)
    text = "\n".join(f"Mended {_line(fault)}" for fault in mended["faults"]) or "Nothing was broken."
    out(arguments, mended, lambda: text)
    return OK


# --- in words


def table(faults: list[dict[str, Any]], style: Style) -> str:
    """Faults as a table; empty where there are none."""
    if not faults:
        return ""
    head = ("FAULT", "KIND", "WHAT", "SCOPE", "SINCE", "ENDS", "HITS")
    rows = [head, *(_row(fault) for fault in faults)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines: list[str] = []
    for number, row in enumerate(rows):
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        cells[-1] = row[-1].rjust(widths[-1])
        if number == 0:
            lines.append(style.strong("  ".join(cells)))
            continue
        cells[1] = style.bad(cells[1])
        cells[4], cells[5] = style.faint(cells[4]), style.faint(cells[5])
        lines.append("  ".join(cells))
    return "\n".join(lines)


def _row(fault: dict[str, Any]) -> tuple[str, ...]:
    from foulweather.wire.admin.times import iso

    ends = iso(fault["until_ms"]) if fault.get("until_ms") else "when cleared"
    since = iso(fault["made_at_ms"])
    return fault["id"], fault["kind"], _what(fault) or "-", _scope(fault), since, ends, str(fault.get("hits", 0))


def _scope(fault: dict[str, Any]) -> str:
    parts = [
        f"{option} {fault[name]}"
        for option, name in ((option, option.replace("-", "_")) for option in PATTERNS)
        if fault.get(name, "*") != "*"
    ]
    if fault.get("percent", 100) != 100:
        parts.append(f"{fault['percent']} % of calls")
    return ", ".join(parts) or "everything"


def _what(fault: dict[str, Any]) -> str:
    from foulweather.wire.admin.times import shown_duration

    parts: list[str] = []
    if fault.get("code"):
        parts.append(f"{fault['code']} {fault['status']}")
    if fault.get("as"):
        parts.append(str(fault["as"]))
    if fault.get("delay_ms"):
        held = "held up by" if fault["kind"] == "slow" else "after"
        parts.append(f"{held} {shown_duration(fault['delay_ms'])}")
    if fault.get("per_s"):
        parts.append(f"{fault['per_s']} calls a second")
    if fault.get("offset_ms"):
        side = "ahead" if fault["offset_ms"] > 0 else "behind"
        parts.append(f"{shown_duration(abs(fault['offset_ms']))} {side}")
    if fault.get("when"):
        parts.append(f"{fault['when']} the effect")
    if fault.get("zone"):
        parts.append(str(fault["zone"]))
    return " ".join(parts)


def _line(fault: dict[str, Any]) -> str:
    from foulweather.wire.admin.times import iso

    parts = [f"{fault['id']}  {fault['kind']}"]
    parts += [part for part in (_what(fault), _scope(fault)) if part]
    if fault.get("until_ms"):
        parts.append(f"until {iso(fault['until_ms'])}")
    return ", ".join(parts)


def explained(told: dict[str, Any], style: Style) -> str:
    """A fault in words: what it changes, for which calls, and what it did."""
    from foulweather.wire.admin.times import iso

    fault = told["fault"]
    state = style.bad(told["state"]) if told["state"] == "in force" else style.good(told["state"])
    lines = [
        f"{style.strong(fault['id'])}  {fault['kind']}, {state}",
        f"  changes  {told['changes']}",
        f"  for      {told['scope']}",
        f"  since    {iso(told['since_ms'])}, added by {told['by']}",
    ]
    if told["state"] != "in force":
        lines.append(f"  ended    {iso(told['ends_ms'])}")
    else:
        lines.append(f"  ends     {iso(told['ends_ms']) if told['ends_ms'] else 'when it is cleared'}")
    if told["obeyed_by"]:
        lines.append(f"  obeyed   by {', '.join(told['obeyed_by'])}")
    lines.append(f"  met      {told['hits']} call{'' if told['hits'] == 1 else 's'}")
    for hit in told["latest"]:
        about = f" on {hit['resource']}" if hit["resource"] else ""
        lines.append(
            f"    {style.faint(iso(hit['at_ms']))}  {hit['service']}:{hit['operation']} by {hit['principal']}{about}"
            f"  trace {hit['trace_id']}"
        )
    if told["latest"]:
        lines.append(f"  ask      {style.command('foulweather why ' + told['latest'][-1]['trace_id'])}")
    if told["clear"]:
        lines.append(f"  mend     {style.command(told['clear'])}")
    return "\n".join(lines)
