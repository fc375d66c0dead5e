"""Runs shell scripts, such as a drill's solution, with a time limit."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import NamedTuple

OUTPUT_BYTES_MAX = 64 << 10


class Ran(NamedTuple):
    """How a script ended."""

    status: int
    output: str


async def run_script(path: Path, environment: dict[str, str], timeout_s: float = 120) -> Ran:
    """Run `bash -euo pipefail SCRIPT`; one that takes too long is ended with everything that it started."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-euo",
        "pipefail",
        str(path),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return Ran(124, f"ended after {timeout_s} s")
    return Ran(process.returncode or 0, output[:OUTPUT_BYTES_MAX].decode(errors="replace"))
