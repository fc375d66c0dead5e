"""Replicas of global tables (version 2019.11.21), as UpdateTable makes and removes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.dynamodb.live import LiveTable


def checked(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Callable[[], None]]:
    """What ReplicaUpdates does, checked."""
    if request.get("ReplicaUpdates") is not None:
        raise not_implemented("dynamodb", "UpdateTable.ReplicaUpdates")
    return []
