"""Why something went wrong, for people: the verdict, the path, the evidence, and what would change it."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterator
from typing import Any, cast

from foulweather.cli import path, waterfall
from foulweather.cli.style import PLAIN_WIDTH, Style
from foulweather.kernel.trace import Hop, Trace
from foulweather.kernel.why import Fact, Why
from foulweather.wire.admin.times import iso

SHORT_VALUE_MAX = 60
TOLD_IN_FULL_MAX = 5
"""Of so many failures in one trace the evidence is shown; of the rest the causes."""
RECENT_MS = (1_000_000_000_000, 10_000_000_000_000)
"""A whole number from 2001 to 2286, in milliseconds, is a time."""
_STATEMENT = re.compile(r"\bstatement (?:number (\d+)|(\S+?)) of\b", re.IGNORECASE)


def explained(trace: Trace, style: Style, endpoint: str = "") -> str:
    """A trace in which something went wrong, in words; its commands are for the server at the endpoint."""
    deaths = _deaths(trace)
    if not deaths:
        first = trace.hops[0]
        said = f"Nothing went wrong in {first.request_id}."
        return "\n".join([style.strong(said), "", *path.drawn(trace, style)])
    lines: list[str] = []
    for number, (hop, count) in enumerate(deaths):
        place = f"{number + 1} of {len(deaths)}  " if len(deaths) > 1 else ""
        if number == 0:
            lines += [*_verdict(hop, count, place, style), "", *_heading("Path", trace, style)]
            lines += path.drawn(trace, style)
        else:
            lines += ["", *_verdict(hop, count, place, style)]
        if number < TOLD_IN_FULL_MAX:
            why = cast(Why, hop.why)
            lines += _evidence(why, style)
            lines += _remedies(why, hop.region, endpoint, style)
    return "\n".join(lines)


def followed(trace: Trace, style: Style) -> str:
    """The whole path of a request, on the time that it took."""
    return "\n".join([*_heading("Trace", trace, style), *waterfall.drawn(trace, style)])


def _deaths(trace: Trace) -> list[tuple[Hop, int]]:
    """The hops that the request died of, what it died of first in front; the same reason again is counted."""
    wrong = [hop for hop in trace.hops if hop.went_wrong]
    parents = {hop.parent_id for hop in wrong}
    leaves = [hop for hop in wrong if hop.request_id not in parents]
    first = trace.first_wrong()
    if first is not None:
        leaves.sort(key=lambda hop: hop is not first)
    counted: dict[tuple[str, ...], tuple[Hop, int]] = {}
    for hop in leaves:
        if not any(_is_told_by(other, hop) for other in leaves):
            same = (hop.code, hop.operation, hop.resource, *(why.cause for why in _flat(hop.why)))
            counted[same] = (counted[same][0], counted[same][1] + 1) if same in counted else (hop, 1)
    return list(counted.values())


def _is_told_by(other: Hop, hop: Hop) -> bool:
    """Whether another hop's reasons go on to this one's: a drop tells of the refusal behind it."""
    return other.why is not None and any(why == hop.why for cause in other.why.because for why in _flat(cause))


def _verdict(hop: Hop, count: int, place: str, style: Style) -> list[str]:
    """The decision in one sentence, then what led to it, down to the first cause."""
    why = cast(Why, hop.why)
    times = f" ({style.times}{count})" if count > 1 else ""
    lines = [style.bad(f"{style.cross} {place}{why.decision.capitalize()}{times}: ") + style.strong(why.cause)]
    lines += [f"{'  ' * depth}because {_mid_sentence(cause.cause)}" for depth, cause in _causes(why.because, 1)]
    return lines


def _mid_sentence(cause: str) -> str:
    """A sentence as it goes on after another word; names in capitals stay."""
    return cause[:1].lower() + cause[1:] if cause[1:2].islower() or cause[1:2] == " " else cause


def _causes(because: tuple[Why, ...], depth: int) -> Iterator[tuple[int, Why]]:
    for why in because:
        yield depth, why
        yield from _causes(why.because, depth + 1)


def _heading(name: str, trace: Trace, style: Style) -> list[str]:
    first = trace.hops[0]
    return [f"{style.strong(name)}  {style.faint(f'{iso(first.at_ms)}  request {first.request_id}')}"]


def _evidence(why: Why, style: Style) -> list[str]:
    # A policy that several reasons are about is shown once, with the statements of all of them marked.
    causes: dict[str, str] = {}
    facts: dict[str, Fact] = {}
    for one in _flat(why):
        for fact in one.facts:
            same = json.dumps([fact.resource, fact.property, fact.value], default=str)
            facts.setdefault(same, fact)
            causes[same] = f"{causes.get(same, '')} {one.cause}"
    lines = list(dict.fromkeys("\n".join(_fact(fact, causes[same], style)) for same, fact in facts.items()))
    return ["", style.strong("Evidence"), *(line for drawn in lines for line in drawn.split("\n"))] if lines else []


def _flat(why: Why | None) -> Iterator[Why]:
    if why is not None:
        yield why
        for cause in why.because:
            yield from _flat(cause)


def _deepest_first(why: Why) -> Iterator[Why]:
    for cause in why.because:
        yield from _deepest_first(cause)
    yield why


def _fact(fact: Fact, cause: str, style: Style) -> list[str]:
    name = f"  {fact.resource} {style.dot} {style.strong(fact.property)}"
    value = _parsed(fact.value)
    if isinstance(value, dict | list) and len(json.dumps(value, ensure_ascii=False)) > SHORT_VALUE_MAX:
        lines = [f"{name} =", *_document(value, cause, style)]
    else:
        lines = [f"{name} = {_short(value)}"]
    setter = fact.set_by
    if setter is not None:
        request = f" (request {setter.request_id})" if setter.request_id else ""
        said = f"set by {setter.who} at {iso(setter.at_ms)} through {setter.operation}{request}"
        lines.append(style.faint(f"      {said}"))
    return lines


def _parsed(value: Any) -> Any:
    """A value with JSON in it, such as a policy's text, as what it says."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _short(value: Any) -> str:
    if value is None:
        return "(not there)"
    if isinstance(value, str):
        return value if value else '""'
    if isinstance(value, int) and RECENT_MS[0] <= value < RECENT_MS[1]:
        return f"{value} ({iso(value)})"
    return json.dumps(value, ensure_ascii=False)


