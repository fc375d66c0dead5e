"""Threads of a function that begin to sleep at about the same time begin together, where the clock is held."""

from __future__ import annotations

import asyncio

TOGETHER_S = 0.01
"""How long, in real time, the first of them waits for the others."""


class Gathering:
    """Those of one environment that are about to sleep."""

    def __init__(self) -> None:
        self._begun: asyncio.Event | None = None

    async def wait(self) -> None:
        """Wait a moment for others: held time passes for all of them."""
        begun = self._begun
        if begun is None:
            begun = self._begun = asyncio.Event()
            asyncio.get_running_loop().call_later(TOGETHER_S, self._begin)
        await begun.wait()

    def _begin(self) -> None:
        if self._begun is not None:
            self._begun.set()
            self._begun = None
