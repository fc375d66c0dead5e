"""The commands of docs/watching.md, run as they stand; each block prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clients.running import ROOT, running

pytestmark = [pytest.mark.client, pytest.mark.needs("aws")]

PAGE = ROOT / "docs" / "watching.md"
_BLOCK = re.compile(r"```sh\n(.*?)```\n((?:\n(?:    [^\n]*\n)+)?)", re.DOTALL)
MARK = "--- block"


def blocks() -> list[tuple[str, list[str]]]:
    """Each block of commands, and the lines that it is said to print."""
    return [
        (commands, [line.strip() for line in told.splitlines() if line.strip()])
        for commands, told in _BLOCK.findall(PAGE.read_text())
    ]


def test_the_page_has_blocks_that_print_something() -> None:
    assert sum(bool(told) for _, told in blocks()) >= 7


@pytest.mark.slow
def test_every_command_works_and_prints_what_the_page_says(tmp_path: Path) -> None:
    script = f"\necho '{MARK}'\n".join(commands for commands, _ in blocks())
    with running(tmp_path, "--clock", "held") as cloud:
        exports = cloud.foulweather("env")
        ended = cloud.ran("bash", "-c", f"{exports}\nset -euo pipefail\n{script}", timeout_s=300)
    assert ended.returncode == 0, (ended.stdout, ended.stderr[-3000:])
    for (commands, told), printed in zip(blocks(), ended.stdout.split(MARK), strict=True):
        lines = printed.splitlines()
        for line in told:
            assert any(line in each for each in lines), f"{line!r} is not in {printed!r}, of\n{commands}"
