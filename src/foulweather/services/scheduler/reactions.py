"""What EventBridge Scheduler does later: runs, and the invocations that come of them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.scheduler import invoking
from foulweather.services.scheduler.state import SchedulerState


def run(call: Call, schedule: str, at_ms: int) -> None:
    """Have a schedule invoke its target."""
    state = call.state(SchedulerState)
    found = state.schedules.get(schedule)
    if found is not None and found.is_enabled:
        found.due = 0
        invoking.begin(call, state, found, at_ms)


async def invoke(call: Call, invocation: str) -> None:
    """Make the next attempt of an invocation."""
    state = call.state(SchedulerState)
    found = state.invocations.get(invocation)
    if found is not None:
        await invoking.attempt(call, state, found)
