"""Checkpoints: the updates of operations, checked together first, then applied one after another.

https://docs.aws.amazon.com/lambda/latest/api/API_OperationUpdate.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import durable_chains, durable_history, durable_limits, durable_timers, durable_tokens
from foulweather.services.lambda_.durable_state import DurableState, Execution, Operation
from foulweather.services.lambda_.members import inside
from foulweather.services.lambda_.refusals import invalid

Update = Mapping[str, Any]
_ALLOWED: Mapping[str, Mapping[str, frozenset[str]]] = {
    # By type and action: the statuses in which an operation takes it; "" is one that is not there yet.
    "STEP": {
        "START": frozenset({"", "READY"}),
        "SUCCEED": frozenset({"STARTED"}),
        "FAIL": frozenset({"STARTED"}),
        "RETRY": frozenset({"STARTED"}),
    },
    "CONTEXT": {
        "START": frozenset({""}),
        "SUCCEED": frozenset({"STARTED"}),
        "FAIL": frozenset({"STARTED"}),
    },
    "WAIT": {"START": frozenset({""}), "CANCEL": frozenset({"STARTED"})},
    "CALLBACK": {"START": frozenset({""})},
    "CHAINED_INVOKE": {"START": frozenset({""})},
    "EXECUTION": {"SUCCEED": frozenset({"STARTED"}), "FAIL": frozenset({"STARTED"})},
}
_BECOMES = {"START": "STARTED", "SUCCEED": "SUCCEEDED", "FAIL": "FAILED", "RETRY": "PENDING", "CANCEL": "CANCELLED"}


def check(state: DurableState, execution: Execution, updates: Sequence[Update]) -> None:
    """Refuse updates that do not fit what is there, or each other: "applied atomically", so all or none."""
    statuses = {each.id: (each.kind, each.status) for each in state.parts(execution).values()}
    itself = execution.settled or "STARTED"
    operations = size = 0
    for update in updates:
        kind, action, name = update["Type"], update["Action"], update["Id"]
        known_kind, status = statuses.get(name, (kind, ""))
        if kind == "EXECUTION":
            status = itself
        if known_kind != kind or status not in _ALLOWED[kind].get(action, frozenset()):
            raise _unfit(update, known_kind, status)
        parent = update.get("ParentId")
        if parent and (parent not in statuses or statuses[parent][0] != "CONTEXT"):
            raise invalid(f"Invalid parent operation id: {parent}", Fact("update", "ParentId", parent))
        if kind == "CHAINED_INVOKE":
            _check_chain(update)
        if kind == "EXECUTION":
            itself = _BECOMES[action]
        else:
            statuses[name] = kind, _BECOMES[action]
        # "Step = 1 + N retries operations; WaitForCondition = 1 + N polls":
        # https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk.html#durable-operations-checkpoint-consumption
        operations += (action == "START" and status == "") or action == "RETRY"
        size += _size(update)
    durable_limits.check_room(execution, operations, size)
    execution.operations += operations
    execution.bytes_written += size


def apply(call: Call, state: DurableState, execution: Execution, update: Update) -> None:
    """Carry out one update."""
    kind, action = update["Type"], update["Action"]
    if kind == "EXECUTION":
        execution.settled = _BECOMES[action]
        execution.result, execution.error = update.get("Payload"), _error(update)
        state.executions.touch(execution.id)
        return
    operation = state.parts(execution).get(update["Id"])
    if operation is None:
        operation = _started(call, state, execution, update)
    if action == "START":
        _start(call, state, execution, operation, update)
    elif action == "RETRY":
        _retry(call, state, execution, operation, update)
    else:
        _end(call, state, execution, operation, update)
    state.changed(execution, operation)


def _started(call: Call, state: DurableState, execution: Execution, update: Update) -> Operation:
    parts = state.parts(execution)
    operation = Operation(
        id=update["Id"],
        execution=execution.id,
        number=len(parts) + 1,
        kind=update["Type"],
        parent=update.get("ParentId") or "",
        name=update.get("Name") or "",
        sub_type=update.get("SubType") or "",
        started_ms=call.now,
    )
    state.start(execution, operation)
    return operation


def _start(call: Call, state: DurableState, execution: Execution, operation: Operation, update: Update) -> None:
    details: dict[str, Any] = {}
    operation.status = "STARTED"
    if operation.kind == "STEP":
        durable_timers.set_due(call, execution, operation, 0)
    elif operation.kind == "WAIT":
        operation.wait_s = inside(update, "WaitOptions", "WaitSeconds") or 1
        due_ms = call.now + operation.wait_s * 1000
        durable_timers.set_due(call, execution, operation, due_ms)
        details = {"Duration": operation.wait_s, "ScheduledEndTimestamp": due_ms}
    elif operation.kind == "CALLBACK":
        details = _open_callback(call, execution, operation, update.get("CallbackOptions") or {})
    elif operation.kind == "CHAINED_INVOKE":
        operation.payload = update.get("Payload")
        operation.target = update["ChainedInvokeOptions"]["FunctionName"]
        durable_chains.start(call, state, execution, operation)
        return
    durable_history.of_operation(state, execution, operation, call.now, "Started", **details)


def _open_callback(call: Call, execution: Execution, operation: Operation, options: Mapping[str, int]) -> Any:
    timeout_s, operation.heartbeat_s = options.get("TimeoutSeconds", 0), options.get("HeartbeatTimeoutSeconds", 0)
    operation.callback_id = durable_tokens.callback_id(execution, operation, call.world.ids.uuid())
    operation.timeout_ms = call.now + timeout_s * 1000 if timeout_s else 0
    beat(call, execution, operation)
    details: dict[str, Any] = {"CallbackId": operation.callback_id}
    if timeout_s:
        details["Timeout"] = timeout_s
    if operation.heartbeat_s:
        details["HeartbeatTimeout"] = operation.heartbeat_s
    return details


def beat(call: Call, execution: Execution, operation: Operation) -> None:
    """Whoever is to complete a callback is still at it."""
    operation.heartbeat_ms = call.now + operation.heartbeat_s * 1000 if operation.heartbeat_s else 0
    times = [each for each in (operation.timeout_ms, operation.heartbeat_ms) if each]
    durable_timers.set_due(call, execution, operation, min(times, default=0))


def _retry(call: Call, state: DurableState, execution: Execution, operation: Operation, update: Update) -> None:
    """An attempt has failed, or a condition is not met yet: that is a success which is to be had again."""
    delay_s = inside(update, "StepOptions", "NextAttemptDelaySeconds") or 1
    operation.attempt += 1
    operation.status = "PENDING"
    operation.result, operation.error = update.get("Payload"), _error(update)
    durable_timers.set_due(call, execution, operation, call.now + delay_s * 1000)
    retry = {"CurrentAttempt": operation.attempt, "NextAttemptDelaySeconds": delay_s}
    how, outcome = _outcome(operation, "Succeeded" if operation.error is None else "Failed")
    durable_history.of_operation(state, execution, operation, call.now, how, **outcome, RetryDetails=retry)


def _end(call: Call, state: DurableState, execution: Execution, operation: Operation, update: Update) -> None:
    operation.status, operation.ended_ms = _BECOMES[update["Action"]], call.now
    operation.result, operation.error = update.get("Payload"), _error(update)
    how, outcome = _outcome(operation, operation.status.capitalize())
    if operation.kind == "STEP":
        operation.attempt += 1
        outcome["RetryDetails"] = {"CurrentAttempt": operation.attempt}
    elif operation.kind == "CONTEXT":
        operation.replays_children = bool(inside(update, "ContextOptions", "ReplayChildren"))
    else:  # a wait that is cancelled
        call.world.agenda.cancel(operation.timer)
        outcome = {} if operation.error is None else outcome
    durable_history.of_operation(state, execution, operation, call.now, how, **outcome)


def _outcome(operation: Operation, how: str) -> tuple[str, dict[str, Any]]:
    if how == "Succeeded":
        return how, {"Result": durable_history.whole(operation.result)}
    return how, {"Error": durable_history.whole(operation.error or {})}


def _check_chain(update: Update) -> None:
    options = update.get("ChainedInvokeOptions")
    if not options:
        raise invalid(
            "ChainedInvokeOptions is required to start a chained invocation.", Fact("update", "Id", update["Id"])
        )
    if options.get("TenantId"):
        raise not_implemented("lambda", "CheckpointDurableExecution.TenantId")


def _error(update: Update) -> dict[str, Any] | None:
    error = update.get("Error")
    return None if error is None else dict(error)


def _size(update: Update) -> int:
    size = len((update.get("Payload") or "").encode())
    return size + (len(msgspec.json.encode(update["Error"])) if update.get("Error") else 0)


def _unfit(update: Update, kind: str, status: str) -> AwsError:
    name = update["Id"]
    if kind != update["Type"]:
        words = f"Operation {name} is of type {kind}, not {update['Type']}."
    elif status:
        words = f"Invalid action {update['Action']} for operation {name} of type {kind} in status {status}."
    else:
        words = f"Invalid action {update['Action']} for operation {name} of type {kind}, which has not been started."
    return invalid(words, Fact(name, "status", status or None), Fact("update", "Action", update["Action"]))
