"""How an execution goes on: from step to step, by the clock.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html#automation-common
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Why
from foulweather.services.ssm import limits
from foulweather.services.ssm.automation import actions, loops, values
from foulweather.services.ssm.automation.actions import Done, Iterates, StepFailed, Waits, Work
from foulweather.services.ssm.automation.state import AutomationState, Execution, Step

_NO_OUTPUT = "No output available yet because the step is not successfully executed"


def begin(call: Call, state: AutomationState, execution: Execution) -> None:
    """Have an execution's first step run; it waits for its turn while too many are at work."""
    if len(state.at_work) >= limits.AUTOMATIONS_MAX:
        return
    execution.status = "InProgress"
    call.happened("ssm.AutomationStarted", execution.arn, document=execution.document)
    go_to(call, state, execution, execution.steps[0].name)


def go_to(call: Call, state: AutomationState, execution: Execution, name: str) -> None:
    """Have a step run next."""
    execution.current = name
    if execution.status == "Waiting":
        execution.status = "InProgress"
    step = execution.step(name)
    step.status, step.attempt, step.values, step.decisions = "Pending", 0, {}, {}
    step.failure = step.failure_stage = step.failure_type = step.child = ""
    step.started_ms = step.ended_ms = 0
    _run_again(call, state, execution, call.now + limits.AUTOMATION_STEP_MS)


async def run_step(call: Call, state: AutomationState, execution: Execution, *, is_new: bool) -> None:
    """Try the current step, or look once more whether it is done."""
    turn, step = execution.turn, execution.step(execution.current)
    definition = _definition(state, execution, step)
    try:
        if is_new:
            await _start(call, state, execution, step, definition)
        inputs = await _inputs(call, state, execution, step, definition)
        if is_new:
            step.inputs = {name: json.dumps(value) for name, value in inputs.items()}
        outcome = await actions.run(Work(call, execution, step, definition, inputs))
    except StepFailed as failed:
        if execution.turn == turn:
            fail(call, state, execution, failed)
        return
    if execution.turn != turn:  # it was stopped, or its time was up, while something was awaited
        return
    if isinstance(outcome, Done):
        step.values = outcome.values
        end_step(call, state, execution, "Success", outcome.next)
        return
    if isinstance(outcome, Iterates):
        step.items, step.iteration = outcome.items, 0
        _iterate(call, state, execution, step)
        return
    _wait(call, state, execution, step, outcome)


def resume(call: Call, state: AutomationState, execution: Execution, outputs: dict[str, Any]) -> None:
    """End a step that has waited, well."""
    step = execution.step(execution.current)
    step.values = outputs
    end_step(call, state, execution, "Success", "")


def fail(call: Call, state: AutomationState, execution: Execution, failed: StepFailed, status: str = "Failed") -> None:
    """Try a step once more, or let it fail."""
    step = execution.step(execution.current)
    step.failure, step.failure_stage, step.failure_type = failed.message, failed.stage, failed.kind
    why = Why("failed", failed.message, because=(failed.why,) if failed.why is not None else ())
    call.explain("AutomationStep", execution.arn, why, failed.kind)
    definition = _definition(state, execution, step)
    if step.attempt < _number(state, execution, call.now, definition.get("maxAttempts"), 1):
        _run_again(call, state, execution, call.now + limits.AUTOMATION_STEP_MS)
        return
    end_step(call, state, execution, status, "")


