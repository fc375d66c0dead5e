"""The path that a request took, drawn as a tree."""

from __future__ import annotations

from collections import defaultdict

from foulweather.cli.style import Style
from foulweather.kernel.trace import Hop, Trace

HOPS_SHOWN_MAX = 40


def drawn(trace: Trace, style: Style) -> list[str]:
    """The hops as a tree; of a long path, only what leads to what went wrong."""
    root, *rest = trace.hops
    children: defaultdict[str, list[Hop]] = defaultdict(list)
    known = {hop.request_id for hop in trace.hops}
    for hop in rest:
        children[
            hop.parent_id if hop.parent_id in known and hop.parent_id != hop.request_id else root.request_id
        ].append(hop)
    kept = known if len(trace.hops) <= HOPS_SHOWN_MAX else _leading_to_wrong(trace)
    lines = [_line(root, root, style)]
    seen = {root.request_id}

    def below(hop: Hop, prefix: str) -> None:
        branch, last_branch, on, off = style.branches
        mine = [child for child in children[hop.request_id] if child.request_id not in seen]
        seen.update(child.request_id for child in mine)
        shown = [child for child in mine if child.request_id in kept]
        for number, child in enumerate(shown, 1):
            is_last = number == len(shown) and len(shown) == len(mine)
            lines.append(f"{prefix}{style.faint(last_branch if is_last else branch)}{_line(child, root, style)}")
            below(child, prefix + style.faint(off if is_last else on))
        if len(shown) < len(mine):
            more = f"{len(mine) - len(shown)} more that went well"
            lines.append(f"{prefix}{style.faint(last_branch + more)}")

    below(root, "")
    return lines


def _leading_to_wrong(trace: Trace) -> set[str]:
    parents = {hop.request_id: hop.parent_id for hop in trace.hops}
    kept: set[str] = set()
    for hop in trace.hops:
        at = hop.request_id if hop.went_wrong else ""
        while at and at not in kept:
            kept.add(at)
            at = parents.get(at, "")
    return kept


def _line(hop: Hop, root: Hop, style: Style) -> str:
    what = hop.operation if ":" in hop.operation or "." in hop.operation else f"{hop.service}:{hop.operation}"
    parts = [style.faint(f"+{hop.at_ms - root.at_ms} ms"), style.strong(what.strip(":") or "request")]
    if hop.principal:
        parts.append(f"as {hop.principal}")
    if hop.resource and hop.resource != "*":
        parts.append(f"on {hop.resource}")
    if hop.code:
        parts.append(style.bad(f"{style.cross} {hop.code}"))
    elif hop.why is not None:
        parts.append(style.bad(f"{style.cross} {hop.why.decision}"))
    elif not hop.ended_ms:
        parts.append(style.faint("under way"))
    else:
        parts.append(style.good(style.tick))
    took_ms = hop.ended_ms - hop.at_ms
    if hop.ended_ms and took_ms > 0:
        parts.append(style.faint(f"({took_ms} ms)"))
    return "  ".join(parts)
