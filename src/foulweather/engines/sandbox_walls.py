"""What keeps a sandboxed program apart: bubblewrap, or `unshare`, or, plainly said, limits alone."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from foulweather.engines import process_tree

START = Path(__file__).with_name("sandbox_start.py")
UNSHARE = ("--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount", "--ipc", "--uts")
NETWORK = "the network is not off"
FILES = "files outside the temporary directory are as writable as they are to you"
PROCESSES = "other processes can be seen and signalled, and a daemon may outlive its program"
WATCH = "memory and number of processes are not watched"


class Isolation(NamedTuple):
    """How far a child is kept apart, and what is missing for more."""

    tool: str
    """A path to bubblewrap or unshare; none: only limits."""
    mounts: bool
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """The tool's name."""
        return Path(self.tool).name if self.tool else "none"


def candidates() -> Iterator[Isolation]:
    """From the best to the one that always works."""
    unwatched = () if process_tree.is_visible() else (WATCH,)
    if sys.platform == "linux":
        bubblewrap, unshare = shutil.which("bwrap"), shutil.which("unshare")
        if bubblewrap:
            yield Isolation(bubblewrap, False, unwatched)
        if unshare:
            yield Isolation(unshare, True, unwatched)
            yield Isolation(unshare, False, (FILES, *unwatched))
    yield Isolation("", False, (NETWORK, FILES, PROCESSES, *unwatched))


def wrapped(
    program: Sequence[str],
    isolation: Isolation,
    directory: Path,
    writable: Sequence[Path],
    limits: Mapping[str, int],
) -> list[str]:
    """The whole command that runs a program behind those walls."""
    settings = {
        "mounts": isolation.mounts,
        "writable": [str(path) for path in writable],
        "directory": str(directory),
        "limits": dict(limits),
    }
    inner = [sys.executable, "-I", "-S", str(START), json.dumps(settings), *program]
    if isolation.name == "bwrap":
        # What is private to the sandbox comes after the whole, or the whole would cover it.
        outer = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev"]
        outer += ["--proc", "/proc", *(["--tmpfs", "/run"] if Path("/run").is_dir() else [])]
        for path in writable:
            outer += ["--bind", str(path), str(path)]
        return [isolation.tool, *outer, "--", *inner]
    if isolation.name == "unshare":
        return [isolation.tool, *UNSHARE, "--mount-proc", "--", *inner]
    return inner
