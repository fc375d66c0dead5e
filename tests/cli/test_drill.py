"""A drill played through the command line, against a real server; what becomes of it when the server stops."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.terminal import Shell
from foulweather.cli import drill_page
from foulweather.cli.patience import until
from foulweather.cli.style import Style, table

DRILL = "sqs-consumer-crash"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    made = Shell(tmp_path_factory.mktemp("state"))
    made.run("up")
    made.run("drill", "start", DRILL, "--clock", "held")
    yield made
    made.run("down", "--yes")
    made.stop_what_runs()


def test_the_list_says_what_is_played_and_how_long_it_is_healthy(shell: Shell) -> None:
    lines = {one["id"]: one for one in shell.json("drill", "list")["drills"]}
    assert lines[DRILL]["state"] == "paged"
    assert lines[DRILL]["past"] == "7 healthy days pass"
    assert lines["sqs-backlog"]["past"] == "2 healthy days pass"
    assert lines["sqs-backlog"]["state"] == ""


def test_a_drill_that_nobody_waits_for_is_put_away(shell: Shell) -> None:
    def state() -> str:
        return next(one["state"] for one in shell.json("drill", "list")["drills"] if one["id"] == "sqs-backlog")

    asking = http.client.HTTPConnection("127.0.0.1", shell.port, timeout=30)
    asking.request("POST", "/_foulweather/drills/sqs-backlog/start", json.dumps({"clock": "held"}))
    assert any(state() == "building" for _ in until(20))
    asking.close()
    assert any(state() == "" for _ in until(20))


def test_status_counts_what_was_lost_and_says_how(shell: Shell) -> None:
    told = shell.json("drill", "status")
    lost = told["score"]["lost"]
    assert lost["asked"] == lost["served"] + lost["lost"] + lost["duplicated"] + lost["pending"]
    assert lost["duplicated"] >= 5
    assert sum(told["course"]["served"]) > 50
    said = shell.run("drill", "status")
    assert f"{lost['lost']} of {lost['asked']} lost since the incident" in said
    assert "no effect within 900 s" in re.sub(r"\s+", " ", said)
    assert "served  " in said
    assert "▇" in said or "█" in said


def test_status_hides_what_no_release_can_change(shell: Shell) -> None:
    settings = shell.json("drill", "status")["applications"]["order-worker"]
    assert settings["idempotent"] == "off"
    assert not settings.keys() & {"crash_after_ppm", "crash_before_ppm", "processing_ms", "failure_ppm"}
    said = shell.run("drill", "deploy", "order-worker", "crash_after_ppm=0", status=1)
    assert "not 'crash_after_ppm'; the rest is how things are" in said


def test_logs_show_what_the_workers_wrote_down(shell: Shell) -> None:
    told = shell.json("drill", "logs", "order-worker", "-n", "3")
    assert len(told["lines"]) == 3
    assert told["lines_before"] > 0
    said = shell.run("drill", "logs", "order-worker", "-n", "100")
    assert "killed after its effect, before delete" in said
    assert "\x1b[" not in said
    assert "no application 'nobody' here: order-worker, shop" in shell.run("drill", "logs", "nobody", status=1)


def test_why_names_what_no_service_could(shell: Shell) -> None:
    said = shell.run("why", "--last", FOULWEATHER_DRILL=DRILL)
    assert "order-worker:Effect" in said
    assert "order-worker · idempotent = off" in said


def test_env_gives_the_worlds_time(shell: Shell) -> None:
    assert shell.json("drill", "env")["NOW"] == shell.json("drill", "status")["now"]


def test_a_check_and_the_debrief_tell_what_was_lost(shell: Shell) -> None:
    told = json.loads(shell.run("drill", "debrief", "--json"))
    assert told["score"]["lost"]["within_s"] == 900
    assert "lost since the incident" in shell.run("drill", "debrief")


def test_no_command_of_drills_colours_what_is_not_a_terminal(shell: Shell) -> None:
    for command in ("list", "status", "page", "debrief", "solution"):
        assert "\x1b[" not in shell.run("drill", command, "--no-color")


def test_down_does_not_end_a_drill_unasked(shell: Shell) -> None:
    said = shell.run("down", status=1)
    assert f"{DRILL} is being played and would be lost" in said
    assert "--yes" in said
    shell.run("status")


def test_a_drill_that_ended_with_its_server_is_named(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    try:
        shell.run("up")
        shell.run("drill", "start", "sqs-sns-permission", "--clock", "held")
        shell.run("down", "--yes")
        shell.run("up")
        said = shell.run("drill", "status", status=1)
        assert (
            "sqs-sns-permission, paged at 2026-03-09T08:05:00.000Z of its world, ended when the server stopped" in said
        )
        assert "ended when the server stopped" in shell.run("drill", "check", "sqs-sns-permission", status=1)
        states = {one["id"]: one["state"] for one in shell.json("drill", "list")["drills"]}
        assert states["sqs-sns-permission"] == "ended"
        shell.run("drill", "start", "sqs-sns-permission", "--clock", "held")
        assert shell.json("drill", "status")["state"] == "paged"
        shell.run("drill", "stop")
        assert "none is being played" in shell.run("drill", "status", status=2)
        shell.run("down")
        shell.run("up")
        assert "none is being played" in shell.run("drill", "status", status=2)
        shell.run("down")
    finally:
        shell.stop_what_runs()


def test_a_folder_that_is_no_drill_does_not_hide_the_others(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    drills = tmp_path / "drills"
    shell.run("drill", "new", "mine", "--dir", str(drills))
    (drills / "broken").mkdir()
    (drills / "broken" / "drill.toml").write_text("title = 3\n")
    shell.environment["FOULWEATHER_DRILLS"] = str(drills)
    try:
        shell.run("up", "--in-memory")
        lines = {one["id"]: one["state"] for one in shell.json("drill", "list")["drills"]}
        assert lines == {"broken": "broken", "mine": ""}
        shell.run("down")
    finally:
        shell.stop_what_runs()


SCORE = {"points": 0, "explained": "100 - 8", "failed_checks": 0, "lost": None, "errors": {}}


def test_without_a_ledger_nothing_is_said_of_lost_requests() -> None:
    assert drill_page.traffic(SCORE, None, Style()) == []
    assert "lost" not in drill_page.mended(SCORE, Style())


def test_errors_are_told_by_application_and_code() -> None:
    lines = drill_page.traffic(SCORE | {"errors": {"shop": {"Throttling": 7, "AccessDenied": 2}}}, None, Style())
    assert lines[-1] == "  shop  7 × Throttling, 2 × AccessDenied"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_keeps_to_the_width(width: int) -> None:
    rows = [("a", "short", "words " * 30), ("longer", "x", "y")]
    lines = table(rows, width)
    assert all(len(line) <= width for line in lines)
    assert " ".join(" ".join(lines).split()).count("words") == 30


def test_bars_are_as_high_as_values_and_plain_where_they_must() -> None:
    assert Style().bars([0, 1, 4, 8]) == " ▁▄█"
    assert Style(is_unicode=False).bars([0, 1, 4, 8]) == " .=@"
    assert Style().bars([1, 2], most=1000) == "▁▁"
    assert Style().bars([]) == ""
