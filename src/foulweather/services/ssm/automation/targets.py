"""One runbook for many targets, so many at once, until too many have failed.

https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-scale-controls.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm.automation import running, values
from foulweather.services.ssm.automation.state import AutomationState, Control, Execution, Step
from foulweather.services.ssm.documents.parameters import as_text

_ENDED_BADLY = ("Cancelled", "Failed", "TimedOut")


def checked(request: Mapping[str, Any], runbook: Mapping[str, Any]) -> Control | None:
    """How a request wants its targets worked through; None when it has none."""
    for member in ("TargetLocations", "TargetLocationsURL"):
        if request.get(member):
            raise not_implemented("ssm", f"StartAutomationExecution.{member}")
    targets: list[dict[str, Any]] = list(request.get("Targets") or ())
    maps: list[dict[str, list[str]]] = list(request.get("TargetMaps") or ())
    name: str = request.get("TargetParameterName") or ""
    if maps and (targets or name):
        raise _invalid_target("Both Targets and TargetMaps can't be specified together.", TargetMaps=maps)
    if maps:
        return _control(request, "", [], [as_text(each) for each in maps], maps)
    if not targets and not name:
        return None
    if not targets or not name:
        raise _invalid_target("Targets and TargetParameterName are needed together.", TargetParameterName=name)
    if name not in (runbook.get("parameters") or {}):
        raise values.invalid_parameters(f"Parameter {name} is not defined in the document.", TargetParameterName=name)
    found: list[str] = []
    for target in targets:
        if target.get("Key") != "ParameterValues":
            raise not_implemented("ssm", f"StartAutomationExecution.Targets.Key={target.get('Key')}")
        found += target.get("Values") or []
    if not found:
        raise _invalid_target("Targets has no values.", Targets=targets)
    return _control(request, name, targets, found, [])


def _control(
    request: Mapping[str, Any],
    name: str,
    targets: list[dict[str, Any]],
    found: list[str],
    maps: list[dict[str, list[str]]],
) -> Control:
    concurrency, errors = request.get("MaxConcurrency") or "10", request.get("MaxErrors") or "0"
    return Control(
        name,
        targets,
        found,
        concurrency,
        errors,
        max(1, _count(concurrency, len(found))),
        _count(errors, len(found)),
        maps=maps,
    )


def begin(call: Call, state: AutomationState, parent: Execution, control: Control) -> None:
    """Start with the first targets."""
    parent.status = "InProgress"
    call.happened("ssm.AutomationStarted", parent.arn, document=parent.document)
    _fill(call, state, parent, control)


def end_child(call: Call, state: AutomationState, parent: Execution, control: Control, child: Execution) -> None:
    """Note how one target went, and go on with the next."""
    step = next(each for each in parent.steps if each.child == child.id)
    step.status, step.ended_ms, step.failure = child.status, call.now, child.failure
    if not parent.is_over:
        _fill(call, state, parent, control)
    state.touch(parent)


def stop(call: Call, state: AutomationState, parent: Execution, control: Control) -> None:
    """Start no more targets, and cancel those that run."""
    parent.status = "Cancelling"
    for child_id in control.children:
        child = state.executions[child_id]
        if not child.is_over:
            running.cancel(call, state, child)
    if all(state.executions[each].is_over for each in control.children):
        running.finish(call, state, parent, "Cancelled")
    state.touch(parent)


def _fill(call: Call, state: AutomationState, parent: Execution, control: Control) -> None:
    children = [state.executions[each] for each in control.children]
    at_work = sum(not each.is_over for each in children)
    control.failed = sum(each.status in _ENDED_BADLY for each in children)
    is_given_up = control.failed > control.errors_max or parent.status == "Cancelling"
    while not is_given_up and len(control.children) < len(control.values) and at_work < control.concurrency_max:
        _start(call, state, parent, control, len(control.children))
        at_work += 1
    state.touch(parent)
    if at_work == 0:
        running.finish(call, state, parent, "Failed" if control.failed > control.errors_max else "Success")


def _start(call: Call, state: AutomationState, parent: Execution, control: Control, index: int) -> None:
    value = control.values[index]
    runbook = state.runbook(parent)
    # The parent shows the first target's parameters: what another does not give has its default.
    others = {name: each for name, each in parent.parameters.items() if name not in control.parameters(0)}
    child = Execution(
        call.world.ids.uuid(),
        parent.account,
        parent.region,
        parent.document,
        parent.version,
        parent.content,
        parent.format,
        parent.principal,
        call.now,
        parent.session,
        parent.role,
        values.checked_parameters(runbook, {**others, **control.parameters(index)}),
        parent=parent.id,
        target=value,
        variables=values.initial_variables(runbook),
    )
    child.steps = steps_of(call, runbook)
    step = Step(value, "aws:executeAutomation", call.world.ids.uuid(), "InProgress", call.now, child=child.id)
    child.parent_step = step.name
    parent.steps.append(step)
    control.children[child.id] = value
    state.put(child)
    running.begin(call, state, child)


def steps_of(call: Call, runbook: Mapping[str, Any]) -> list[Step]:
    """The steps of a runbook, none of them begun."""
    return [Step(each["name"], each["action"], call.world.ids.uuid()) for each in runbook["mainSteps"]]


def _count(text: str, of: int) -> int:
    return int(text[:-1]) * of // 100 if text.endswith("%") else int(text)


def _invalid_target(message: str, **given: Any) -> AwsError:
    facts = tuple(Fact("request", name, value) for name, value in given.items())
    return AwsError("InvalidTarget", f"The target isn't valid or doesn't exist. {message}", facts=facts)
