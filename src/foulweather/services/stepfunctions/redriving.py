"""Executions that failed, taken up again where they did.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

from functools import partial
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import distributed, ending, limits, starting, stepping
from foulweather.services.stepfunctions.history import EVENTS_MAX
from foulweather.services.stepfunctions.language.records import Map, Parallel
from foulweather.services.stepfunctions.records import Branch, Execution
from foulweather.services.stepfunctions.running import Run, advance, decode
from foulweather.services.stepfunctions.state import SfnState

REDRIVES_MAX = 1_000


def reason(call: Call, state: SfnState, execution: Execution) -> str:
    """Why an execution cannot be redriven; empty when it can."""
    if execution.kind == "EXPRESS" or execution.map_run:
        return "Execution was started by a Map Run and can only be redriven with it" if execution.map_run else "EXPRESS"
    if execution.is_open:
        return "Execution is RUNNING and cannot be redriven"
    if execution.status == "SUCCEEDED":
        return "Execution is SUCCEEDED and cannot be redriven"
    spent = exhausted(call, execution)
    if spent:
        return spent
    machine = state.machines.get(execution.machine)
    return "State machine is deleted" if machine is None or machine.is_deleting else ""


def exhausted(call: Call, execution: Execution) -> str:
    """What limit keeps an execution that is over from being redriven; empty when none does."""
    if execution.events >= EVENTS_MAX:
        return "Execution history event limit exceeded"
    if call.now - execution.started_ms > limits.YEAR_MS:
        return "Execution has exceeded the maximum open time"
    if call.now - execution.stopped_ms > limits.REDRIVE_MS:
        return "Execution has exceeded the redrivable period"
    return "Execution redrive limit exceeded" if execution.redrives >= REDRIVES_MAX else ""


def status(call: Call, state: SfnState, execution: Execution) -> dict[str, Any]:
    """What DescribeExecution says about a redrive."""
    if execution.map_run and execution.status not in ("SUCCEEDED", "RUNNING"):
        return {"redriveStatus": "REDRIVABLE_BY_MAP_RUN"}
    why = reason(call, state, execution)
    if why:
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": why}
    return {"redriveStatus": "REDRIVABLE"}


def redrive(call: Call, state: SfnState, execution: Execution) -> None:
    """Take an execution up again."""
    execution.status, execution.redrives, execution.redriven_ms = "RUNNING", execution.redrives + 1, call.now
    execution.error = execution.cause = None
    execution.stopped_ms = 0
    state.open_count += 1
    state.executions.touch(execution.arn)
    ending.changed(call, execution)
    advance(call, state, execution, _again)
    if execution.is_open:
        starting.limit(call, state, execution)


def _again(run: Run) -> None:
    execution = run.execution
    roots = [each for each in run.branches.values() if each.parent < 0]
    if not roots:  # it ended before it began
        return
    (root,) = roots
    root.last_event = execution.events
    run.add(root, "ExecutionRedriven", redriveCount=execution.redrives)
    take_up(run, root)


def take_up(run: Run, branch: Branch) -> None:
    """Do again what did not succeed: the branches and iterations that failed or were stopped, or the state itself."""
    branch.retried, branch.waits = [], ""
    run.dirty.add(branch.id)
    value = decode(branch.input)
    if not branch.state:
        start_at = run.program.flow(branch.place).start_at
        stepping.enter(run, branch, start_at, value, branch.input)
        return
    state = run.state_of(branch)
    unfinished = [each for each in run.children(branch) if each.waits != "done"]
    if isinstance(state, Parallel | Map) and unfinished:
        run.wait(branch, "branches")
        branch.open = len(unfinished)
        for child in unfinished:
            child.last_event, child.waits = branch.last_event, ""
            run.dirty.add(child.id)
            run.jobs.append(partial(_in_its_turn, child=child, turn=child.turn))
        return
    if isinstance(state, Map) and state.mode == "DISTRIBUTED" and branch.map_run:
        distributed.redrive(run, branch, state)
        return
    if state.type in ("Task", "Parallel", "Map"):
        stepping.go_on(run, branch, stepping.attempt(run, branch, state, value))
    else:
        stepping.enter(run, branch, branch.state, value, branch.input)


def _in_its_turn(run: Run, child: Branch, turn: int) -> None:
    """Take up a branch or iteration, unless another one has failed meanwhile and taken it with it."""
    if run.branches.get(child.id) is child and child.turn == turn and not child.waits:
        take_up(run, child)
