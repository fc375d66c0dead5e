"""Global tables: changes sent to the other regions, where the last writer wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call

if TYPE_CHECKING:
    from foulweather.services.dynamodb.writing import Change


def send(call: Call, change: Change) -> None:
    """Send a change on its way to every replica."""
    raise NotImplementedError
