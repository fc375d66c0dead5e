"""A terminal for tests of the command line, and the server that it talks to."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from foulweather.cli.main import main
from foulweather.cli.ports import is_foulweather

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Shell:
    """Runs commands as a terminal would, in this process, with a state directory of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FOULWEATHER_"))}
        self.environment = kept | {
            "XDG_STATE_HOME": str(home),
            "PYTHONPATH": str(ROOT / "src"),
            "FOULWEATHER_ENDPOINT": self.endpoint,
        }

    def run(self, *arguments: str, status: int = 0, encoding: str = "utf-8", **environment: str) -> str:
        """What a command says where it ends with that status: on standard output, or of its failure."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="") for _ in range(2))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith(("AWS_", "FOULWEATHER_"))]:
                patch.delenv(name)
            for name, value in (self.environment | environment).items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO())
            try:
                ended = main(arguments)
            except SystemExit as end:
                ended = end.code
        out.flush()
        err.flush()
        said, failure = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        assert ended == status, (arguments, ended, said, failure)
        return said if status == 0 else failure

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        command = [sys.executable, "-m", "foulweather", *arguments]
        # What a shell runs in the background ignores Ctrl-C, and so would all that it starts: tests too.
        return subprocess.Popen(command, env=self.environment, text=True, preexec_fn=_heeds_interrupts, **streams)

    def stop_what_runs(self) -> None:
        """End a server that a failed test has left, and no other: only what this state directory names."""
        for run_file in (self.home / "foulweather" / "run").glob("*.json"):
            pid = json.loads(run_file.read_text())["pid"]
            if pid != os.getpid() and is_foulweather(pid):
                os.kill(pid, signal.SIGKILL)

    def json(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self.run(*arguments, "--json"))


def _heeds_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
