"""How executions end, and who hears of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.stepfunctions import distributed, fanning, jobs, publishing
from foulweather.services.stepfunctions.records import Branch, Execution
from foulweather.services.stepfunctions.running import Run, Trouble, advance
from foulweather.services.stepfunctions.state import SfnState

_EVENTS = {"FAILED": "ExecutionFailed", "TIMED_OUT": "ExecutionTimedOut", "ABORTED": "ExecutionAborted"}


def succeed(run: Run, branch: Branch, text: str) -> None:
    """End an execution with its output."""
    execution = run.execution
    run.close_with("ExecutionSucceeded", branch.last_event, output=text)
    execution.output = text
    for each in list(run.branches.values()):
        run.drop(each)
    _close(run, "SUCCEEDED")


def end(run: Run, status: str, trouble: Trouble, branch: Branch | None = None) -> None:
    """End an execution otherwise; where it stood is kept for a redrive."""
    execution = run.execution
    previous = execution.events if branch is None else branch.last_event
    for each in list(run.branches.values()):
        if each.waits and each.waits != "done":
            fanning.leave_off(run, each)
        run.dirty.add(each.id)
    error, cause = trouble.error or None, trouble.cause
    run.close_with(_EVENTS[status], previous, error=error, cause=cause)
    execution.error, execution.cause = error, cause
    _close(run, status)
    if status != "ABORTED":
        _explain(run, status, trouble, branch)
    if execution.kind == "EXPRESS":
        for each in list(run.branches.values()):
            run.drop(each)


def _close(run: Run, status: str) -> None:
    execution, state = run.execution, run.state
    execution.status, execution.stopped_ms = status, run.now
    steps = run.count()
    if execution.due:
        run.world.agenda.cancel(execution.due)
        execution.due = 0
    state.open_count -= 1
    changed(run.call, execution, steps)
    run.jobs.clear()
    for branch in run.branches.values():
        state.live_items.pop(branch.key, None)
        state.live_inputs.pop(branch.key, None)
    state.live_inputs.pop(execution.arn, None)
    if not run.branches:
        state.parts.pop(execution.arn, None)
    if execution.kind == "STANDARD":
        state.closed.append((execution.stopped_ms, execution.arn))
    elif not execution.map_run:
        state.remove(execution)
    publishing.remove_if_over(state, execution.machine)
    _tell(run.call, state, execution)


def _tell(call: Call, state: SfnState, execution: Execution) -> None:
    parking = state.awaited.get(execution.arn)
    if parking is not None:
        parking.wake(len(parking))
    if execution.map_run:
        distributed.ended(call, state, execution)
    parent = state.executions.get(execution.parent) if execution.parent else None
    if parent is not None:
        job = partial(jobs.done, branch=execution.parent_branch, turn=execution.parent_turn, child=execution)
        advance(call, state, parent, job)


def changed(call: Call, execution: Execution, steps: int = 0) -> None:
    """Tell of an execution's status, and of its state transitions in this turn: metrics count it, EventBridge tells it.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    call.happened(
        "stepfunctions.ExecutionStatusChanged",
        execution.arn,
        machine=execution.machine,
        version=execution.version,
        alias=execution.alias,
        kind=execution.kind,
        name=execution.name,
        status=execution.status,
        started_ms=execution.started_ms,
        stopped_ms=execution.stopped_ms,
        input=execution.input,
        output=execution.output,
        error=execution.error,
        cause=execution.cause,
        redrives=execution.redrives,
        transitions=execution.transitions,
        steps=steps,
        api="" if execution.map_run else call.operation,
    )


def _explain(run: Run, status: str, trouble: Trouble, branch: Branch | None) -> None:
    execution, call = run.execution, run.call
    facts: list[Fact] = [call.fact(execution.machine, "definition", execution.revision.rpartition("/")[2])]
    where = ""
    if branch is not None:
        inner = _innermost(run, branch)
        where = f" in state '{inner.state}'"
        facts.append(Fact(execution.arn, "state", inner.state))
    facts += [Fact(execution.arn, "error", trouble.error), Fact(execution.arn, "cause", trouble.cause)]
    words = f"{execution.arn} {'timed out' if status == 'TIMED_OUT' else 'failed'}{where}: {trouble.error}"
    if trouble.cause:
        words += f": {trouble.cause}"
    because = () if trouble.why is None else (trouble.why,)
    remedy = () if trouble.why is None else trouble.why.remedy
    call.explain("Execution", execution.arn, Why("failed", words, tuple(facts), remedy, because), trouble.error)


def _innermost(run: Run, branch: Branch) -> Branch:
    """The flow within a flow that failed: the child whose last event is the latest before the failure."""
    failed: list[Any] = [each for each in run.children(branch) if each.waits != "done" and each.state]
    if not failed:
        return branch
    return _innermost(run, max(failed, key=lambda each: (each.entered_event, each.last_event)))