def end_step(call: Call, state: AutomationState, execution: Execution, status: str, following: str) -> None:
    """End the current step, and go where the runbook says."""
    step = execution.step(execution.current)
    step.status, step.ended_ms, step.deadline_ms = status, call.now, 0
    call.happened("ssm.AutomationStepEnded", execution.arn, step=step.name, action=step.action, status=status)
    definition = _definition(state, execution, step)
    is_end = str(definition.get("isEnd", False)).lower() == "true"
    way = str(definition.get("onFailure") or "Abort")
    if status != "Success":
        critical = definition.get("isCritical")
        is_critical = way.lower() != "continue" if critical is None else str(critical).lower() == "true"
        execution.has_failed = execution.has_failed or is_critical
        if way.lower() == "abort":
            _leave_loop(call, execution, step, status)
            finish(call, state, execution, status)
            return
        following = way.removeprefix("step:") if way.startswith("step:") else ""
    following = following or definition.get("nextStep") or loops.after(state.runbook(execution), step.name)
    if step.parent and not following and not is_end and not execution.completes:
        _iterate(call, state, execution, execution.step(step.parent))
    elif is_end or execution.completes or not following:
        _leave_loop(call, execution, step, "Success")
        finish(call, state, execution, "Success")
    else:
        go_to(call, state, execution, following)


def cancel(call: Call, state: AutomationState, execution: Execution) -> None:
    """Stop an execution where it is, or let it go where the step says for that case."""
    if execution.current:
        step = execution.step(execution.current)
        way = str(_definition(state, execution, step).get("onCancel") or "Abort")
        step.status, step.ended_ms = "Cancelled", call.now
        _leave_loop(call, execution, step, "Cancelled")
        if step.child and (child := state.executions.get(step.child)) is not None and not child.is_over:
            cancel(call, state, child)
        if way.startswith("step:") and execution.status != "Cancelling":
            execution.status = "Cancelling"
            go_to(call, state, execution, way.removeprefix("step:"))
            return
    finish(call, state, execution, "Cancelled")


def finish(call: Call, state: AutomationState, execution: Execution, status: str) -> None:
    """End an execution, and tell whoever waits for it."""
    if execution.status == "Cancelling":
        status = "Cancelled"
    elif status == "Success" and execution.has_failed:
        status = "Failed"
    execution.turn += 1
    execution.status, execution.ended_ms = status, call.now
    bad = [each for each in execution.steps if each.status in ("Failed", "TimedOut")]
    failed = next((each for each in bad if each.failure), None)  # a loop fails with a step within it
    if status in ("Failed", "TimedOut") and failed is not None:
        execution.failure = f"Step {failed.name} failed maximum allowed times. {failed.failure}"
    outputs = state.runbook(execution).get("outputs") or () if execution.control is None else ()
    for each in outputs:
        name = str(each).strip("{} ")
        step_name, _, output = name.partition(".")
        step = execution.step(step_name)
        found = step.output_texts().get(output) if step.status == "Success" else None
        execution.outputs[name] = found if found is not None else [_NO_OUTPUT]
    execution.current = ""
    state.touch(execution)
    call.happened("ssm.AutomationEnded", execution.arn, document=execution.document, status=status)
    call.later(call.now + limits.AUTOMATION_KEPT_MS, "ssm.forget_execution", execution=execution.id)
    if execution.parent:
        call.later(call.now, "ssm.end_child", execution=execution.parent, child=execution.id)
    if execution.association:
        told = {"association": execution.association, "run": execution.association_run, "status": status}
        call.later(call.now, "ssm.end_association_run", **told)
    if execution.window_invocation:
        told = {"invocation": execution.window_invocation, "status": status}
        call.later(call.now, "ssm.end_window_automation", **told)
    for waiting in list(state.queued)[: max(0, limits.AUTOMATIONS_MAX - len(state.at_work))]:
        begin(call, state, state.executions[waiting])


def end_child(call: Call, state: AutomationState, execution: Execution, child: Execution) -> None:
    """Go on with a step whose child execution is over."""
    step = execution.step(execution.current) if execution.current else None
    if step is None or step.child != child.id or step.ended_ms:
        return
    texts = [text for name in sorted(child.outputs) for text in child.outputs[name]]
    outputs = {"ExecutionId": child.id, "Status": child.status, "Output": texts}
    if child.status == "Success":
        resume(call, state, execution, outputs)
        return
    step.values = outputs
    message = f"Step fails when it is Poll action status for completion. The execution {child.id} ended {child.status}."
    fail(call, state, execution, StepFailed(message, "Invocation", "Action"))


