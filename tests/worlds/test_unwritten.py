"""Whatever the tests of a service have it change is written, not only changed in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted(each.name for each in (ROOT / "tests" / "services").iterdir() if any(each.glob("**/test_*.py")))


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_every_change_is_written(service: str) -> None:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    command = [sys.executable, "-m", "pytest", "-p", "worlds.unwritten", "-p", "no:cacheprovider", "-q"]
    command += ["-m", "not slow and not client", f"tests/services/{service}"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    lost = [line for line in done.stdout.splitlines() if line.startswith("UNWRITTEN")]
    assert lost == []
    assert "error" not in done.stdout.lower().splitlines()[-1]
