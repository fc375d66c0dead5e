"""How a check of an exercise is shown: a table of cases, what failed, and what it seems to cost."""

from __future__ import annotations

from foulweather.cli.style import Style
from foulweather.drilling.exercises.checking import Outcome, Report, Verdict
from foulweather.drilling.exercises.definition import Exercise

MIB = 1 << 20
NAME_WIDTH = 52
PRINTED_LINES_MAX = 4


def reported(exercise: Exercise, report: Report, style: Style) -> str:
    """The whole of it."""
    function = exercise.function(report.language)
    lines = [style.strong(f"{exercise.title}: {function} in {report.file}"), ""]
    if report.refused is not None:
        lines += _failure(report.refused, report, style)
    else:
        lines += [f"     {'':<{NAME_WIDTH}}{'verdict':<20}{'time':>10}{'memory':>11}"]
        before: Outcome | None = None
        for at, case in enumerate(report.cases, start=1):
            lines += _case(at, case, report, style, before)
            before = case
    if report.growth is not None:
        lines += ["", *_growth(exercise, report)]
    return "\n".join([*lines, "", _summary(exercise, report, style), *_isolation(report, style)])


def _case(at: int, case: Outcome, report: Report, style: Style, before: Outcome | None) -> list[str]:
    is_passed = case.verdict is Verdict.PASSED
    mark = style.good(style.tick) if is_passed else " " if case.verdict is Verdict.NOT_RUN else style.bad(style.cross)
    name = case.name or (case.input if case.group == "visible" else "")
    name = name if len(name) < NAME_WIDTH else f"{name[: NAME_WIDTH - 3]}.."
    shown = f"{case.verdict:<20}"
    spent = "" if case.cpu_us is None else _time(case.cpu_us)
    memory = "" if case.memory_bytes is None else f"{case.memory_bytes / MIB:.1f} MiB"
    line = f"{at:>2} {mark} {name:<{NAME_WIDTH}}{shown if is_passed else style.bad(shown)}{spent:>10}{memory:>11}"
    failed = not is_passed and case.verdict is not Verdict.NOT_RUN
    if failed and before is not None and case.line and (case.message, case.line) == (before.message, before.line):
        return [line.rstrip(), style.faint("     The same as before.")]
    return [line.rstrip(), *(_failure(case, report, style) if failed else [])]


def _failure(case: Outcome, report: Report, style: Style) -> list[str]:
    at = f"{report.file}:{case.line}: " if case.line else ""
    refused = report.refused is case
    lines = [f"     {style.bad(f'{style.cross} {case.verdict}: ') if refused else ''}{at}{case.message}"]
    if refused and case.actual:
        lines.append(f"       {case.actual.strip()}")
    elif case.input:
        lines.append(f"       given     {case.input}")
        lines.append(f"       expected  {case.expected}")
        lines += [f"       actual    {case.actual}"] if case.actual else []
    elif case.verdict is Verdict.WRONG:
        lines.append(style.faint("       The input of this case stays hidden; its name says what it is about."))
    printed = case.printed.splitlines()
    for line in printed[:PRINTED_LINES_MAX]:
        lines.append(f"       {style.faint('printed')}   {line[:160]}")
    return lines


def _time(cpu_us: int) -> str:
    return f"{cpu_us / 1e6:.2f} s" if cpu_us >= 1_000_000 else f"{cpu_us / 1000:.1f} ms"


def _growth(exercise: Exercise, report: Report) -> list[str]:
    growth = report.growth
    assert growth is not None
    points = ", ".join(f"{_time(spent_us)} for {size:,}" for size, spent_us in growth.points[-4:])
    wanted = f"what is asked for is {exercise.wanted}."
    if growth.power is None:
        return [f"Only large inputs are too slow; {wanted} (measured: {points or 'nothing in time'})"]
    power = "" if growth.name.startswith("exp") else f", about n^{growth.power}"
    return [f"Only large inputs are too slow. It seems {growth.name}{power}; {wanted}", f"  measured: {points}"]


def _summary(exercise: Exercise, report: Report, style: Style) -> str:
    if report.is_passed:
        limits = f"{report.time_limit_ms / 1000:g} s and {report.memory_limit_bytes // MIB} MiB"
        return style.good(f"{style.tick} All {len(report.cases)} passed, within {limits}.")
    if report.refused is not None:
        return style.bad("No case could be run.")
    passed = sum(case.verdict is Verdict.PASSED for case in report.cases)
    hint = style.command(f"foulweather exercise hint {exercise.id}")
    return f"{style.bad(f'{passed} of {len(report.cases)} passed.')} A hint: {hint}"


def _isolation(report: Report, style: Style) -> list[str]:
    if not report.not_isolated:
        return []
    how = "limits only" if report.isolation == "none" else report.isolation
    return [style.faint(f"Isolation: {how}; {'; '.join(report.not_isolated)}.")]
