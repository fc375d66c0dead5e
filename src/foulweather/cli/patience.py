"""Waiting in real time, and saying so: the command line lives outside every world."""

from __future__ import annotations

import sys
import time  # noqa: TID251 - real time is what a person at a terminal waits in
from collections.abc import Generator, Iterator
from contextlib import contextmanager

NAP_S = 0.02


def until(limit_s: float, nap_s: float = NAP_S) -> Iterator[None]:
    """One turn after another, with a nap in between, until the limit is reached."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        yield
        time.sleep(nap_s)


def nap(seconds: float) -> None:
    """Sleep."""
    time.sleep(seconds)


@contextmanager
def progress(saying: str) -> Generator[None]:
    """Say on standard error what is waited for, once that takes more than a second."""
    if not sys.stderr.isatty():
        yield
        return
    import signal

    shown = False

    def tick(_signal: int, _frame: object) -> None:
        nonlocal shown
        sys.stderr.write("." if shown else f"{saying} ")
        sys.stderr.flush()
        shown = True

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if shown:
            sys.stderr.write("\n")
