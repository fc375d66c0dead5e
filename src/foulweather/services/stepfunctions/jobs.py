"""Executions that a Task of another execution has started and waits for (`states:startExecution.sync`).

https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

from functools import partial
from typing import Any

from foulweather.services.stepfunctions import ending, failing, stepping, working
from foulweather.services.stepfunctions.records import Branch, Execution
from foulweather.services.stepfunctions.resources import SYNC_JSON, Resource
from foulweather.services.stepfunctions.running import Run, Trouble, advance, decode, encode


def begin(run: Run, branch: Branch, resource: Resource, arn: str) -> None:
    """Wait for an execution; one that has ended already is seen to in this turn."""
    child = run.state.executions.get(arn)
    if ":express:" in arn:
        # What has been started is asked after with DescribeExecution, and "this API action is not supported by EXPRESS
        # state machines": the child runs, and the task fails. (aws-sdk:sfn:startSyncExecution is what waits for one.)
        cause = "Invalid Arn: 'Resource type not valid in this context: express'"
        working.settle_failed(run, branch, resource, Trouble("StepFunctions.InvalidArnException", cause))
        return
    if child is None:  # of another account or Region: what became of it cannot be seen from here
        trouble = Trouble("StepFunctions.ExecutionDoesNotExistException", f"Execution Does Not Exist: '{arn}'")
        working.settle_failed(run, branch, resource, trouble)
        return
    working.wait(run, branch, "job")
    branch.payload = arn
    child.parent, child.parent_branch, child.parent_turn = run.execution.arn, branch.id, branch.turn
    run.state.executions.touch(arn)
    if not child.is_open:
        run.jobs.append(partial(done, branch=branch.id, turn=branch.turn, child=child))


def done(run: Run, branch: int, turn: int, child: Execution) -> None:
    """The execution that a task has waited for is over."""
    held = run.branches.get(branch)
    if held is None or held.turn != turn or held.waits != "job":
        return
    resource = working.resource_of(held)
    told = encode(describe(child, parses=resource.pattern == SYNC_JSON))
    if child.status == "SUCCEEDED":
        stepping.go_on(run, held, working.succeeded(run, held, resource, decode(told), told))
        return
    working.settle_failed(run, held, resource, Trouble("States.TaskFailed", told))


def describe(child: Execution, *, parses: bool) -> dict[str, Any]:
    """What a nested execution returns: its input and output as text, or as JSON (`.sync:2`)."""
    told: dict[str, Any] = {
        "ExecutionArn": child.arn,
        "Input": decode(child.input) if parses else child.input,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "StartDate": child.started_ms,
        "StateMachineArn": child.machine,
        "Status": child.status,
        "StopDate": child.stopped_ms,
    }
    if child.output is not None:
        told["Output"] = decode(child.output) if parses else child.output
        told["OutputDetails"] = {"Included": True}
    if child.error is not None:
        told["Error"] = child.error
    if child.cause is not None:
        told["Cause"] = child.cause
    return told


def stop(run: Run, branch: Branch) -> None:
    """Stop the execution that a task waits for, as the task is given up."""
    child = run.state.executions.get(branch.payload)
    if child is None or not child.is_open:
        return
    child.parent = ""

    def job(inner: Run) -> None:
        ending.end(inner, "ABORTED", Trouble("", None))

    advance(run.call, run.state, child, job)


def stopped(run: Run, error: str | None, cause: str | None) -> None:
    """StopExecution."""
    ending.end(run, "ABORTED", Trouble(error or "", cause))


def timed_out(run: Run) -> None:
    """An execution has run for as long as it may."""
    ending.end(run, "TIMED_OUT", Trouble(failing.TIMEOUT, None))
