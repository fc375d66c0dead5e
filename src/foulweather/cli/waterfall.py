"""A trace as a waterfall: each hop a bar on the time that the whole request took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from foulweather.cli.style import Style
from foulweather.kernel.trace import Hop, Trace

BAR_WIDTHS = (16, 48)
"""The least and the most columns that the time is drawn on."""
NAME_WIDTH_MAX = 52
TOOK_WIDTH = 9
OUTCOME_WIDTH = 26


def drawn(trace: Trace, style: Style) -> list[str]:
    """A line for each hop, children below their parents, and the hop that it died of marked with its cause."""
    rows = list(_rows(trace, style))
    began_ms = trace.hops[0].at_ms
    ended_ms = max(max(hop.at_ms, hop.ended_ms) for hop in trace.hops)
    name_width = min(NAME_WIDTH_MAX, max(len(name) for name, _ in rows))
    room = style.width - name_width - TOOK_WIDTH - OUTCOME_WIDTH - 6
    width = max(BAR_WIDTHS[0], min(BAR_WIDTHS[1], room))
    died_of = trace.first_wrong()
    lines = [_scale(ended_ms - began_ms, name_width, width, style)]
    for name, hop in rows:
        bar = _bar(hop, began_ms, ended_ms, width, style)
        took = "under way" if not hop.ended_ms else duration(hop.ended_ms - hop.at_ms)
        label = _cut(name, name_width).ljust(name_width)
        lines.append(f"{label}  {took:>{TOOK_WIDTH}}  {bar}  {_outcome(hop, style)}".rstrip())
        if hop is died_of and hop.why is not None:
            indent = " " * (name_width + TOOK_WIDTH + 4)
            lines.append(style.bad(f"{indent}{style.pointer} {hop.why.cause}"))
    return lines


def duration(took_ms: int) -> str:
    """A time as people say it: 12 ms, 1.25 s, 4 min 10 s, 3 d 2 h."""
    if took_ms < 1000:
        return f"{took_ms} ms"
    if took_ms < 60_000:
        return f"{took_ms / 1000:.2f} s"
    for unit, lesser, size in (("d", "h", 86_400), ("h", "min", 3600), ("min", "s", 60)):
        whole, rest = divmod(took_ms // 1000, size)
        if whole:
            part = rest // {"h": 3600, "min": 60, "s": 1}[lesser]
            return f"{whole} {unit} {part} {lesser}" if part else f"{whole} {unit}"
    raise AssertionError(took_ms)


def _rows(trace: Trace, style: Style) -> Iterator[tuple[str, Hop]]:
    """Every hop with its name behind the branches that lead to it, depth first."""
    root, *rest = trace.hops
    known = {hop.request_id for hop in trace.hops}
    children: defaultdict[str, list[Hop]] = defaultdict(list)
    for hop in rest:
        is_placed = hop.parent_id in known and hop.parent_id != hop.request_id
        children[hop.parent_id if is_placed else root.request_id].append(hop)
    branch, last_branch, on, off = style.branches
    waiting: list[tuple[Hop, str, str]] = [(root, "", "")]
    seen: set[str] = set()
    while waiting:
        hop, before, indent = waiting.pop()
        yield before + _name(hop), hop
        if hop.request_id in seen:
            continue
        seen.add(hop.request_id)
        mine = children[hop.request_id]
        for number, child in reversed(list(enumerate(mine, 1))):
            is_last = number == len(mine)
            waiting.append((child, indent + (last_branch if is_last else branch), indent + (off if is_last else on)))


def _name(hop: Hop) -> str:
    what = hop.operation if ":" in hop.operation or "." in hop.operation else f"{hop.service}:{hop.operation}"
    name = what.strip(":") or "request"
    target = hop.resource.rpartition(":")[2] if hop.resource.startswith("arn:") else ""
    return f"{name} {target}" if target and target != "*" else name


def _scale(whole_ms: int, name_width: int, width: int, style: Style) -> str:
    end = duration(whole_ms)
    return " " * (name_width + TOOK_WIDTH + 4) + style.faint(f"0{end:>{width - 1}}")


def _bar(hop: Hop, began_ms: int, ended_ms: int, width: int, style: Style) -> str:
    """Where in the whole time the hop lies; what took no time is a tick mark."""
    whole_ms = max(1, ended_ms - began_ms)
    first = min(width - 1, (hop.at_ms - began_ms) * width // whole_ms)
    last = max(first + 1, -((began_ms - max(hop.ended_ms or ended_ms, hop.at_ms)) * width // whole_ms))
    took_ms = (hop.ended_ms or ended_ms) - hop.at_ms
    full, thin = ("█", "▏") if style.is_unicode else ("#", "|")
    mark = full * (min(last, width) - first) if took_ms > 0 else thin
    painted = style.bad(mark) if hop.went_wrong else style.good(mark)
    return " " * first + painted + " " * (width - first - len(mark))


def _outcome(hop: Hop, style: Style) -> str:
    if hop.code:
        return style.bad(f"{style.cross} {hop.code}")
    if hop.why is not None:
        return style.bad(f"{style.cross} {hop.why.decision}")
    return style.good(style.tick) if hop.ended_ms else ""


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 2]}.."
