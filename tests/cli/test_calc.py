"""`foulweather calc`, which needs no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.terminal import Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    path: Path = tmp_path_factory.mktemp("state")
    return Shell(path)


def test_it_lists_24_calculators(shell: Shell) -> None:
    lines = shell.run("calc", "list").splitlines()
    assert len(lines) == 24
    assert lines[0].startswith("calc-lambda-cost ")
    listed: Any = shell.json("calc", "list")
    assert [each["id"] for each in listed] == [line.split()[0] for line in lines]


def test_it_shows_inputs_formula_examples_and_sources(shell: Shell) -> None:
    said = shell.run("calc", "show", "cloudfront-invalidation")
    assert "paths_billed = max(paths − 1000, 0)" in said
    assert "total = tiered(path_price, paths)" in said
    assert "foulweather calc run calc-cloudfront-invalidation paths=3000" in said
    assert "https://aws.amazon.com/cloudfront/pricing/" in said
    assert "often quoted as $0.005 for 1,000 paths" in said


def test_shown_in_json(shell: Shell) -> None:
    told = shell.json("calc", "show", "calc-nat-cost")
    assert told["inputs"][0] == {
        "name": "gateways",
        "unit": "gateways",
        "type": "count",
        "default": "1",
        "allowed": "a whole number, 0 to 10,000",
        "help": "NAT gateways",
    }
    assert {"name", "is", "unit", "title", "is_output"} == set(told["formula"][0])


def test_it_calculates_with_every_step(shell: Shell) -> None:
    said = shell.run("calc", "run", "nat-cost", "gb=1000", "--explain")
    assert "1,000 GB × $0.045 = $45" in said
    assert "$32.85 + $45 + $0 = $77.85" in said
    assert "gateways = 1 gateway  (default)" in said
    assert "List prices of us-east-1 as of " in said


def test_steps_are_left_out_where_nobody_looks(shell: Shell) -> None:
    said = shell.run("calc", "run", "nat-cost", "gb=1000")
    assert "steps" not in said
    assert "$77.85" in said
    assert said == shell.run("calc", "run", "nat-cost", "gb=1000", "--no-explain")


def test_figures_that_go_around_are_corrected_in_the_output(shell: Shell) -> None:
    said = shell.run("calc", "run", "ri-savings-plan", "instance_type=m5.large", "instances=10")
    assert "often quoted as $1,200 a month for 10 × m5.large: it is $700.80" in said


def test_an_example_runs_and_can_be_changed(shell: Shell) -> None:
    assert "$933.34" in shell.run("calc", "run", "lambda-cost", "--example", "2")
    assert "$1.87" in shell.run("calc", "run", "lambda-cost", "--example", "2", "requests=1M")
    assert "$1.87" in shell.run("calc", "run", "lambda-cost", "requests=1M", "--example", "2")


def test_the_answer_in_json_has_money_as_exact_text(shell: Shell) -> None:
    told = shell.json("calc", "run", "lambda-cost", "--example", "2")
    assert told["outputs"]["compute_cost"] == {
        "value": "833.335",
        "unit": "USD",
        "shown": "$833.34",
        "title": "Compute",
    }
    request = next(each for each in told["prices"] if each["name"] == "request_price")
    assert (request["amount"], request["region"], request["unit"]) == ("0.0000002", "us-east-1", "request")
    assert request["source"].startswith("https://aws.amazon.com/")
    assert told["corrections"][1]["really"] == "$933.34"
    assert told["inputs"]["free_tier"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("lambda-cost", "memory_mb=64"), "128 to 10,240"),
        (("lambda-cost", "requests=1e999999999"), "a whole number"),
        (("lambda-cost", "requests"), "write NAME=VALUE"),
        (("lambda-cost", "requests=1", "requests=2"), "given twice"),
        (("lambda-cost", "cpus=2"), "takes no cpus"),
        (("lambda-cost", "--example", "9"), "examples 1 to 3"),
        (("cidr", "vpc=10.0.0.0/33"), "vpc=10.0.0.0/33"),
        (("lamda-cost",), "did you mean calc-lambda-cost"),
    ],
)
def test_what_cannot_be_is_a_usage_error(shell: Shell, arguments: tuple[str, ...], says: str) -> None:
    assert says in shell.run("calc", "run", *arguments, status=2)


def test_an_unknown_calculator_is_not_shown(shell: Shell) -> None:
    assert "foulweather calc list" in shell.run("calc", "show", "weather", status=2)


def test_it_survives_a_terminal_without_unicode(shell: Shell) -> None:
    said = shell.run("calc", "run", "nat-cost", "gb=1000", "--explain", encoding="ascii")
    assert "1,000 GB x $0.045 = $45" in said
    assert "?" not in said
