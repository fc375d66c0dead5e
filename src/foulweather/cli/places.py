"""Where a server on this machine keeps its things, and its run file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast


def state_directory() -> Path:
    """`$XDG_STATE_HOME/foulweather`, or `~/.local/state/foulweather`."""
    base = os.environ.get("XDG_STATE_HOME") or ""
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "foulweather"


def data_directory() -> Path:
    """Where the default world lives unless it is told otherwise."""
    return state_directory() / "default"


def tls_directory() -> Path:
    """Where the local certificate authority lives."""
    return state_directory() / "tls"


def log_file(port: int) -> Path:
    """Where a server in the background writes its log."""
    return state_directory() / "log" / f"{port}.log"


class RunFile:
    """What a running server has written down about itself, one file a port."""

    def __init__(self, port: int) -> None:
        self.path = state_directory() / "run" / f"{port}.json"

    def write(self, **facts: Any) -> None:
        """Write it, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        partial.write_text(json.dumps({"pid": os.getpid(), **facts}) + "\n")
        partial.replace(self.path)

    def read(self) -> dict[str, Any]:
        """What it says; nothing where there is none, or a broken one."""
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def remove(self) -> None:
        """Remove one's own; another server's stays."""
        if self.read().get("pid") == os.getpid():
            self.path.unlink(missing_ok=True)
