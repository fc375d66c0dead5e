"""Which program of this machine runs a function's runtime."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PYTHON = re.compile(r"python(3\.\d+)")
NODE = re.compile(r"nodejs(\d+)\.x")
# Where version managers keep what they do not put on the PATH, by the root that an environment variable may move.
MANAGED = {
    "python": (
        ("PYENV_ROOT", "~/.pyenv", "versions/{version}.*/bin"),
        ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", "cpython-{version}.*/bin"),
        ("MISE_DATA_DIR", "~/.local/share/mise", "installs/python/{version}.*/bin"),
        ("ASDF_DATA_DIR", "~/.asdf", "installs/python/{version}.*/bin"),
        ("HOMEBREW_PREFIX", "/opt/homebrew", "opt/python@{version}/bin"),
    ),
    "node": (
        ("NVM_DIR", "~/.nvm", "versions/node/v{version}.*/bin"),
        ("FNM_DIR", "~/.local/share/fnm", "node-versions/v{version}.*/installation/bin"),
        ("VOLTA_HOME", "~/.volta", "tools/image/node/{version}.*/bin"),
        ("MISE_DATA_DIR", "~/.local/share/mise", "installs/node/{version}.*/bin"),
        ("ASDF_DATA_DIR", "~/.asdf", "installs/nodejs/{version}.*/bin"),
        ("HOMEBREW_PREFIX", "/opt/homebrew", "opt/node@{version}/bin"),
    ),
}
LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")


class Interpreter(NamedTuple):
    """A program, the version it says it has, and the directories it needs to be there."""

    program: str
    version: str
    homes: tuple[str, ...]


class NoInterpreter(Exception):
    """No program here runs a runtime; the message says what to install."""


def for_runtime(runtime: str) -> Interpreter:
    """The interpreter of a managed runtime; the version must be the one that the function asks for."""
    python, node = PYTHON.fullmatch(runtime), NODE.fullmatch(runtime)
    found = _python(python[1]) if python else _node(node[1]) if node else None
    if found is None:
        what = f"Python {python[1]}" if python else f"Node.js {node[1]}" if node else f"the runtime {runtime}"
        here = available()
        raise NoInterpreter(f"This machine has no {what}: install it, or choose a runtime that is here ({here}).")
    return found


@cache
def available() -> str:
    """The managed runtimes that this machine can run, by name."""
    pythons = [f"python3.{minor}" for minor in range(9, 15) if _python(f"3.{minor}")]
    nodes = [f"nodejs{major}.x" for major in range(16, 26, 2) if _node(str(major))]
    return ", ".join([*pythons, *nodes]) or "none"


@cache
def _python(version: str) -> Interpreter | None:
    if version == ".".join(platform.python_version_tuple()[:2]):
        program = getattr(sys, "_base_executable", sys.executable) or sys.executable
        return Interpreter(os.path.realpath(program), version, (os.path.realpath(sys.base_prefix),))
    question = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.base_prefix)"
    for program in _programs("python", version, f"python{version}"):
        found = _asked(program, version, question)
        if found is not None:
            return found
    return None


@cache
def _node(major: str) -> Interpreter | None:
    for program in _programs("node", major, f"node{major}", "node", "nodejs"):
        found = _asked(program, major, "console.log(process.version.slice(1).split('.')[0])", "-e")
        if found is not None:
            return found
    return None


def _programs(kind: str, version: str, *names: str) -> Iterator[str]:
    """Programs of some names on the PATH, and what version managers have of a version: the newest first."""
    for name in names:
        if (program := shutil.which(name)) is not None:
            yield program
    for variable, usual, below in MANAGED[kind]:
        root = Path(os.environ.get(variable) or usual).expanduser()
        with contextlib.suppress(OSError):
            for folder in sorted(root.glob(below.format(version=version)), key=_numbers, reverse=True):
                if (program := shutil.which(names[0] if kind == "python" else "node", path=str(folder))) is not None:
                    yield program


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _asked(program: str, version: str, question: str, flag: str = "-c") -> Interpreter | None:
    """A program, if it says that it is of a version: what stands on the PATH may lead to another."""
    try:
        ran = subprocess.run([program, flag, question], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = ran.stdout.split("\n")
    if ran.returncode != 0 or said[0].strip() != version:
        return None
    real = os.path.realpath(program)
    homes = (os.path.realpath(said[1].strip()),) if len(said) > 1 and said[1].strip() else (str(Path(real).parents[1]),)
    return Interpreter(real, version, homes)


@cache
def sdk_directories() -> tuple[tuple[str, str], ...]:
    """The AWS SDK for Python of this installation, if it is there: name and path of each of its packages.

    AWS's Python runtimes bring it along, so functions expect it.
    """
    found: list[tuple[str, str]] = []
    for name in LIBRARIES:
        for directory in sys.path:
            path = Path(directory, name)
            if directory and path.exists():
                found.append((name, str(path)))
                break
    return tuple(found) if len(found) == len(LIBRARIES) else ()
