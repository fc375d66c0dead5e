"""`calc`."""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from foulweather.cli.exits import OK, USAGE, Stop
from foulweather.cli.parsing import Commands, out

ASCII = str.maketrans({"×": "x", "÷": "/", "−": "-", "≤": "<=", "≥": ">="})

if TYPE_CHECKING:
    from foulweather.cli.style import Style
    from foulweather.drilling.calculators import Answer, Calculator
    from foulweather.drilling.calculators.formula import Value


def add(commands: Commands) -> None:
    """Declare the commands."""
    group = commands.group(
        "calc",
        "What it costs, how large it must be",
        "Calculators for costs, sizes and choices, with AWS's list prices of us-east-1. Each shows its formula, the\n"
        "steps with the numbers filled in, what it assumes, where its facts come from, and which figures that go\n"
        "around are wrong. They need no server.",
        "  foulweather calc list\n  foulweather calc show lambda-cost\n"
        "  foulweather calc run lambda-cost requests=500M duration_ms=100 memory_mb=1024\n"
        "  foulweather calc run calc-dr-strategy rpo=5m rto=15m\n"
        "  foulweather calc run kinesis-shards --example 1\n",
    )
    group.add("list", run_list, "The calculators", "Lists the calculators.", "  foulweather calc list\n")
    show = group.add(
        "show",
        run_show,
        "One calculator: inputs, formula, examples",
        "Shows what a calculator takes, its formula, its examples, its assumptions and its sources.",
        "  foulweather calc show calc-nat-cost\n  foulweather calc show nat-cost --json\n",
    )
    show.add_argument("id", metavar="ID", help="the calculator; `calc-` may be left out")
    run = group.add(
        "run",
        run_run,
        "Calculate",
        "Calculates. Inputs that are not given have their defaults (see `calc show`); numbers may have commas and a\n"
        "suffix k, M or G. What cannot be is refused, never guessed.",
        "  foulweather calc run nat-cost gateways=3 gb=5,000\n"
        "  foulweather calc run transfer-time tb=80 mbps=100 --no-explain\n"
        "  foulweather calc run cidr --example 2\n  foulweather calc run lambda-cost requests=1G --json\n",
    )
    run.add_argument("id", metavar="ID", help="the calculator; `calc-` may be left out")
    # Not "*": argparse (before 3.13) takes that as given, and empty, when an option stands right after the ID.
    inputs = run.add_argument("inputs", nargs="+", default=[], metavar="NAME=VALUE", help="its inputs (default: none)")
    inputs.required = False
    run.usage = "%(prog)s [-h] [--json] [--endpoint URL] [--example N] [--explain | --no-explain] ID [NAME=VALUE ...]"
    run.add_argument("--example", type=int, metavar="N", help="start from the inputs of its Nth example")
    run.add_argument(
        "--explain",
        action=argparse.BooleanOptionalAction,
        help="show the steps (default: on a terminal)",
    )


def run_list(arguments: argparse.Namespace) -> int:
    """List the calculators."""
    from foulweather.drilling.calculators import CALCULATORS

    found = [{"id": each.id, "title": each.title, "answers": each.answers} for each in CALCULATORS.values()]
    width = max(len(each["id"]) for each in found)
    out(arguments, found, lambda: "\n".join(f"{each['id']:<{width}}  {each['answers']}" for each in found))
    return OK


def run_show(arguments: argparse.Namespace) -> int:
    """Show one calculator."""
    from foulweather.cli.style import standard

    calculator = _found(arguments.id)
    out(arguments, _described(calculator), lambda: _sheet(calculator, standard()))
    return OK


def run_run(arguments: argparse.Namespace) -> int:
    """Calculate."""
    from foulweather.cli.style import standard
    from foulweather.drilling.calculators import Refusal

    calculator = _found(arguments.id)
    try:
        given: dict[str, str] = {}
        if arguments.example is not None:
            given |= calculator.example(arguments.example).inputs
        answer = calculator.run(given | _given(arguments.inputs))
    except Refusal as refusal:
        raise Stop(USAGE, str(refusal)) from None
    is_explained = sys.stdout.isatty() if arguments.explain is None else arguments.explain
    out(arguments, _told(answer), lambda: _answered(answer, standard(), is_explained=is_explained))
    return OK


def _found(id: str) -> Calculator:
    from foulweather.drilling.calculators import Refusal, find

    try:
        return find(id)
    except Refusal as refusal:
        raise Stop(USAGE, f"{refusal} `foulweather calc list` lists them.") from None


