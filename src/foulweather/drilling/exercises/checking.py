"""Runs a learner's file against an exercise's cases, and says of each how it went."""

from __future__ import annotations

import json
import signal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from foulweather.drilling.exercises import growth, inputs
from foulweather.drilling.exercises.definition import Case, Exercise, Kind, Language, shown, written
from foulweather.drilling.exercises.judging import objection
from foulweather.drilling.exercises.languages import Program, Refused, program
from foulweather.engines.sandbox import MIB, Answer, Child, End, Limits, Sandbox

STOPPED_MAX = 3
"""After so many cases that had to be stopped, the rest is not run."""
PRINTED_MAX = 400
RANDOM = f"{inputs.RANDOM_CASES:,} small random ones"

Group = Literal["visible", "hidden", "random", "large"]


class Verdict(StrEnum):
    """How a case went."""

    PASSED = "passed"
    WRONG = "wrong answer"
    RAISED = "exception"
    TIME = "too slow"
    WAITS = "waits"
    MEMORY = "too much memory"
    OUTPUT = "too much output"
    PROCESSES = "too many processes"
    CRASHED = "crashed"
    UNREADABLE = "no such result"
    GARBLED = "garbled"
    NOT_RUN = "not run"
    SYNTAX = "does not compile"
    IMPORT = "fails when loaded"
    MISSING = "function missing"
    SIGNATURE = "other signature"


STOPPED = frozenset({Verdict.TIME, Verdict.WAITS, Verdict.MEMORY, Verdict.OUTPUT, Verdict.PROCESSES, Verdict.CRASHED})
WHOLE_FILE = frozenset({Verdict.SYNTAX, Verdict.IMPORT, Verdict.MISSING, Verdict.SIGNATURE})
REFUSALS = {"syntax": Verdict.SYNTAX, "missing": Verdict.MISSING, "signature": Verdict.SIGNATURE}


class Outcome(msgspec.Struct):
    """One case, or one batch of cases; `input` is empty where it is not to be seen."""

    name: str
    group: Group
    verdict: Verdict
    message: str = ""
    line: int = 0
    input: str = ""
    expected: str = ""
    actual: str = ""
    printed: str = ""
    cpu_us: int | None = None
    memory_bytes: int | None = None


class Report(msgspec.Struct):
    """How a whole file did. `refused` is of a file that could not be run at all."""

    exercise: str
    language: Language
    file: str
    isolation: str
    not_isolated: list[str]
    time_limit_ms: int
    memory_limit_bytes: int
    cases: list[Outcome] = []
    refused: Outcome | None = None
    growth: growth.Growth | None = None

    @property
    def is_passed(self) -> bool:
        """Whether every case passed."""
        return self.refused is None and all(case.verdict is Verdict.PASSED for case in self.cases)


def check(
    exercise: Exercise, language: Language, file: Path, cache: Path, *, slow: int = 1, sandbox: Sandbox | None = None
) -> Report:
    """Run a file against every case; `slow` multiplies the time limit. A `NoToolchain` passes through."""
    if language == "go":
        cache.mkdir(parents=True, exist_ok=True)
    with sandbox or Sandbox(writable=[cache] if language == "go" else []) as box:
        report = Report(
            exercise=exercise.id,
            language=language,
            file=str(file),
            isolation=box.isolation.name,
            not_isolated=list(box.isolation.missing),
            time_limit_ms=exercise.time_limit_ms(language) * slow,
            memory_limit_bytes=exercise.memory_mib * MIB,
        )
        try:
            made = program(exercise, language, file, box, cache)
        except Refused as refused:
            report.refused = Outcome("", "visible", REFUSALS[refused.verdict], refused.message, refused.line)
            return report
        _run(Checked(exercise, language, made, report.time_limit_ms), report)
        return report


def _run(checked: Checked, report: Report) -> None:
    exercise = checked.exercise
    stopped = 0
    large = inputs.large_cases(exercise.id)
    plan: list[tuple[Group, Case | None]] = [
        *(("visible", case) for case in exercise.visible),
        *(("hidden", case) for case in exercise.hidden),
        ("random", None),
        *(("large", case) for case in large),
    ]
    for group, case in plan:
        if stopped >= STOPPED_MAX:
            report.cases.append(Outcome(RANDOM if case is None else case.name, group, Verdict.NOT_RUN))
            continue
        outcome = checked.random() if case is None else checked.one(case, group)
        if outcome.verdict in WHOLE_FILE:
            report.refused = outcome
            return
        report.cases.append(outcome)
        stopped += outcome.verdict in STOPPED
    slow = [case for case in report.cases if case.verdict is Verdict.TIME]
    if slow and all(case.group == "large" for case in report.cases if case.verdict is not Verdict.PASSED):
        which = [case.name for case in large].index(slow[0].name)
        report.growth = growth.measured(checked.spent_ns(which), exercise.probe)


