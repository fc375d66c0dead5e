"""Runtime hooks of SnapStart, by the names of the library that AWS's Python runtimes have.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Hook = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
_before: list[Hook] = []
_after: list[Hook] = []


def register_before_snapshot(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """Have a function called before the snapshot is taken: the last one registered first."""
    _before.append((func, args, kwargs))
    return func


def register_after_restore(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """Have a function called when an environment was made of the snapshot: in the order of registration."""
    _after.append((func, args, kwargs))
    return func


def get_before_snapshot() -> list[Hook]:
    """What was registered for before the snapshot."""
    return _before


def get_after_restore() -> list[Hook]:
    """What was registered for after a restore."""
    return _after
