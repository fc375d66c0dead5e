"""What Step Functions does later: waits that are over, tasks and executions that have taken too long."""

from __future__ import annotations

from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import distributed, jobs, stepping, tracing, working
from foulweather.services.stepfunctions.language.records import Wait
from foulweather.services.stepfunctions.running import Run, Turns, advance, decode
from foulweather.services.stepfunctions.state import SfnState


def resume(call: Call, arn: str, branch: int, turn: int) -> None:
    """Look at what a flow waits for."""
    state = call.state(SfnState)
    execution = state.executions.get(arn)
    if execution is not None and execution.is_open:
        advance(call, state, execution, lambda run: _woken(run, branch, turn))


def expire(call: Call, arn: str) -> None:
    """End an execution that has run for as long as it may."""
    state = call.state(SfnState)
    execution = state.executions.get(arn)
    if execution is not None and execution.is_open:
        execution.due = 0
        advance(call, state, execution, jobs.timed_out)


def run_map(call: Call, arn: str) -> None:
    """Begin further child executions of a Map Run."""
    state = call.state(SfnState)
    found = state.map_runs.get(arn)
    if found is not None and found.due:
        found.due = 0
        Turns.of(call.world).children = 0
        distributed.fill(call, state, found)


async def trace(call: Call, arn: str, told: dict[str, Any]) -> None:
    """Send the segments of an execution that has ended."""
    await tracing.send(call, arn, told)


def _woken(run: Run, number: int, turn: int) -> None:
    branch = run.branches.get(number)
    if branch is None or branch.turn != turn:
        return
    branch.due = 0
    value = decode(branch.input)
    if branch.waits == "throttle":
        stepping.enter(run, branch, branch.state, value, branch.input)
    elif branch.waits == "time":
        branch.waits = ""
        state = cast(Wait, run.state_of(branch))
        stepping.go_on(run, branch, stepping.attempted(run, branch, state, value))
    elif branch.waits == "retry":
        wait_ms = run.throttled_ms()
        if wait_ms:
            run.wait(branch, "retry", run.now + wait_ms)
            return
        branch.waits = ""
        stepping.go_on(run, branch, stepping.attempt(run, branch, run.state_of(branch), value))
    elif branch.waits:
        working.looked_at(run, branch)
