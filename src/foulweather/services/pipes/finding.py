"""The pipe that a request names."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.pipes import limits
from foulweather.services.pipes.state import Pipe, PipesState

_PASSING = frozenset({"CREATING", "UPDATING", "DELETING", "STARTING", "STOPPING"})


def pipe(call: Call, name: str) -> Pipe:
    """A pipe by name."""
    found = call.state(PipesState).pipes.get(name)
    if found is None:
        raise limits.missing(name)
    return found


def settled(call: Call, name: str) -> Pipe:
    """A pipe that does not change just now."""
    found = pipe(call, name)
    if found.current in _PASSING:
        fact = call.fact(found.arn, "CurrentState", found.current)
        raise limits.conflict(name, f"Pipe {name} is in state {found.current}.", fact)
    return found


def told(found: Pipe) -> dict[str, Any]:
    """What every operation on a pipe answers."""
    return {
        "Arn": found.arn,
        "Name": found.name,
        "DesiredState": found.desired,
        "CurrentState": found.current,
        "CreationTime": found.created_ms,
        "LastModifiedTime": found.modified_ms,
    }
