"""Temporary directories with their process's number in their names, so that what a killed one left can be removed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

_NAMED = re.compile(r"foulweather-(functions|packages)-(\d+)-[^-]*")


def directory(kind: str) -> Path:
    """A new directory for `functions` or `packages`; the ones of processes that are no more go."""
    remove()
    made = Path(tempfile.mkdtemp(prefix=f"foulweather-{kind}-{os.getpid()}-"))
    made.chmod(0o755)
    return made


def remove() -> None:
    """Remove what processes have left that were killed: of this user, on this machine."""
    for path in Path(tempfile.gettempdir()).iterdir():
        found = _NAMED.fullmatch(path.name)
        if found is not None and not _is_alive(int(found[2])):
            try:
                if path.lstat().st_uid == os.getuid():
                    shutil.rmtree(path)
            except OSError:
                pass  # another process was faster, or something there is still in use


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
