"""All that keeps functions apart holds for a server that root has not started, too."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534
HERE = Path(__file__).parent
TESTS = HERE.parents[1]
FILES = ("test_apart_walls.py", "test_apart_harm.py")


def as_nobody(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user who may do nothing."""
    paths = [str(TESTS.parent / "src"), str(TESTS), *(path for path in sys.path if path.endswith("-packages"))]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(cwd), "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(
        command, cwd=cwd, env=environment, user=NOBODY, group=NOBODY, extra_groups=[],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def interpreter(home: Path) -> str:
    """One of this version that nobody may run: this one, or the system's."""
    for program in (sys.executable, "/usr/bin/python{}.{}".format(*sys.version_info), "/usr/local/bin/python3"):
        try:
            if as_nobody(program, "-c", "import pytest, msgspec, pytest_asyncio", cwd=home).returncode == 0:
                return program
        except OSError:
            continue
    pytest.skip("no interpreter here that others than root may run")


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory of nobody's, where nobody may come: pytest's own are for their maker alone."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        os.chown(made, NOBODY, NOBODY)
        yield Path(made)


@pytest.mark.skipif(os.getuid() != 0, reason="the tests run without root anyway")
def test_walls_and_harm_without_root(home: Path) -> None:
    python = interpreter(home)
    options = ["-p", "no:cacheprovider", f"--basetemp={home}/base", "-rs", "-c", str(TESTS.parent / "pyproject.toml")]
    ran = as_nobody(python, "-m", "pytest", *options, *(str(HERE / name) for name in FILES), cwd=home)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-6000:]
    if "SKIPPED" in ran.stdout:
        pytest.skip("this machine gives unprivileged users no namespaces")
