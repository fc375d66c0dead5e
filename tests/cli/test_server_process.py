"""The server as a process: what is kept, how it stops, what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.terminal import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.stop_what_runs()


def test_down_and_up_lose_nothing(shell: Shell) -> None:
    shell.run("up", "--clock", "held", "--start", "2026-01-01")
    shell.run("clock", "advance", "1h")
    shell.run("fault", "add", "unavailable", "--service", "ses")
    told = shell.json("down")
    shell.run("status", status=3)
    assert not (shell.home / "foulweather" / "run" / f"{shell.port}.json").exists()
    assert shell.json("up")["pid"] != told["pid"]
    assert shell.json("clock", "show")["now"] == "2026-01-01T01:00:00.000Z"
    assert "ses" in shell.run("fault", "list")
    shell.run("down")


def test_a_killed_server_has_kept_what_it_acknowledged(shell: Shell) -> None:
    shell.run("up", "--clock", "held", "--start", "2026-01-01")
    shell.run("fault", "add", "unavailable", "--service", "ses")
    shell.run("down", "--force")
    shell.run("up")
    assert "ses" in shell.run("fault", "list")
    shell.run("down")


def test_a_damaged_data_directory_is_refused_with_the_log_and_left_alone(shell: Shell, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "world.sqlite").write_bytes(b"nonsense" * 1000)
    said = shell.run("up", "--data-dir", str(data), status=1)
    assert "Nothing was changed" in said
    assert (data / "world.sqlite").read_bytes() == b"nonsense" * 1000


def test_one_data_directory_serves_one_server(shell: Shell, tmp_path: Path) -> None:
    shell.run("up")
    other = Shell(tmp_path)
    assert "another foulweather is using it" in other.run("up", status=1)
    shell.run("down")


def test_a_follower_does_not_hold_up_the_stop(shell: Shell) -> None:
    shell.run("up", "--in-memory")
    following = shell.start("events", "-f", stdout=subprocess.PIPE)
    shell.run("fault", "add", "unavailable", "--service", "ses")
    assert following.stdout is not None
    following.stdout.readline()
    shell.run("down")
    assert following.wait(10) == 0


def test_a_server_in_the_foreground_stops_at_a_signal(shell: Shell) -> None:
    server = shell.start("up", "--foreground", "--in-memory", stderr=subprocess.PIPE)
    assert server.stderr is not None
    assert "listening on" in server.stderr.readline()
    assert "foreground" in shell.run("logs", status=1)
    server.send_signal(signal.SIGINT)
    assert server.wait(10) == 0
    assert "Traceback" not in server.stderr.read()


def test_https_shares_the_port(shell: Shell) -> None:
    told = shell.run("up", "--in-memory", "--tls")
    bundle = shell.home / "foulweather" / "tls" / "ca.pem"
    assert f"AWS_CA_BUNDLE={bundle}" in told
    secure = shell.endpoint.replace("http:", "https:")
    assert shell.json("status")["tls"] is True
    assert bundle.exists()
    assert "is up at https" in shell.run("status", "--endpoint", secure)
    shell.run("down")


def test_a_stale_run_file_does_not_make_a_server(shell: Shell) -> None:
    run_file = shell.home / "foulweather" / "run" / f"{shell.port}.json"
    run_file.parent.mkdir(parents=True)
    run_file.write_text(f'{{"pid": {os.getpid()}}}')
    said = shell.run("down", status=3)
    assert "Nothing is running" in said