class Checked:
    """A program, and how its answers are judged."""

    def __init__(self, exercise: Exercise, language: Language, made: Program, time_limit_ms: int) -> None:
        self.exercise = exercise
        self._language = language
        self._program = made
        self._time_limit_ms = time_limit_ms

    def one(self, case: Case, group: Group) -> Outcome:
        """Run one case in a process of its own."""
        outcome = Outcome(case.name, group, Verdict.PASSED)
        child = self._loaded(outcome)
        if child is not None:
            self._judge(child, case, outcome)
        _close(child, outcome)
        if group == "visible":
            _show(self.exercise, case, outcome)
        else:
            outcome.actual = ""
        return outcome

    def random(self) -> Outcome:
        """Run all random cases in one process, up to the first that fails."""
        outcome = Outcome(RANDOM, "random", Verdict.PASSED)
        child = self._loaded(outcome)
        if child is not None:
            spent_ns = 0
            for case in inputs.random_cases(self.exercise.id):
                spent_ns += self._judge(child, case, outcome)
                if outcome.verdict is not Verdict.PASSED:
                    _show(self.exercise, case, outcome)
                    break
            else:
                outcome.cpu_us, outcome.actual = spent_ns // 1000, ""
        _close(child, outcome)
        return outcome

    def spent_ns(self, which: int) -> growth.Measure:
        """A function from a size to the CPU time that the large case of that number takes then; None: too long."""

        def measure(size: int) -> int | None:
            case = inputs.INPUTS[self.exercise.id].large(size)[which]
            child = self._loaded(Outcome("", "large", Verdict.PASSED))
            if child is None:
                return None
            answer = self._ask(child, case)
            child.kill()
            return json.loads(answer.line).get("cpu_ns") if answer.end is None else None

        return measure

    def _ask(self, child: Child, case: Case | None) -> Answer:
        line = b"" if case is None else json.dumps(case.args).encode()
        return child.ask(line, cpu_ms=self._time_limit_ms, wall_ms=3 * self._time_limit_ms + 1000)

    def _loaded(self, outcome: Outcome) -> Child | None:
        """A process that has read the file; None where that failed, which the outcome then tells."""
        child = self._program.start()
        answer = self._ask(child, None)
        told = _told(child, answer, outcome, self._program.limits)
        if told is not None and told.get("ready") is True:
            return child
        if told is not None:
            _refuse(told, outcome)
        elif outcome.verdict in (Verdict.TIME, Verdict.WAITS):
            outcome.message += " That was while the file was loaded, before any call."
        outcome.printed = child.output.decode(errors="replace")[:PRINTED_MAX]
        child.kill()
        return None

    def _judge(self, child: Child, case: Case, outcome: Outcome) -> int:
        """Ask for one case and judge what comes; the nanoseconds that it took."""
        answer = self._ask(child, case)
        outcome.memory_bytes = answer.memory_bytes_peak or None
        told = _told(child, answer, outcome, self._program.limits)
        if told is None:
            outcome.cpu_us = answer.cpu_ms * 1000
            return answer.cpu_ms * 1_000_000
        spent = told.get("cpu_ns")
        spent_ns = spent if isinstance(spent, int) else 0
        outcome.cpu_us = spent_ns // 1000
        if "raised" in told:
            kind, message = str(told["raised"]), str(told.get("message", ""))
            outcome.verdict = Verdict.MEMORY if kind == "MemoryError" else Verdict.RAISED
            outcome.message = f"{kind}: {message}" if message else kind
            outcome.line = int(told.get("line", 0))
        elif "unreadable" in told:
            outcome.verdict, outcome.message = Verdict.UNREADABLE, f"{str(told['unreadable']).capitalize()}."
        elif "result" in told:
            actual = told["result"] if self._language == "python" else _filled(told["result"], self.exercise.returns)
            objected = objection(self.exercise, case, actual)
            outcome.actual = shown(actual)
            if objected:
                outcome.verdict, outcome.message = Verdict.WRONG, objected
        else:
            outcome.verdict, outcome.message = Verdict.GARBLED, "What came back was no answer."
        return spent_ns