def time_out(call: Call, state: AutomationState, execution: Execution) -> None:
    """Let a step fail whose time is up, or try it once more."""
    step = execution.step(execution.current)
    if step.child and (child := state.executions.get(step.child)) is not None and not child.is_over:
        cancel(call, state, child)
    message = f"Step timed out while step is running {step.action}."
    execution.turn += 1  # whatever it waits for comes too late
    fail(call, state, execution, StepFailed(message, "Invocation", "Action"), "TimedOut")


def _iterate(call: Call, state: AutomationState, execution: Execution, loop: Step) -> None:
    """Go once more round a loop, or on to what comes after it."""
    runbook = state.runbook(execution)
    inputs: Mapping[str, Any] = loops.definition(runbook, loop.name)["inputs"]
    first = loops.iterate(call, execution, loop, inputs, values.Scope(execution, runbook, call.now).resolved)
    if first:
        go_to(call, state, execution, first)
        return
    execution.current = loop.name
    end_step(call, state, execution, "Success", "")


def _leave_loop(call: Call, execution: Execution, step: Step, status: str) -> None:
    """The loop around a step with which an execution ends, ends too."""
    if step.parent:
        loop = execution.step(step.parent)
        loop.status, loop.ended_ms = status, call.now


def _run_again(call: Call, state: AutomationState, execution: Execution, when_ms: int) -> None:
    execution.turn += 1
    state.touch(execution)
    call.later(when_ms, "ssm.run_step", execution=execution.id, turn=execution.turn)


async def _start(
    call: Call, state: AutomationState, execution: Execution, step: Step, definition: Mapping[str, Any]
) -> None:
    step.attempt += 1
    step.status = "InProgress"
    step.started_ms = step.started_ms or call.now
    timeout_s = _number(
        state, execution, call.now, definition.get("timeoutSeconds"), actions.TIMEOUTS_S.get(step.action, 0)
    )
    step.deadline_ms = call.now + timeout_s * 1000 if timeout_s else 0
    if step.deadline_ms:
        call.later(step.deadline_ms, "ssm.time_out_step", execution=execution.id, turn=execution.turn)
    state.touch(execution)


async def _inputs(
    call: Call, state: AutomationState, execution: Execution, step: Step, definition: Mapping[str, Any]
) -> dict[str, Any]:
    given: Mapping[str, Any] = definition.get("inputs") or {}
    if step.action == loops.ACTION:
        given = {name: each for name, each in given.items() if name not in loops.OF_STEPS}
    stored: dict[str, str] = {}
    for name in sorted(values.names_of_parameters(given)):
        stored[name] = await actions.stored_parameter(call, execution, name)
    return values.Scope(execution, state.runbook(execution), call.now, stored).resolved(dict(given))


def _wait(call: Call, state: AutomationState, execution: Execution, step: Step, waits: Waits) -> None:
    if waits.child:
        step.child = waits.child
        child = state.executions[waits.child]
        child.parent, child.parent_step = execution.id, step.name
        state.touch(child)
    elif waits.for_signal:
        step.status = "Waiting"
        if execution.status != "Cancelling":
            execution.status = "Waiting"
    else:
        due = "look_at_step" if waits.looks_again else "wake_step"
        call.later(waits.until_ms, f"ssm.{due}", execution=execution.id, turn=execution.turn)
    state.touch(execution)


def _definition(state: AutomationState, execution: Execution, step: Step) -> Mapping[str, Any]:
    return loops.definition(state.runbook(execution), step.name)


def _number(state: AutomationState, execution: Execution, now_ms: int, value: Any, default: int) -> int:
    if value is None:
        return default
    found = values.Scope(execution, state.runbook(execution), now_ms).resolved(value)
    return int(found) if str(found).isdecimal() else default
