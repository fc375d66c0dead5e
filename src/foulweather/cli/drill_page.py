"""What drills look like in a terminal: the list, the page, how far one is, how requests fared, reasons."""

from __future__ import annotations

import textwrap
from typing import Any

from foulweather.cli.style import Style, table


def listed(found: list[dict[str, Any]], style: Style) -> str:
    """Every drill, one a line."""
    star = "★" if style.is_unicode else "*"
    rows = [
        (
            one["id"],
            star * one["level"],
            f"{one['minutes']:>3} min",
            f"[{one['state']}]" if one["state"] else "",
            one["title"],
        )
        for one in found
    ]
    ids = {one["id"] for one in found}
    lines: list[str] = []
    for line in table(rows, style.width):
        name, space, rest = line.partition(" ")
        lines.append(f"{style.strong(name)}{space}{rest}" if name in ids else line)
    return "\n".join(lines) or "There are no drills."


def paged(shown: dict[str, Any], page: str, style: Style) -> str:
    """The page that wakes somebody, and the way in."""
    first, *rest = page.splitlines()
    return "\n".join(
        [
            style.bad(f"You are paged.  {first}"),
            *rest,
            "",
            f"Account {shown['account']}, region {shown['region']}. Your way in:",
            style.command('  eval "$(foulweather drill env)"'),
            f"You have about {shown['minutes']} minutes of the world.",
            f"Stuck: {style.command('foulweather drill hint')}.",
            f"Mended: {style.command('foulweather drill check')}.",
        ]
    )


def status(shown: dict[str, Any], style: Style) -> str:
    """How far a drill is."""
    score = shown["score"]
    state = style.good("mended") if shown["state"] == "mended" else style.bad(shown["state"])
    lines = [
        f"{style.strong(shown['id'])}  {shown['title']}",
        f"{state}; it is {shown['now']} there, you were paged at {shown['paged_at']}",
        f"hints {shown['hints_opened']} of {shown['hints']}, failed checks {score['failed_checks']}",
        f"points {score['points']}" + ("" if shown["state"] == "mended" else " (until it is mended)"),
        *_faint(score["explained"], style),
        *traffic(score, shown["course"], style),
    ]
    if shown["applications"]:
        lines += ["", style.strong("Applications") + style.faint("  what a release can change; drill logs NAME")]
        rows = [
            (f"  {name}", " ".join(f"{key}={value}" for key, value in settings.items()))
            for name, settings in shown["applications"].items()
        ]
        lines += table(rows, style.width)
    return "\n".join(lines)


def traffic(score: dict[str, Any], course: dict[str, Any] | None, style: Style) -> list[str]:
    """How requests fared since the incident; nothing where nothing counted them and no call failed."""
    lines: list[str] = []
    if course is not None:
        most = max([*course["served"], *course["failed"], 1])
        at = (course["struck_ms"] - course["since_ms"]) // course["step_ms"]
        step_s = course["step_ms"] // 1000
        each = f"{step_s} s" if step_s < 120 else f"{step_s // 60} min"
        lines += [
            "",
            style.strong("Requests") + style.faint(f"  by when they were asked, {each} each, {most} at most"),
            f"  served  {style.good(style.bars(course['served'], most))}",
            f"  failed  {style.bad(style.bars(course['failed'], most))}",
            style.faint(f"          {' ' * at}^ the incident"),
        ]
    lost = score["lost"]
    if lost is not None:
        told = f"  {lost['lost']} of {lost['asked']} lost since the incident, {lost['served']} served"
        if lost["duplicated"]:
            told += f", {lost['duplicated']} twice or more"
        lines += [style.bad(told) if lost["lost"] or lost["duplicated"] else told]
        lines += _faint(f"counted {lost['counted']}", style, "  ")
    if score["errors"]:
        rows = [
            (f"  {app}", ", ".join(f"{count} {style.times} {code}" for code, count in codes.items()))
            for app, codes in score["errors"].items()
        ]
        lines += ["", style.strong("Failed calls since the incident"), *table(rows, style.width)]
    return lines


def mended(score: dict[str, Any], style: Style) -> str:
    """A check that passed."""
    return "\n".join(
        [
            f"{style.good(f'{style.tick} Mended.')} {score['points']} points.",
            *_faint(score["explained"], style),
            *_lost(score, style),
            f"What there is to learn: {style.command('foulweather drill debrief')}",
        ]
    )


def unmended(why: dict[str, Any], score: dict[str, Any], style: Style) -> str:
    """A check that did not pass, with its reason."""
    return "\n".join([style.bad(f"{style.cross} Not mended."), *_reasons(why, 1, style), *_lost(score, style)])


def debriefed(told: dict[str, Any], style: Style) -> str:
    """What there is to learn, after how it went."""
    went = traffic(told["score"], told["course"], style)
    return "\n".join([told["text"].rstrip(), *went])


def logged(told: dict[str, Any], style: Style) -> str:
    """An application's log."""
    lines = [f"{style.faint(line['at'])}  {line['text']}" for line in told["lines"]]
    if told["lines_before"]:
        lines = [style.faint(f"({told['lines_before']} lines before; -n shows more)"), *lines]
    return "\n".join(lines) or f"{told['app']} has written nothing down: it tells of what went wrong."


def _lost(score: dict[str, Any], style: Style) -> list[str]:
    lost = score["lost"]
    if lost is None:
        return []
    return [
        f"{lost['lost']} of {lost['asked']} requests were lost since the incident.",
        *_faint(f"counted {lost['counted']}", style),
    ]


def _reasons(why: dict[str, Any], depth: int, style: Style) -> list[str]:
    """A reason and its facts, without the remedy: that is for the learner to find."""
    indent = "  " * depth
    facts = why.get("facts", ())
    lines = [f"{indent}{why['cause']}"]
    lines += [f"{indent}  {fact['resource']} {style.dot} {fact['property']} = {fact['value']}" for fact in facts]
    for deeper in why.get("because", ()):
        lines += _reasons(deeper, depth + 1, style)
    return lines


def _faint(text: str, style: Style, indent: str = "") -> list[str]:
    wrapped = textwrap.wrap(text, max(style.width, 40), initial_indent=indent, subsequent_indent=indent)
    return [style.faint(line) for line in wrapped]
