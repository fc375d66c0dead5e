"""The servers that are measured: ours, the peers from PyPI in environments of their own, and the floor."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.driving import memory_mib

ENVIRONMENTS = Path(__file__).parent / "results" / "environments"
PACKAGES = {"moto": "moto[server]==5.2.5", "ministack": "ministack==1.5.33"}
SERVER_CPU, DRIVER_CPU = 0, 1


class Running(NamedTuple):
    """A server that answers."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started_ms: float
    idle_mib: float
    folder: Path

    def stop(self) -> None:
        """End it, and throw its data away."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(name: str) -> Running:
    """Start a server on a free port, on one processor, and wait until it answers."""
    port, folder = _free_port(), Path(tempfile.mkdtemp(prefix=f"bench-{name}-"))
    command, more = _command(name, port, folder)
    log = (folder / "log").open("wb")
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **more, "PYTHONUNBUFFERED": "1"},
        stdout=log,
        stderr=log,
        cwd=folder if name != "echo" else None,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}) if _many_cpus() else None,
    )
    while not _answers(port):
        if process.poll() is not None or time.perf_counter() - began > 60:
            raise RuntimeError(f"{name} did not start:\n{(folder / 'log').read_text()[-3000:]}")
        time.sleep(0.002)
    started_ms = (time.perf_counter() - began) * 1000
    time.sleep(1.0)
    return Running(name, port, process, started_ms, memory_mib(process.pid), folder)


def _command(name: str, port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    if name == "foulweather":
        options = ["--foreground", "--port", str(port), "--data-dir", str(folder / "data")]
        return [sys.executable, "-m", "foulweather", "up", *options], {}
    if name == "echo":
        return [sys.executable, str(Path(__file__).parent / "echo.py"), str(port)], {}
    scripts = _environment(name) / "bin"
    if name == "moto":
        # moto checks signatures and policies once so many calls were made without.
        return [str(scripts / "moto_server"), "-p", str(port)], {"INITIAL_NO_AUTH_ACTION_COUNT": "100000000"}
    return [str(scripts / "ministack")], {"GATEWAY_PORT": str(port), "PERSIST_STATE": "0"}


def _environment(name: str) -> Path:
    """A virtual environment with a peer in it, made on first use."""
    folder = ENVIRONMENTS / name
    if not (folder / "bin" / "python").exists():
        print(f"installing {PACKAGES[name]} ...", file=sys.stderr)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        python = str(folder / "bin" / "python")
        uv = Path(sys.executable).with_name("uv")
        installer = (
            [str(uv), "pip", "install", "-q", "--python", python]
            if uv.exists()
            else [python, "-m", "pip", "install", "-q"]
        )
        subprocess.run([*installer, PACKAGES[name]], check=True)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/_foulweather/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    return True


def _many_cpus() -> bool:
    return len(os.sched_getaffinity(0)) > 1 or os.cpu_count() != 1