def _given(pairs: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise Stop(USAGE, f"{pair!r} is no input: write NAME=VALUE.")
        if name in given:
            raise Stop(USAGE, f"{name} is given twice.")
        given[name] = value
    return given


def _plain(value: Value) -> Any:
    """A value for JSON: numbers as decimal text, since a JSON reader would make floats of money."""
    from foulweather.drilling.calculators.numbers import plain

    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


def _described(calculator: Calculator) -> dict[str, Any]:
    return {
        "id": calculator.id,
        "title": calculator.title,
        "answers": calculator.answers,
        "inputs": [
            {
                "name": each.name,
                "unit": each.unit,
                "type": each.kind,
                "default": each.default,
                "allowed": each.allowed,
                "help": each.help,
            }
            for each in calculator.inputs
        ],
        "formula": [
            {"name": each.name, "unit": each.unit, "title": each.title, "is_output": each.is_output, "is": each.formula}
            for each in (*calculator.rule_steps, *calculator.steps)
        ],
        "prices": [
            {"name": name, "service": item.service, "item": item.item} for name, item in calculator.prices.items()
        ],
        "examples": [
            {"title": each.title, "inputs": dict(each.inputs), "gives": dict(each.gives)}
            for each in calculator.examples
        ],
        **_notes(calculator),
    }


def _notes(calculator: Calculator) -> dict[str, Any]:
    return {
        "corrections": [
            {"quoted": each.quoted, "really": each.really, "because": each.because} for each in calculator.corrections
        ],
        "assumptions": list(calculator.assumptions),
        "sources": list(calculator.sources),
    }


def _told(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.calculator.id,
        "title": answer.calculator.title,
        "inputs": {name: _plain(value) for name, value in answer.inputs.items()},
        "outputs": {
            each.step.name: {
                "value": _plain(each.value),
                "unit": each.step.unit,
                "shown": each.shown,
                "title": each.step.title,
            }
            for each in answer.outputs
        },
        "steps": [
            {"name": each.step.name, "formula": each.step.formula, "filled": each.filled, "is": each.shown}
            for each in answer.steps
        ],
        "prices": [
            {
                "name": name,
                "service": each.service,
                "item": each.item,
                "region": each.region,
                "amount": f"{each.amount:f}",
                "unit": each.unit,
                "as_of": each.as_of.isoformat(),
                "source": each.source,
            }
            for name, each in answer.prices.items()
        ],
        **_notes(answer.calculator),
    }


def _sheet(calculator: Calculator, style: Style) -> str:
    width = max(len(each.name) for each in calculator.inputs)
    lines = [style.strong(f"{calculator.id}: {calculator.title}"), calculator.answers, "", style.strong("inputs")]
    for each in calculator.inputs:
        unit = f" [{each.unit}]" if each.unit else ""
        default = each.default or "none"
        lines.append(f"  {each.name:<{width}}  {each.help}{unit} {style.faint(f'(default {default}; {each.allowed})')}")
    lines += ["", style.strong("formula"), *(f"  {name} = {formula}" for name, formula in calculator.formula)]
    lines += ["", style.strong("examples")]
    for number, example in enumerate(calculator.examples, 1):
        given = " ".join(f"{name}={_quoted(value)}" for name, value in example.inputs.items())
        lines.append(f"  {number}. {example.title}: " + ", ".join(f"{n} {v}" for n, v in example.gives.items()))
        lines.append(f"     {style.command(f'foulweather calc run {calculator.id} {given}'.rstrip())}")
    return _drawn([*lines, *_notes_text(calculator, style)], style)


def _quoted(value: str) -> str:
    import shlex

    return shlex.quote(value)


def _answered(answer: Answer, style: Style, *, is_explained: bool) -> str:
    calculator = answer.calculator
    lines = [style.strong(calculator.title), ""]
    if is_explained:
        lines += [style.strong("given")]
        for each in calculator.inputs:
            default = "" if each.name in answer.given else style.faint("  (default)")
            lines.append(f"  {each.name} = {answer.shown_input(each)}{default}")
        lines += ["", style.strong("steps")]
        for each in answer.steps:
            lines.append(f"  {each.step.title}: {each.step.formula}")
            lines.append(f"    {each.filled} = {style.good(each.shown)}")
        lines += [""]
    width = max(len(each.step.title) for each in answer.outputs)
    lines += [f"  {each.step.title:<{width}}  {style.strong(each.shown)}" for each in answer.outputs]
    if answer.prices:
        any_price = next(iter(answer.prices.values()))
        days = sorted({each.as_of.isoformat() for each in answer.prices.values()})
        lines += ["", style.faint(f"List prices of {any_price.region} as of {', '.join(days)}.")]
    return _drawn([*lines, *_notes_text(calculator, style, is_full=is_explained)], style)


def _drawn(lines: list[str], style: Style) -> str:
    text = "\n".join(lines)
    return text if style.is_unicode else text.translate(ASCII)


def _notes_text(calculator: Calculator, style: Style, *, is_full: bool = True) -> list[str]:
    lines: list[str] = []
    if calculator.corrections:
        lines += ["", style.strong("often wrong")]
        lines += [
            f"  often quoted as {each.quoted}: it is {each.really} ({each.because})" for each in calculator.corrections
        ]
    if is_full:
        lines += ["", style.strong("assumes"), *(f"  {each}" for each in calculator.assumptions)]
        lines += ["", style.strong("sources"), *(f"  {each}" for each in calculator.sources)]
    return lines
