"""Executions and their steps, shown and listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.automation import loops, naming
from foulweather.services.ssm.automation.state import AutomationState, Execution, Step, as_texts
from foulweather.services.ssm.documents.parameters import as_text
from foulweather.services.ssm.paging import page

Request = Mapping[str, Any]
Passes = Callable[[Execution], bool]
_UNBUILT: Final = ("AutomationSubtype", "OpsItemId", "TargetResourceGroup")
# What a filter by a loop asks of the loop around a step.
_OF_PARENT: Final = {
    "ParentStepExecutionId": "StepExecutionId",
    "ParentStepIteration": "Iteration",
    "ParentStepIteratorValue": "IteratorValue",
}


def get_automation_execution(call: Call, request: Request) -> dict[str, Any]:
    """All about an execution, with its steps."""
    state, execution = naming.require(call, request["AutomationExecutionId"])
    found = _described(state, execution)
    found |= {
        "StepExecutions": [_step(state, execution, each) for each in execution.steps[: limits.STEPS_SHOWN_MAX]],
        "StepExecutionsTruncated": len(execution.steps) > limits.STEPS_SHOWN_MAX,
        "Parameters": execution.parameters,
    }
    if execution.variables:
        found["Variables"] = {name: as_texts(value) for name, value in execution.variables.items()}
    control = execution.control
    if control is not None:
        found["ProgressCounters"] = {
            "TotalSteps": len(control.values),
            "SuccessSteps": sum(each.status == "Success" for each in execution.steps),
            "FailedSteps": sum(each.status == "Failed" for each in execution.steps),
            "CancelledSteps": sum(each.status == "Cancelled" for each in execution.steps),
            "TimedOutSteps": sum(each.status == "TimedOut" for each in execution.steps),
        }
    return {"AutomationExecution": found}


def describe_automation_executions(call: Call, request: Request) -> dict[str, Any]:
    """The executions that filters find, the newest first."""
    state = call.state(AutomationState)
    passes = [_filter(each) for each in request.get("Filters") or ()]
    found = [each for each in state.executions.values() if all(one(each) for one in passes)]
    found.sort(key=lambda each: -each.started_ms)
    some, more = page(found, request, limits.AUTOMATION_PAGE)
    shown = [_described(state, each) | {"AutomationType": "Local", "LogFile": ""} for each in some]
    return {"AutomationExecutionMetadataList": shown, **more}


def describe_automation_step_executions(call: Call, request: Request) -> dict[str, Any]:
    """The steps of an execution that filters find."""
    state, execution = naming.require(call, request["AutomationExecutionId"])
    passes = [_step_filter(execution, each) for each in request.get("Filters") or ()]
    found = [each for each in execution.steps if all(one(each) for one in passes)]
    if request.get("ReverseOrder"):
        found.reverse()
    some, more = page(found, request, limits.AUTOMATION_PAGE)
    return {"StepExecutions": [_step(state, execution, each) for each in some], **more}


def _described(state: AutomationState, execution: Execution) -> dict[str, Any]:
    step = execution.step(execution.current) if execution.current else None
    found: dict[str, Any] = {
        "AutomationExecutionId": execution.id,
        "DocumentName": execution.document,
        "DocumentVersion": str(execution.version),
        "ExecutionStartTime": execution.started_ms,
        "AutomationExecutionStatus": execution.status,
        "Outputs": execution.outputs,
        "Mode": "Auto",
        "ExecutedBy": execution.principal.arn,
        "Targets": [],
        "ResolvedTargets": {"ParameterValues": [], "Truncated": False},
    }
    told = {
        "ExecutionEndTime": execution.ended_ms,
        "FailureMessage": execution.failure,
        "ParentAutomationExecutionId": execution.parent,
        "CurrentStepName": step.name if step is not None else "",
        "CurrentAction": step.action if step is not None else "",
        "Target": execution.target,
        "AssociationId": execution.association,
    }
    found |= {name: value for name, value in told.items() if value}
    control = execution.control
    if control is not None:
        found |= {
            "TargetParameterName": control.parameter,
            "Targets": control.targets,
            "ResolvedTargets": {"ParameterValues": control.values, "Truncated": False},
            "MaxConcurrency": control.concurrency,
            "MaxErrors": control.errors,
        }
        if control.maps:
            del found["TargetParameterName"]
            found["TargetMaps"] = control.maps
    return found


def _step(state: AutomationState, execution: Execution, step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {
        "StepName": step.name,
        "Action": step.action,
        "StepStatus": step.status,
        "StepExecutionId": step.id,
        "Inputs": step.inputs,
        "Outputs": step.output_texts(),
        "OverriddenParameters": {},
    }
    if step.started_ms:
        found["ExecutionStartTime"] = step.started_ms
    if step.ended_ms:
        found["ExecutionEndTime"] = step.ended_ms
    if step.failure:
        found["FailureMessage"] = step.failure
        found["FailureDetails"] = {"FailureStage": step.failure_stage, "FailureType": step.failure_type, "Details": {}}
    if execution.control is not None:
        found["Targets"] = [{"Key": "ParameterValues", "Values": [step.name]}]
        return found
    if step.parent:
        found["ParentStepDetails"] = _parent(execution, step)
    runbook = state.runbook(execution)
    definition = loops.definition(runbook, step.name)
    for member, key in (("OnFailure", "onFailure"), ("NextStep", "nextStep")):
        if definition.get(key):
            found[member] = str(definition[key])
    for member, key in (("IsEnd", "isEnd"), ("IsCritical", "isCritical")):
        if key in definition:
            found[member] = str(definition[key]).lower() == "true"
    for member, key in (("TimeoutSeconds", "timeoutSeconds"), ("MaxAttempts", "maxAttempts")):
        if isinstance(definition.get(key), int):
            found[member] = definition[key]
    found["ValidNextSteps"] = _next_steps(runbook, step, definition)
    return found


def _parent(execution: Execution, step: Step) -> dict[str, Any]:
    """The loop that a step is within, and its iteration."""
    loop = execution.step(step.parent)
    found = {
        "StepExecutionId": loop.id,
        "StepName": loop.name,
        "Action": loop.action,
        "Iteration": step.iteration,
    }
    if loop.items:
        found["IteratorValue"] = as_text(loop.items[step.iteration - 1])
    return found


def _next_steps(runbook: Mapping[str, Any], step: Step, definition: Mapping[str, Any]) -> list[str]:
    if str(definition.get("isEnd", False)).lower() == "true":
        return []
    inputs: Mapping[str, Any] = definition.get("inputs") or {}
    found = [str(each["NextStep"]) for each in inputs.get("Choices") or ()] if step.action == "aws:branch" else []
    following = definition.get("nextStep") or inputs.get("Default") or loops.after(runbook, step.name)
    if following:
        found.append(str(following))
    return list(dict.fromkeys(found))


def _filter(given: Mapping[str, Any]) -> Passes:
    key, wanted = given["Key"], list(given["Values"])
    if key in _UNBUILT:
        raise not_implemented("ssm", f"DescribeAutomationExecutions.Filters.{key}")
    match key:
        case "DocumentNamePrefix":
            return lambda each: each.document.startswith(tuple(wanted))
        case "ExecutionStatus":
            return lambda each: each.status in wanted
        case "ExecutionId":
            return lambda each: each.id in wanted
        case "ParentExecutionId":
            return lambda each: each.parent in wanted
        case "CurrentAction":
            return lambda each: bool(each.current) and each.step(each.current).action in wanted
        case "TagKey":
            return lambda each: any(key in each.tags for key in wanted)
        case "AutomationType":
            return lambda each: "Local" in wanted
        case "StartTimeBefore":
            before = _time(key, wanted)
            return lambda each: each.started_ms < before
        case _:
            after = _time(key, wanted)
            return lambda each: each.started_ms > after


def _step_filter(execution: Execution, given: Mapping[str, Any]) -> Callable[[Step], bool]:
    key, wanted = given["Key"], list(given["Values"])
    if key in _OF_PARENT:
        member = _OF_PARENT[key]
        return lambda each: bool(each.parent) and str(_parent(execution, each).get(member)) in wanted
    match key:
        case "StepExecutionStatus":
            return lambda each: each.status in wanted
        case "StepExecutionId":
            return lambda each: each.id in wanted
        case "StepName":
            return lambda each: each.name in wanted
        case "Action":
            return lambda each: each.action in wanted
        case "StartTimeBefore":
            before = _time(key, wanted)
            return lambda each: 0 < each.started_ms < before
        case _:
            after = _time(key, wanted)
            return lambda each: each.started_ms > after


def _time(key: str, wanted: Sequence[str]) -> int:
    try:
        return int(datetime.fromisoformat(wanted[0]).timestamp()) * 1000
    except (ValueError, IndexError):
        raise refusals.refused(
            "InvalidFilterValue", "The filter value isn't valid. Verify the value and try again.", **{key: wanted}
        ) from None
