"""An order that looks random and is the same for the same seed, without a source of randomness."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def shuffled(things: Iterable[Thing], name: Callable[[Thing], str], seed: str) -> list[Thing]:
    """The things in the order of the hashes of the seed and their names."""
    return sorted(things, key=lambda thing: hashlib.sha256(f"{seed}\0{name(thing)}".encode()).digest())