def _document(value: Any, cause: str, style: Style) -> list[str]:
    """A JSON value over several lines; of a policy, the statement that the cause names is marked."""
    if isinstance(value, dict) and isinstance(cast("dict[str, Any]", value).get("Statement"), list | dict):
        return _policy(cast("dict[str, Any]", value), cause, style)
    return [line for each in _pretty(value, style) for line in _wrapped(each, "      ", style)]


def _policy(policy: dict[str, Any], cause: str, style: Style) -> list[str]:
    statements: Any = policy["Statement"]
    every = cast("list[Any]", statements) if isinstance(statements, list) else [statements]
    lines = [f"      {name}: {_short(value)}" for name, value in policy.items() if name != "Statement"]
    for number, statement in enumerate(every):
        is_named = _names(cause, number, statement)
        for index, line in enumerate(each for text in _pretty(statement, style) for each in _wrapped(text, "", style)):
            mark = f"    {style.pointer} " if is_named and index == 0 else "      "
            lines.append(style.bad(mark + line) if is_named else mark + line)
    return lines


def _names(cause: str, number: int, statement: Any) -> bool:
    """Whether a cause names a statement, by its Sid or by its number."""
    sid = cast("dict[str, Any]", statement).get("Sid") if isinstance(statement, dict) else None
    return any(int(one[1]) == number + 1 if one[1] else one[2] == sid for one in _STATEMENT.finditer(cause))


def _pretty(value: Any, style: Style, *, name: str = "", comma: str = "", indent: str = "") -> list[str]:
    """A value as indented JSON; what fits on a line stays on it."""
    whole = f"{indent}{name}{json.dumps(value, ensure_ascii=False)}{comma}"
    if not isinstance(value, dict | list) or not value or len(whole) <= min(style.width, PLAIN_WIDTH) - 20:
        return [whole]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    items: list[tuple[str, Any]]
    if isinstance(value, dict):
        items = [(f"{json.dumps(key)}: ", each) for key, each in cast("dict[str, Any]", value).items()]
    else:
        items = [("", each) for each in cast("list[Any]", value)]
    lines = [f"{indent}{name}{opening}"]
    for number, (key, each) in enumerate(items, 1):
        last = "" if number == len(items) else ","
        lines += _pretty(each, style, name=key, comma=last, indent=f"{indent}  ")
    return [*lines, f"{indent}{closing}{comma}"]


def _wrapped(line: str, indent: str, style: Style) -> list[str]:
    inner = indent + " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(),
        max(style.width, 40),
        initial_indent=inner,
        subsequent_indent=f"{inner}    ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [inner]


def _remedies(why: Why, region: str, endpoint: str, style: Style) -> list[str]:
    """The commands, each on a line of its own, exactly as they can be pasted."""
    # The first cause's come first: a dead-letter queue keeps what a missing permission loses, it does not mend it.
    commands = list(dict.fromkeys(command for one in _deepest_first(why) for command in one.remedy))
    if not commands:
        return []
    options = _options(region, endpoint)
    aimed = [_aimed(command, options) if command.startswith("aws ") else command for command in commands]
    return ["", style.strong("What would change it:"), *(style.command(command) for command in aimed)]


def _options(region: str, endpoint: str) -> dict[str, str]:
    """The options that an AWS CLI command needs to reach where it happened, as it is run from this shell.

    Version 1 goes to AWS itself for sqs and some others, whatever AWS_ENDPOINT_URL says, and knows no AWS_REGION.
    """
    if not endpoint:
        return {}
    options = {"--endpoint-url": endpoint}
    default = os.environ.get("AWS_DEFAULT_REGION")
    if region and not (default == region and (os.environ.get("AWS_REGION") or default) == region):
        options["--region"] = region
    return options


def _aimed(command: str, options: dict[str, str]) -> str:
    aimed = command + "".join(f" {name} {value}" for name, value in options.items() if f" {name} " not in command)
    endpoint = options.get("--endpoint-url", "")
    if not command.startswith("aws s3control ") or not endpoint.startswith("http://"):
        return aimed
    # s3control puts the account in front of the endpoint's host name, which no address bears and few resolvers know:
    # the server as the proxy is asked for that name.
    port = endpoint.rpartition(":")[2].strip("/")
    here = f"http://localhost:{port}" if port.isdigit() else "http://localhost"
    return f"http_proxy={endpoint} no_proxy= " + aimed.replace(f" --endpoint-url {endpoint}", f" --endpoint-url {here}")
