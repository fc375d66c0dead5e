"""`exercise`: small programming exercises, checked in a sandbox."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foulweather.cli.exits import FAILED, OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, out

if TYPE_CHECKING:
    from foulweather.drilling.exercises.checking import Report
    from foulweather.drilling.exercises.definition import Exercise, Language
    from foulweather.drilling.exercises.progress import Progress

NO_TOOLCHAIN = 5
"""The exercise is in a language whose compiler is not on this machine."""


def add(commands: Commands) -> None:
    """Declare the commands."""
    group = commands.group(
        "exercise",
        "Programming exercises",
        "Small programming exercises in Python and Go, as interviews ask them: write a function, have it checked\n"
        "against visible, hidden, random and large cases, with limits on time and memory. No server is needed.",
        "  foulweather exercise list\n  foulweather exercise start dsa-two-sum\n"
        "  foulweather exercise check dsa-two-sum\n",
    )
    group.add("list", run_list, "The exercises", "Lists the exercises.", "  foulweather exercise list\n")
    start = group.add(
        "start",
        run_start,
        "Begin an exercise",
        "Writes the statement, a file to begin with and a test of the examples. It writes over nothing.",
        "  foulweather exercise start dsa-two-sum\n"
        "  foulweather exercise start dsa-knapsack --lang go --dir knapsack\n",
    )
    _takes_id(start)
    _takes_language(start, "the language (default python)")
    start.add_argument(
        "--dir", default="", metavar="DIR", help="where to (default: a new directory named as the exercise)"
    )
    check = group.add(
        "check",
        run_check,
        "Check a solution",
        "Runs a file against all cases, in a sandbox: limited, and without network where the machine allows it.\n"
        "Without FILE, the one that `exercise start` wrote.\n\n"
        "Exit status: 0 only when every case passed; 1 when one did not; 5 when it is in Go, and Go is not installed.",
        "  foulweather exercise check dsa-two-sum\n  foulweather exercise check dsa-two-sum mine.py --json\n",
    )
    _takes_id(check)
    check.add_argument("file", nargs="?", default="", metavar="FILE", help="a .py or .go file")
    _takes_language(check, "which of the files that were started (default: the latest)")
    check.add_argument("--slow", type=int, default=1, metavar="N", help="N times the time limit, for a slow machine")
    hint = group.add(
        "hint",
        run_hint,
        "One more hint",
        "Opens the next hint and shows those that are open. What was opened is remembered on this machine only.",
        "  foulweather exercise hint dsa-two-sum\n",
    )
    _takes_id(hint)
    solution = group.add(
        "solution",
        run_solution,
        "A worked solution",
        "Shows a solution of the wanted complexity.",
        "  foulweather exercise solution dsa-two-sum\n  foulweather exercise solution dsa-two-sum --lang go\n",
    )
    _takes_id(solution)
    _takes_language(solution, "the language (default python)")
    group.add(
        "status", run_status, "How far you are", "Shows what was started and solved.", "  foulweather exercise status\n"
    )


def _takes_id(parser: Command) -> None:
    parser.add_argument("id", metavar="ID", help="the exercise")


def _takes_language(parser: Command, told: str) -> None:
    parser.add_argument("--lang", choices=("python", "go"), default="", help=told)


def _progress() -> Progress:
    from foulweather.cli.places import state_directory
    from foulweather.drilling.exercises.progress import Progress

    return Progress(state_directory() / "exercises.json")


def _exercise(arguments: argparse.Namespace) -> Exercise:
    from foulweather.drilling.exercises.definition import exercises

    found = exercises().get(arguments.id)
    if found is None:
        raise Stop(USAGE, f"There is no exercise {arguments.id}: `foulweather exercise list` names them.")
    return found


def run_list(arguments: argparse.Namespace) -> int:
    """List the exercises."""
    from foulweather.cli.style import standard
    from foulweather.drilling.exercises.definition import LANGUAGES, exercises

    style = standard()
    told = [
        {"id": each.id, "title": each.title, "languages": list(LANGUAGES), "complexity": each.wanted}
        for each in exercises().values()
    ]
    lines = [f"{style.strong(f'{each.id:<24}')}{each.title:<50}{each.wanted}" for each in exercises().values()]
    out(arguments, {"exercises": told}, lambda: "\n".join(lines))
    return OK


def run_start(arguments: argparse.Namespace) -> int:
    """Write the files of an exercise."""
    from foulweather.drilling.exercises import languages, writing

    exercise = _exercise(arguments)
    language: Language = arguments.lang or "python"
    directory = Path(arguments.dir or exercise.id).absolute()
    try:
        written = writing.write(exercise, language, directory)
    except writing.Exists as exists:
        names = ", ".join(path.name for path in exists.paths)
        raise Stop(FAILED, f"{directory} has {names} already; nothing was written. --dir names another.") from None
    except OSError as error:
        raise Stop(FAILED, f"Nothing can be written to {directory}: {error.strerror}.") from None
    progress = _progress()
    files = progress.of(exercise.id).files
    # The latest is the last.
    files.pop(language, None)
    files[language] = str(directory / exercise.file_name(language))
    progress.save()
    missing = language == "go" and languages.go_tool() is None
    lines = [f"Written to {directory}:", *(f"  {path.name}" for path in written)]
    lines += ["", f"Write {exercise.function(language)} in {exercise.file_name(language)}, then:"]
    lines += [f"  foulweather exercise check {exercise.id}"]
    lines += ["", "Go is not installed here: nothing can be checked before it is."] if missing else []
    told = {"directory": str(directory), "files": [path.name for path in written], "toolchain": not missing}
    out(arguments, told, lambda: "\n".join(lines))
    return OK


def run_check(arguments: argparse.Namespace) -> int:
    """Check a file."""
    from foulweather.cli.exercise_report import reported
    from foulweather.cli.patience import progress as saying
    from foulweather.cli.places import state_directory
    from foulweather.cli.style import standard
    from foulweather.drilling.exercises import checking
    from foulweather.drilling.exercises.languages import NoToolchain

    exercise = _exercise(arguments)
    if arguments.slow < 1:
        raise Stop(USAGE, "--slow is a whole number above 0.")
    progress = _progress()
    file, language = _file(arguments, exercise, progress)
    try:
        with saying("Checking"):
            report = checking.check(exercise, language, file, state_directory() / "go-build", slow=arguments.slow)
    except NoToolchain as missing:
        raise Stop(NO_TOOLCHAIN, f"{missing} Install it, or take the exercise in Python.") from None
    _remember(progress, report)
    out(arguments, _told(report), lambda: reported(exercise, report, standard()))
    return OK if report.is_passed else FAILED


def _told(report: Report) -> Any:
    import msgspec

    return {"is_passed": report.is_passed} | msgspec.to_builtins(report)


def _remember(progress: Progress, report: Report) -> None:
    attempted = progress.of(report.exercise)
    attempted.checks += 1
    if report.is_passed and report.language not in attempted.passed:
        attempted.passed.append(report.language)
    progress.save()


def _file(arguments: argparse.Namespace, exercise: Exercise, progress: Progress) -> tuple[Path, Language]:
    """The learner's file: as given, as started, or as it would be called here."""
    from foulweather.drilling.exercises.definition import language_of

    started = progress.of(exercise.id).files
    if arguments.file:
        file = Path(arguments.file)
    elif arguments.lang in started or (not arguments.lang and started):
        file = Path(started[arguments.lang] if arguments.lang else list(started.values())[-1])
    else:
        file = Path(exercise.file_name(arguments.lang or "python"))
    language = language_of(file)
    if language is None:
        raise Stop(USAGE, f"{file} is neither a .py nor a .go file.")
    if not file.is_file():
        begin = f"begin with: foulweather exercise start {exercise.id}"
        raise Stop(USAGE, f"There is no file {file}; {begin}")
    return file, language


