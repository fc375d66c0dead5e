"""What every call passes before its operation, in order; `authenticate` comes first, before it is a call."""

from __future__ import annotations

from foulweather.gates.authorize import authorize
from foulweather.gates.faults import arrival, delay, faults
from foulweather.gates.throttle import throttle
from foulweather.kernel.pipeline import Gate

__all__ = ["GATES", "delay"]

GATES: tuple[Gate, ...] = (arrival, throttle, authorize, faults)
