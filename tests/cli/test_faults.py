"""`fault` in words: the table and the explanation, with and without colour, and as commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cli.terminal import Shell
from foulweather.cli.faults import KINDS, explained, table
from foulweather.cli.style import Style

AT_MS = 1_767_225_600_000
FAULT: dict[str, Any] = {
    "id": "fault-1",
    "kind": "network",
    "as": "timeout",
    "delay_ms": 30_000,
    "service": "sqs",
    "percent": 20,
    "made_at_ms": AT_MS,
    "hits": 3,
}
TOLD: dict[str, Any] = {
    "fault": FAULT,
    "changes": "The network is cut.",
    "scope": "20 % of the calls to sqs",
    "state": "in force",
    "since_ms": AT_MS,
    "by": "chaos",
    "ends_ms": 0,
    "hits": 1,
    "latest": [
        {
            "at_ms": AT_MS,
            "trace_id": "t-1",
            "service": "sqs",
            "operation": "SendMessage",
            "principal": "root",
            "account": "0",
            "region": "r",
            "resource": "arn:q",
        }
    ],
    "clear": "foulweather fault clear fault-1",
    "obeyed_by": [],
}


def test_the_table_has_a_line_for_each_fault_in_columns() -> None:
    lines = table([FAULT, {"id": "fault-22", "kind": "crash", "when": "after", "made_at_ms": AT_MS}], Style()).split(
        "\n"
    )
    assert lines[0].split() == ["FAULT", "KIND", "WHAT", "SCOPE", "SINCE", "ENDS", "HITS"]
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split("  ")[0] == "fault-1"
    assert "timeout after 30s" in lines[1]
    assert "service sqs, 20 % of calls" in lines[1]
    assert lines[1].endswith("3")
    assert "after the effect" in lines[2]
    assert "everything" in lines[2]
    assert table([], Style()) == ""


def test_colour_marks_the_kind_and_nothing_is_coloured_in_a_pipe() -> None:
    assert "\x1b[1;31mnetwork" in table([FAULT], Style(is_coloured=True))
    assert "\x1b" not in table([FAULT], Style()) + explained(TOLD, Style())


def test_an_explanation_tells_what_when_who_and_how_to_mend() -> None:
    said = explained(TOLD, Style())
    for part in ("in force", "The network is cut.", "20 % of the calls to sqs", "added by chaos", "when it is cleared"):
        assert part in said
    assert "met      1 call\n" in said
    assert "sqs:SendMessage by root on arn:q  trace t-1" in said
    assert "mend     foulweather fault clear fault-1" in said
    assert "foulweather why t-1" in said


def test_an_explanation_of_what_is_over_mends_nothing() -> None:
    over = {**TOLD, "state": "expired", "ends_ms": AT_MS + 1, "clear": "", "latest": [], "hits": 0}
    said = explained(over, Style())
    assert "ended    2026-01-01T00:00:00.001Z" in said
    assert "mend" not in said


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    made = Shell(tmp_path_factory.mktemp("state"))
    made.run("up", "--in-memory", "--clock", "held", "--start", "2026-01-01T00:00:00Z", "--seed", "1")
    yield made
    made.run("down")
    made.stop_what_runs()


def test_every_kind_is_made_from_its_options(shell: Shell) -> None:
    ids: list[str] = []
    for arguments, words in (
        (("unavailable", "--service", "ses"), "service ses"),
        (("errors", "--service", "ses", "--code", "InternalFailure"), "InternalFailure 500"),
        (("slow", "--delay", "2s", "--resource", "arn:aws:sqs:*"), "resource arn:aws:sqs:*"),
        (("quota", "--service", "ses", "--per-s", "5"), "5 calls a second"),
        (("credential", "--access-key", "AKIA0*"), "access-key AKIA0*"),
        (("clock", "--behind", "20m", "--account", "1"), "20m behind"),
        (("crash", "--service", "ses", "--when", "after"), "after the effect"),
        (("network", "--service", "ses", "--as", "timeout", "--delay", "1s"), "timeout after 1s"),
    ):
        made = shell.json("fault", "add", *arguments, "--by", "me")
        assert made["by"] == "me"
        ids.append(str(made["id"]))
        assert words in shell.run("fault", "list")
        assert f"mend     foulweather fault clear {made['id']}" in shell.run("fault", "explain", str(made["id"]))
    assert len(shell.json("fault", "list")["faults"]) == len(KINDS) - 1  # nothing obeys a zone fault yet
    assert shell.json("fault", "explain", ids[0])["state"] == "in force"
    assert len(shell.json("fault", "clear")["faults"]) == len(ids)
    assert "cleared" in shell.run("fault", "explain", ids[0])


def test_what_makes_no_sense_has_its_exit_status(shell: Shell) -> None:
    assert "no service that is built here" in shell.run("fault", "add", "zone", "--zone", "us-east-1a", status=1)
    assert "has no error" in shell.run("fault", "add", "errors", "--service", "sqs", "--code", "No", status=1)
    shell.run("fault", "add", "clock", "--ahead", "1m", "--behind", "1m", status=2)
    shell.run("fault", "add", "slow", "--delay", "soon", status=2)
    shell.run("fault", "add", "network", "--as", "magic", status=2)
    assert "There is no fault" in shell.run("fault", "explain", "fault-0", status=1)
