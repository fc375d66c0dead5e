"""Tasks that are done elsewhere: handed out to those who poll, and told about by their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import (
    encryption,
    limits,
    naming,
    outcomes,
    refusals,
    stepping,
    tokens,
    working,
)
from foulweather.services.stepfunctions.records import Branch
from foulweather.services.stepfunctions.running import Run, Trouble, advance, decode
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def get_activity_task(call: Call, request: Request) -> Any:
    """Take on the next task of an activity; waits for one for a minute."""
    arn, state = request["activityArn"], call.state(SfnState)
    naming.check_activity(arn)
    if arn not in state.activities:
        raise refusals.no_activity(arn)
    encryption.require_open(call, state.activities[arn])
    found = _next(call, state, arn, request.get("workerName"))
    if found is not None:
        return found
    parking = state.polling.setdefault(arn, Parking())
    if len(parking) >= limits.POLLERS_MAX:
        raise AwsError(
            "ActivityWorkerLimitExceeded",
            "The maximum number of workers concurrently polling for activity tasks has been reached.",
            400,
            facts=(Fact(arn, "pollers", len(parking)),),
        )
    return _wait(call, state, arn, request.get("workerName"), parking)


async def _wait(call: Call, state: SfnState, arn: str, worker: str | None, parking: Parking) -> dict[str, Any]:
    until_ms = call.now + limits.POLL_MS
    while await parking.wait(call, until_ms):
        found = _next(call, state, arn, worker)
        if found is not None:
            return found
    return {}


def _next(call: Call, state: SfnState, arn: str, worker: str | None) -> dict[str, Any] | None:
    queue = state.queued.get(arn)
    while queue:
        execution_arn, number, turn = queue.popleft()
        execution = state.executions.get(execution_arn)
        branch = state.parts.get(execution_arn, {}).get(number)
        if execution is None or not execution.is_open or branch is None:
            continue
        if branch.turn != turn or branch.waits != "activity":
            continue
        advance(call, state, execution, partial(_taken, branch=branch, worker=worker))
        return {"taskToken": tokens.made(branch), "input": branch.payload}
    return None


def _taken(run: Run, branch: Branch, worker: str | None) -> None:
    run.add(branch, "ActivityStarted", workerName=worker)
    branch.begun_ms = run.now
    if branch.heartbeat_s:
        branch.heartbeat_at = run.now + branch.heartbeat_s * 1000
    working.rearm(run, branch)
    outcomes.begun(run, branch, working.resource_of(branch))


def send_task_success(call: Call, request: Request) -> dict[str, Any]:
    """Tell the result of a task."""
    text, state = request["output"], call.state(SfnState)
    tokens.read(request["taskToken"])
    if not limits.is_json(text):
        message = "Invalid Output: 'Unable to parse the output: it is not valid JSON'"
        raise AwsError("InvalidOutput", message, 400, facts=(Fact("request", "output", text[:200]),))
    execution, branch = tokens.task(state, request["taskToken"])
    encryption.require_execution(call, state, execution, text)
    branch.nonce = ""  # "or the task associated with the token has already been closed"
    advance(call, state, execution, partial(_told, branch=branch, turn=branch.turn, text=text))
    return {}


def _told(run: Run, branch: Branch, turn: int, text: str) -> None:
    """A result has come. One that comes before the call with the token has been answered waits for that."""
    if branch.waits == "call":
        branch.output = text
        run.dirty.add(branch.id)
        return
    if branch.turn == turn:
        stepping.go_on(run, branch, working.succeeded(run, branch, working.resource_of(branch), decode(text), text))


def send_task_failure(call: Call, request: Request) -> dict[str, Any]:
    """Tell that a task has failed."""
    state = call.state(SfnState)
    execution, branch = tokens.task(state, request["taskToken"])
    encryption.require_execution(call, state, execution, request.get("error"), request.get("cause"))
    branch.nonce = ""
    trouble = Trouble(request.get("error") or "", request.get("cause"))
    advance(call, state, execution, partial(_failed, branch=branch, turn=branch.turn, trouble=trouble))
    return {}


def _failed(run: Run, branch: Branch, turn: int, trouble: Trouble) -> None:
    if branch.turn == turn:
        branch.waits = "token" if branch.waits == "call" else branch.waits
        working.settle_failed(run, branch, working.resource_of(branch), trouble)


def send_task_heartbeat(call: Call, request: Request) -> dict[str, Any]:
    """Tell that a task is being worked on."""
    state = call.state(SfnState)
    _, branch = tokens.task(state, request["taskToken"])
    if branch.heartbeat_s:
        branch.heartbeat_at = call.now + branch.heartbeat_s * 1000
        state.branches.put(branch.key, branch)
    return {}
