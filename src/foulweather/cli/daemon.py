"""A server in the background: started, waited for, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foulweather.cli import ports
from foulweather.cli.client import Client
from foulweather.cli.exits import ALREADY_RUNNING, FAILED, NOTHING_RUNNING, Stop
from foulweather.cli.patience import nap, progress, until
from foulweather.cli.places import RunFile

START_LIMIT_S = 30
STOP_LIMIT_S = 20
PROBE_S = 1
TAIL_LINES = 20
TAIL_BYTES = 64 << 10


def check_port(client: Client, host: str, port: int) -> None:
    """Refuse a port that is taken, saying by what."""
    try:
        if ports.is_free(host, port):
            return
    except OSError as error:
        raise Stop(
            FAILED, f"Cannot listen on {host}:{port}: {error.strerror}. --host and --port name others."
        ) from None
    try:
        facts = client.get("health", timeout_s=PROBE_S)
        where = facts["data_directory"] or "memory"
        raise Stop(
            ALREADY_RUNNING,
            f"Foulweather {facts['version']} is running at {client.endpoint} already (process {facts['pid']}, "
            f"world in {where}). Stop it with `foulweather down`, or start this one with --port.",
        )
    except (KeyError, TypeError):
        pass
    except Stop as stop:
        if stop.status == ALREADY_RUNNING:
            raise
    by = ports.holder(port) or "another program"
    raise Stop(ALREADY_RUNNING, f"Port {port} is taken by {by}. Stop that, or start with --port.")


def start(client: Client, arguments: Sequence[str], log_file: Path) -> dict[str, Any]:
    """Start a server that outlives this command; its health when it answers."""
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        log = log_file.open("ab")
    except OSError as error:
        places = "set $XDG_STATE_HOME to a directory that can be written, or name a place with --log-file"
        raise Stop(FAILED, f"The log cannot be written to {log_file} ({error.strerror}): {places}.") from None
    begins_at = log_file.stat().st_size
    with log:
        child = subprocess.Popen(
            [sys.executable, "-m", "foulweather", "up", "--foreground", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            close_fds=True,
        )
    with progress("Starting"):
        for _ in until(START_LIMIT_S):
            if child.poll() is not None:
                said = tail(log_file, TAIL_LINES, begins_at) or "It said nothing."
                raise Stop(FAILED, f"Foulweather did not start (status {child.returncode}). {log_file} says:\n{said}")
            try:
                facts = client.get("health", timeout_s=PROBE_S)
            except Stop:
                continue
            if facts.get("pid") == child.pid:
                return facts
    child.terminate()
    said = tail(log_file, TAIL_LINES, begins_at)
    raise Stop(FAILED, f"Foulweather did not answer within {START_LIMIT_S} s. {log_file} says:\n{said}")


def running(client: Client) -> tuple[int, dict[str, Any]]:
    """The process of the server at an endpoint, and what it has written down; 0 where there is none."""
    noted = RunFile(client.at.port).read()
    try:
        return int(client.get("health", timeout_s=PROBE_S)["pid"]), noted
    except (KeyError, TypeError, ValueError):
        pass
    except Stop as stop:
        if stop.status == FAILED and not ports.is_foulweather(int(noted.get("pid", 0))):
            raise
    pid = int(noted.get("pid", 0))
    return (pid if pid and ports.is_foulweather(pid) else 0), noted


def stop(client: Client, *, force: bool) -> int:
    """Stop the server at an endpoint, waiting until it is gone; its process."""
    pid, noted = running(client)
    if not pid:
        raise Stop(NOTHING_RUNNING, f"Nothing is running at {client.endpoint}.")
    # A server on another machine, or behind a container's wall, tells a number that is somebody else's here.
    is_ours = ports.is_foulweather(pid) if ports.tells_of_processes() else noted.get("pid") == pid
    if not is_ours:
        raise Stop(FAILED, f"The server at {client.endpoint} is process {pid}, but not on this machine: stop it there.")
    try:
        os.kill(pid, signal.SIGKILL if force else signal.SIGTERM)
    except PermissionError:
        raise Stop(FAILED, f"Process {pid} belongs to somebody else.") from None
    except ProcessLookupError:
        return pid
    with progress("Stopping"):
        for _ in until(STOP_LIMIT_S):
            if not ports.is_alive(pid):
                break
        else:
            raise Stop(
                FAILED, f"Process {pid} did not stop within {STOP_LIMIT_S} s; `foulweather down --force` kills it."
            )
    run_file = RunFile(client.at.port)
    if run_file.read().get("pid") == pid:
        run_file.path.unlink(missing_ok=True)
    return pid


def tail(path: Path, lines: int, begins_at: int = 0) -> str:
    """The last lines of a file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(begins_at, size - TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:] if lines else [])
    except OSError as error:
        raise Stop(FAILED, f"{path} cannot be read: {error.strerror}.") from None


def follow(path: Path) -> None:
    """Copy what is added to a file to standard output, until interrupted."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        while True:
            more = file.read()
            if more:
                sys.stdout.write(more.decode(errors="replace"))
                sys.stdout.flush()
            else:
                nap(0.2)