def _filled(result: Any, kind: Kind) -> Any:
    """Go's nil slices come as null: they are empty lists."""
    if result is None and kind in ("ints", "levels"):
        return []
    if kind == "levels" and isinstance(result, list):
        return [_filled(each, "ints") for each in cast("list[Any]", result)]
    return result


def _show(exercise: Exercise, case: Case, outcome: Outcome) -> None:
    outcome.input = written(exercise, case.args)
    outcome.expected = shown(case.expected)


def _close(child: Child | None, outcome: Outcome) -> None:
    if child is not None:
        child.kill()
        outcome.printed = child.output.decode(errors="replace")[:PRINTED_MAX]


def _told(child: Child, answer: Answer, outcome: Outcome, limits: Limits) -> dict[str, Any] | None:
    """What the driver said; None where it said nothing, which the outcome then tells."""
    if answer.end is None:
        try:
            told = json.loads(answer.line)
        except ValueError:
            told = None
        if isinstance(told, dict):
            return cast("dict[str, Any]", told)
        outcome.verdict = Verdict.GARBLED
        outcome.message = "Something wrote on the channel that the answers take."
        return None
    outcome.verdict, outcome.message = _stopped(child, answer, limits)
    return None


def _stopped(child: Child, answer: Answer, limits: Limits) -> tuple[Verdict, str]:
    match answer.end:
        case End.CPU:
            return Verdict.TIME, f"Stopped after {answer.cpu_ms / 1000:.1f} s of CPU time."
        case End.WALL:
            spent = f"of which it computed {answer.cpu_ms / 1000:.1f} s"
            return Verdict.WAITS, f"No answer within {answer.wall_ms / 1000:.1f} s, {spent}: it waits for something."
        case End.MEMORY:
            return Verdict.MEMORY, f"Stopped when it used more than {limits.memory_bytes_max // MIB} MiB."
        case End.OUTPUT:
            most = limits.output_bytes_max // 1024
            return Verdict.OUTPUT, f"Stopped when it had printed {most} KiB: a print in an endless loop?"
        case End.REPLY:
            return Verdict.OUTPUT, f"Its result is larger than {limits.reply_bytes_max // MIB} MiB."
        case End.PROCESSES:
            return Verdict.PROCESSES, f"Stopped when it had more than {limits.processes_max} processes: one is enough."
        case _:
            return _crashed(child)


def _crashed(child: Child) -> tuple[Verdict, str]:
    said = [line for line in child.output.decode(errors="replace").splitlines() if line.strip()]
    fatal = next((line for line in said if line.startswith(("fatal error:", "panic:", "runtime:"))), "")
    if "out of memory" in fatal or "cannot allocate" in fatal:
        return Verdict.MEMORY, fatal
    status = child.status or 0
    how = f"exit status {status}"
    if status < 0:
        try:
            how = signal.Signals(-status).name
        except ValueError:
            how = f"signal {-status}"
    last = fatal or (said[-1][:200] if said and status != 0 else "")
    return Verdict.CRASHED, f"The process ended in the middle of the call ({how}).{f' {last}' if last else ''}"


def _refuse(told: dict[str, Any], outcome: Outcome) -> None:
    outcome.line = int(told.get("line", 0) or 0)
    message = str(told.get("message", ""))
    if "missing" in told:
        names = [str(name) for name in told.get("functions", [])]
        others = f" It has {', '.join(names)}." if names else ""
        outcome.verdict, outcome.message = Verdict.MISSING, f"There is no function {told['missing']}.{others}"
    elif "syntax" in told:
        outcome.verdict, outcome.message = Verdict.SYNTAX, f"{told['syntax']}: {message}"
        outcome.actual = str(told.get("text", ""))
    elif "import" in told:
        is_memory = told["import"] == "MemoryError"
        outcome.verdict = Verdict.MEMORY if is_memory else Verdict.IMPORT
        outcome.message = f"{told['import']}: {message}"
    else:
        outcome.verdict, outcome.message = Verdict.GARBLED, "Something wrote on the channel that the answers take."
