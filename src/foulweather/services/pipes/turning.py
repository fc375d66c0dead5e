"""Pipes started and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.pipes import finding, limits, settling
from foulweather.services.pipes.state import RUNNING, STOPPED, Pipe

Request = Mapping[str, Any]


def start_pipe(call: Call, request: Request) -> dict[str, Any]:
    """Have a stopped pipe run."""
    return _turned(call, request, RUNNING, "STARTING")


def stop_pipe(call: Call, request: Request) -> dict[str, Any]:
    """Have a running pipe stop; what is under way is brought to its end."""
    return _turned(call, request, STOPPED, "STOPPING")


def _turned(call: Call, request: Request, desired: str, passing: str) -> dict[str, Any]:
    found: Pipe = finding.settled(call, request["Name"])
    if found.current == desired:
        fact = call.fact(found.arn, "CurrentState", found.current)
        raise limits.conflict(found.name, f"Pipe {found.name} is in state {found.current} already.", fact)
    found.desired = desired
    settling.begin(call, found, passing)
    call.changed("pipes.PipeTurned", found.arn, DesiredState=desired)
    return finding.told(found)
