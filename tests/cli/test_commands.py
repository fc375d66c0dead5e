"""Commands against a real server in the background: one for the whole module."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.terminal import Shell, free_port
from foulweather.cli.main import parser
from foulweather.cli.shell import words

START = "2026-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    made = Shell(tmp_path_factory.mktemp("state"))
    made.run("up", "--in-memory", "--clock", "held", "--start", START, "--seed", "1")
    yield made
    made.run("down")
    made.stop_what_runs()


def aws(shell: Shell, service: str, action: str, key: str = "test") -> int:
    """The status of a call in the query protocol, by a key that no world issued."""
    connection = http.client.HTTPConnection("127.0.0.1", shell.port, timeout=10)
    credential = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"{credential}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    }
    connection.request("POST", "/", f"Action={action}&Version=2011-06-15", headers)
    return connection.getresponse().status


def test_up_refuses_a_port_where_it_runs_already(shell: Shell) -> None:
    assert "is running at" in shell.run("up", "--in-memory", status=4)


def test_up_says_who_has_the_port(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = shell.run("up", "--in-memory", "--port", str(port), status=4)
    assert f"Port {port} is taken by" in said
    if sys.platform == "linux":
        assert f"(process {os.getpid()})" in said


def test_status_shows_the_server(shell: Shell) -> None:
    told = shell.json("status")
    assert told["port"] == shell.port
    assert told["data_directory"] == ""
    assert f"up at {shell.endpoint}" in shell.run("status")


def test_the_clock_is_shown_and_moved(shell: Shell) -> None:
    assert shell.json("clock", "show")["now"] == START
    assert shell.json("clock", "advance", "1d12h")["now"] == "2026-01-02T12:00:00.000Z"
    assert shell.run("clock", "set", "2026-01-03").startswith("2026-01-03T00:00:00.000Z  (held)")
    assert "never runs backwards" in shell.run("clock", "set", "2026-01-01", status=1)
    shell.run("clock", "advance", "3 parsecs", status=2)
    assert "paced, 60 times real time" in shell.run("clock", "release", "--rate", "60")
    assert "held" in shell.run("clock", "hold")


def test_why_explains_the_last_failure(shell: Shell) -> None:
    shell.run("reset", "--yes")
    assert "Nothing went wrong yet." in shell.run("why", status=1)
    assert aws(shell, "ses", "SendEmail") in (400, 501)
    told = shell.run("why", "--last")
    assert told.startswith("✗ ")
    trace = shell.json("why", "--last")
    assert str(trace["trace_id"]) in shell.run("trace", "--wrong")
    assert shell.run("why", str(trace["trace_id"])) == told
    assert "There is no trace" in shell.run("why", "no-such-request", status=1)


def test_why_is_plain_when_piped_and_ascii_where_it_must(shell: Shell) -> None:
    aws(shell, "ses", "SendEmail")
    assert "\x1b" not in shell.run("why")
    assert shell.run("why", encoding="ascii").isascii()


def test_faults_are_made_listed_and_mended(shell: Shell) -> None:
    made = shell.json("fault", "add", "slow", "--service", "sqs", "--delay", "2s", "--for", "10m")
    assert made["delay_ms"] == 2000
    assert str(made["id"]) in shell.run("fault", "list")
    assert "Mended" in shell.run("fault", "clear", str(made["id"]))
    assert "no fault" in shell.run("fault", "clear", str(made["id"]), status=1)
    assert "Nothing is broken." in shell.run("fault", "list")
    shell.run("fault", "add", "meteor", status=2)


def test_a_snapshot_brings_the_world_back(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "before.foulweather"
    shell.run("fault", "add", "unavailable", "--service", "ses")
    shell.run("snapshot", "save", str(file))
    shell.run("fault", "clear")
    shell.run("snapshot", "load", str(file))
    assert "ses" in shell.run("fault", "list")
    shell.run("fault", "clear")
    file.write_bytes(b"nonsense")
    assert "not a foulweather snapshot" in shell.run("snapshot", "load", str(file), status=1)
    assert "cannot be read" in shell.run("snapshot", "load", str(tmp_path / "none"), status=1)


def test_reset_does_not_throw_a_world_away_unasked(shell: Shell) -> None:
    assert "--yes" in shell.run("reset", status=2)
    assert shell.json("reset", "--yes", "--seed", "9")["seed"] == 9


def test_worlds_are_made_listed_and_deleted(shell: Shell) -> None:
    made = shell.run("worlds", "new", "other", "--from", "fork")
    assert "export AWS_ACCESS_KEY_ID=AKIA" in made
    assert "other  " in shell.run("worlds", "list")
    shell.run("clock", "advance", "1h", "--world", "other")
    assert shell.json("clock", "show", "--world", "other")["now"] != shell.json("clock", "show")["now"]
    shell.run("worlds", "delete", "other")
    shell.run("worlds", "delete", "other", status=1)


def test_coverage_and_events_are_shown(shell: Shell) -> None:
    aws(shell, "sts", "GetCallerIdentity")
    assert "sts:" in shell.run("coverage")
    assert "+ GetCallerIdentity" in shell.run("coverage", "sts")
    assert "GetCallerIdentity" not in shell.run("coverage", "sts", "--missing")
    event = json.loads(shell.run("events", "--kind", "api.*", "-n", "1", "--json"))
    assert event["kind"] == "api.Call"
    assert "api.Call" in shell.run("events", "-n", "1")


def test_events_are_followed_until_the_server_stops_or_one_does(shell: Shell) -> None:
    following = shell.start("events", "-f", "--kind", "fault.*", stdout=subprocess.PIPE)
    assert following.stdout is not None
    shell.run("fault", "add", "unavailable", "--service", "ses")
    assert "fault.Added" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    assert following.wait(10) == 130
    shell.run("fault", "clear")


def test_logs_are_shown(shell: Shell) -> None:
    assert "listening on" in shell.run("logs")
    assert shell.run("logs", "-n", "0") == ""


def test_env_points_clients_at_the_server(shell: Shell) -> None:
    told = shell.run("env")
    assert f"export AWS_ENDPOINT_URL={shell.endpoint}" in told
    assert "export AWS_ACCESS_KEY_ID=test" in told
    assert "AWS_SESSION_TOKEN" not in told
    assert "unset AWS_SESSION_TOKEN" in shell.run("env", AWS_SESSION_TOKEN="x")
    assert "ACCESS_KEY" not in shell.run("env", "--keep")
    assert f"set -gx AWS_ENDPOINT_URL {shell.endpoint}" in shell.run("env", "--shell", "fish")
    assert f"$env:AWS_ENDPOINT_URL = '{shell.endpoint}'" in shell.run("env", "--shell", "powershell")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_and_options(shell: Shell) -> None:
    script = shell.run("completion", "bash")
    asked = f'{script}\nCOMP_WORDS=(foulweather clock ad); COMP_CWORD=2; _foulweather; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, timeout=10, check=True)
    assert done.stdout.strip() == "advance"


def test_another_endpoint_is_another_server(shell: Shell) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert "Nothing is running" in shell.run("status", "--endpoint", nowhere, status=3)
    shell.run("down", "--endpoint", nowhere, status=3)
    shell.run("logs", "--endpoint", nowhere, status=3)
    shell.run("status", "--endpoint", "gopher://x", status=2)
    shell.run("status", FOULWEATHER_ENDPOINT="", AWS_ENDPOINT_URL=nowhere, status=3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--rate", "0"),
        ("up", "--port", "99999"),
        ("up", "--start", "someday"),
        ("up", "--cert", "x"),
        ("up", "--in-memory", "--data-dir", "x"),
        ("clock",),
        ("nonsense",),
        ("why", "--last", "some-id"),
    ],
)
def test_command_lines_that_make_no_sense_are_refused(shell: Shell, arguments: tuple[str, ...]) -> None:
    shell.run(*arguments, status=2)


def test_every_command_has_help_with_examples_and_exit_status(shell: Shell) -> None:
    assert "exit status:" in shell.run("fault", "add", "--help")
    for path in words():
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([*path.split(), "--help"])
        assert ended.value.code == 0


NO_UTF8 = "a\udcff"  # as Python has what is no UTF-8 on a command line


@pytest.mark.parametrize("command", [("trace", NO_UTF8), ("worlds", "new", NO_UTF8), ("bill", "--world", NO_UTF8)])
def test_what_is_no_utf8_is_refused_in_words(shell: Shell, command: tuple[str, ...]) -> None:
    assert "is not UTF-8" in shell.run(*command, status=2)


def test_logs_are_json_when_asked_for(shell: Shell) -> None:
    assert any("listening on" in line for line in json.loads(shell.run("logs", "--json"))["lines"])
    assert "does not go with" in shell.run("logs", "--json", "-f", status=2)


@pytest.mark.parametrize("rate", ["nan", "inf", "1e400", "-1"])
def test_a_rate_is_a_number(shell: Shell, rate: str) -> None:
    assert "no rate" in shell.run("clock", "release", f"--rate={rate}", status=2)


def test_a_world_goes_no_further_than_what_is_due_can_be_written(shell: Shell) -> None:
    assert "not between 1970 and 9000" in shell.run("clock", "set", "9999-12-31", status=2)
    assert "as far as time goes" in shell.run("clock", "advance", "2900000d", status=1)


def test_up_says_what_is_wrong_with_its_place(shell: Shell, tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    port = str(free_port())
    said = shell.run("up", "--port", port, "--data-dir", str(taken), status=1)
    assert "--data-dir" in said
    assert "Traceback" not in said
    assert "$XDG_STATE_HOME" in shell.run("up", "--port", port, "--in-memory", status=1, XDG_STATE_HOME=str(taken))
    assert "Cannot listen on" in shell.run("up", "--port", port, "--in-memory", "--host", "192.0.2.1", status=1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_told_in_a_sentence(shell: Shell) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "foulweather", "calc", "list"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (ended.returncode, ended.stderr) == (1, "foulweather: No space left on device.\n")


def test_a_closed_standard_output_is_no_failure(shell: Shell) -> None:
    ended = subprocess.run(
        f"{sys.executable} -m foulweather calc list >&-", shell=True, stderr=subprocess.PIPE, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_help_is_a_word_as_well(shell: Shell) -> None:
    assert "foulweather clock advance 4d" in shell.run("help", "clock")