def run_hint(arguments: argparse.Namespace) -> int:
    """Open one more hint."""
    exercise = _exercise(arguments)
    progress = _progress()
    attempted = progress.of(exercise.id)
    was_last = attempted.hints >= len(exercise.hints)
    attempted.hints = min(attempted.hints + 1, len(exercise.hints))
    progress.save()
    opened = exercise.hints[: attempted.hints]
    lines = [f"{at}. {hint}" for at, hint in enumerate(opened, start=1)]
    left = len(exercise.hints) - len(opened)
    if was_last:
        lines += ["", f"There are no more. The solution: foulweather exercise solution {exercise.id}"]
    elif left:
        lines += ["", f"{left} more." if left > 1 else "One more."]
    out(arguments, {"hints": opened, "left": left}, lambda: "\n".join(lines))
    return OK


def run_solution(arguments: argparse.Namespace) -> int:
    """Show a solution."""
    exercise = _exercise(arguments)
    language: Language = arguments.lang or "python"
    progress = _progress()
    progress.of(exercise.id).is_solution_seen = True
    progress.save()
    source = exercise.solution(language)
    told = {"id": exercise.id, "language": language, "complexity": exercise.wanted, "source": source}
    out(arguments, told, lambda: source.rstrip())
    return OK


def run_status(arguments: argparse.Namespace) -> int:
    """Show how far a learner is."""
    import msgspec

    from foulweather.cli.style import standard
    from foulweather.drilling.exercises.definition import exercises

    style, progress = standard(), _progress()
    told: list[Any] = []
    lines: list[str] = []
    for exercise in exercises().values():
        attempted = progress.of(exercise.id)
        told.append({"id": exercise.id} | msgspec.to_builtins(attempted))
        words = [f"solved in {' and '.join(attempted.passed)}"] if attempted.passed else []
        if not attempted.passed:
            words = ["started"] if attempted.files or attempted.checks else ["not started"]
        words += [f"{attempted.checks} check{'s' if attempted.checks > 1 else ''}"] if attempted.checks else []
        words += [f"{attempted.hints} of {len(exercise.hints)} hints"] if attempted.hints else []
        words += ["solution seen"] if attempted.is_solution_seen else []
        mark = style.good(style.tick) if attempted.passed else " "
        lines.append(f"{mark} {style.strong(f'{exercise.id:<24}')}{', '.join(words)}")
    out(arguments, {"exercises": told}, lambda: "\n".join(lines))
    return OK
