from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from foulweather.cli import daemon, ports
from foulweather.cli.client import Client
from foulweather.cli.endpoint import Endpoint
from foulweather.cli.exits import Stop

linux = pytest.mark.skipif(not ports.tells_of_processes(), reason="needs /proc")


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (["-m", "foulweather", "up"], True),
        (["/opt/bin/foulweather", "up", "--port", "1"], True),
        (["pyright", "src/foulweather/services"], False),
        (["-m", "foulweather", "events"], False),
        (["edit", "foulweather", "notes", "up"], False),
    ],
)
@linux
def test_only_a_server_of_ours_is_taken_for_one(words: list[str], ours: bool) -> None:
    told = subprocess.PIPE
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()", *words], stdin=told, stdout=told, bufsize=0
    )
    try:
        # Before it says something it may not have been started yet, and have its parent's command line.
        assert sleeper.stdout is not None
        sleeper.stdout.readline()
        assert ports.is_foulweather(sleeper.pid) is ours
    finally:
        sleeper.kill()
        sleeper.wait()
    assert not ports.is_foulweather(sleeper.pid)


@linux
def test_down_signals_no_process_that_a_server_elsewhere_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(Client, "get", lambda *_, **__: {"pid": bystander.pid})
    try:
        with pytest.raises(Stop, match="not on this machine"):
            daemon.stop(Client(Endpoint("192.0.2.1", 4566)), force=True)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@linux
def test_the_holder_of_a_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"(process {os.getpid()})" in ports.holder(port)
        assert not ports.is_free("127.0.0.1", port)
    assert ports.holder(port) == ""
