"""What every call passes before its operation, in order; `authenticate` comes first, before it is a call."""

from __future__ import annotations

from foulweather.gates.authorize import authorize
from foulweather.gates.faults import arrival, delay, faults, unreachable
from foulweather.gates.throttle import throttle
from foulweather.kernel.pipeline import Gates

__all__ = ["GATES"]

GATES = Gates((arrival, throttle, authorize, faults), delay, authorize, unreachable)
