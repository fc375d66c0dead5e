"""Executions of runbooks: started, stopped, told to go on.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.services.ssm import limits
from foulweather.services.ssm.automation import actions, identities, loops, naming, running, targets, values
from foulweather.services.ssm.automation.actions import StepFailed
from foulweather.services.ssm.automation.state import AutomationState, Execution, Step
from foulweather.services.ssm.documents import describing, runbooks

Request = Mapping[str, Any]
_ROLE: Final = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")


def start_automation_execution(call: Call, request: Request) -> dict[str, Any]:
    """Begin to run a runbook."""
    for member in ("AlarmConfiguration",):
        if request.get(member):
            raise not_implemented("ssm", f"StartAutomationExecution.{member}")
    if request.get("Mode", "Auto") != "Auto":
        raise not_implemented("ssm", f"StartAutomationExecution.Mode={request['Mode']}")
    documents, document, version = naming.runbook(call, request)
    runbook = documents.parsed(version)
    _check_built(runbook)
    state = call.state(AutomationState)
    control = targets.checked(request, runbook)
    given: dict[str, list[str]] = dict(request.get("Parameters") or {})
    if control is not None:
        for index in range(len(control.maps)):
            values.checked_parameters(runbook, given | control.parameters(index))
        given |= control.parameters(0)
    parameters = values.checked_parameters(runbook, given)
    if (before := _started_before(state, request, document.name, parameters)) is not None:
        return {"AutomationExecutionId": before.id}
    execution = Execution(
        call.world.ids.uuid(),
        call.account,
        call.region,
        describing.shown_name(call, document),
        version.number,
        version.content,
        version.format,
        call.principal,
        call.now,
        call.session,
        parameters=parameters,
        control=control,
        token=request.get("ClientToken") or "",
        tags=limits.checked_tags(request.get("Tags") or (), {}),
        variables=values.initial_variables(runbook),
    )
    execution.role = _checked_role(call, execution, runbook)
    if len(state.queued) >= limits.AUTOMATION_QUEUE_MAX:
        raise AwsError(
            "AutomationExecutionLimitExceededException",
            "The number of simultaneously running Automation executions exceeded the allowable limit.",
            facts=(Fact("quota", "queued automations", limits.AUTOMATION_QUEUE_MAX),),
        )
    state.put(execution)
    call.changed("ssm.AutomationSet", execution.arn, DocumentName=execution.document, Parameters=parameters)
    if control is None:
        execution.steps = targets.steps_of(call, runbook)
        running.begin(call, state, execution)
    else:
        targets.begin(call, state, execution, control)
    state.touch(execution)
    return {"AutomationExecutionId": execution.id}


def stop_automation_execution(call: Call, request: Request) -> dict[str, Any]:
    """Cancel an execution, or have it end with the step that runs."""
    state, execution = naming.require(call, request["AutomationExecutionId"])
    if execution.is_over or execution.status == "Cancelling":
        raise AwsError(
            "InvalidAutomationStatusUpdateException",
            "The specified update status operation isn't valid.",
            facts=(Fact(execution.arn, "AutomationExecutionStatus", execution.status),),
        )
    call.changed("ssm.AutomationStopped", execution.arn, Type=request.get("Type", "Cancel"))
    if execution.control is not None:
        targets.stop(call, state, execution, execution.control)
    elif request.get("Type") == "Complete" and execution.current:
        execution.completes = True
        state.touch(execution)
    else:
        running.cancel(call, state, execution)
    return {}


def send_automation_signal(call: Call, request: Request) -> dict[str, Any]:
    """Approve, reject, or go on with an execution that waits for it."""
    state, execution = naming.require(call, request["AutomationExecutionId"])
    signal: str = request["SignalType"]
    if signal == "Revoke":
        raise not_implemented("ssm", "SendAutomationSignal.SignalType=Revoke")
    wanted = {"Approve": "aws:approve", "Reject": "aws:approve", "Resume": "aws:pause"}.get(signal)
    step = execution.step(execution.current) if execution.current else None
    if step is None or step.status != "Waiting" or step.action != wanted:
        raise _invalid_signal(execution, signal, step)
    payload: Mapping[str, list[str]] = request.get("Payload") or {}
    if signal == "Resume" and not {"StepExecutionId", "StepName"} & set(payload):
        raise _invalid_signal(execution, signal, step)  # "you must send the name of the Automation step"
    for member, held in (("StepExecutionId", step.id), ("StepName", step.name)):
        if member in payload and payload[member] != [held]:
            raise AwsError(
                "AutomationStepNotFoundException",
                "The specified step name and execution ID don't exist. Verify the information and try again.",
                facts=(Fact("request", member, payload[member]), Fact(execution.arn, "current step", held)),
            )
    if signal == "Resume":
        running.resume(call, state, execution, {})
        return {}
    _decide(call, state, execution, step, signal)
    return {}


def _check_built(runbook: Mapping[str, Any]) -> None:
    """Refuse a runbook with actions that are not built, before anything of it has run."""
    for step in runbook["mainSteps"]:
        if step["action"] not in actions.ACTIONS:
            raise not_implemented("ssm", f"StartAutomationExecution (action {step['action']})")
        if step["action"] == loops.ACTION:
            for key in ("maxAttempts", "timeoutSeconds"):
                if key in step:
                    raise not_implemented("ssm", f"StartAutomationExecution ({key} of aws:loop)")
            runbooks.check(runbook)  # an older version took in documents whose loops it did not read
            within: list[Mapping[str, Any]] = step["inputs"]["Steps"]
            if any(each["action"] == loops.ACTION for each in within):
                raise not_implemented("ssm", "StartAutomationExecution (a loop within a loop)")
            _check_built({"mainSteps": within})


def _decide(call: Call, state: AutomationState, execution: Execution, step: Step, signal: str) -> None:
    inputs = naming.inputs_of(step)
    if not naming.is_among(call, inputs["Approvers"]):
        raise _invalid_signal(execution, signal, step)
    decision = "Approved" if signal == "Approve" else "Rejected"
    step.decisions[call.principal.arn] = decision
    decisions = [{"Approver": who, "Decision": each} for who, each in step.decisions.items()]
    approvals = sum(each == "Approved" for each in step.decisions.values())
    call.changed("ssm.AutomationDecided", execution.arn, step=step.name, decision=decision)
    if decision == "Rejected":
        step.values = {"ApprovalStatus": "Rejected", "ApproverDecisions": decisions}
        step.attempt = 1_000_000  # a rejection is final
        message = f"Step fails when it is Execute/Cancelling action. The step was rejected by {call.principal.arn}."
        running.fail(call, state, execution, StepFailed(message, "Invocation", "Action"))
    elif approvals >= int(inputs.get("MinRequiredApprovals", 1)):
        running.resume(call, state, execution, {"ApprovalStatus": "Approved", "ApproverDecisions": decisions})
    else:
        step.values = {"ApprovalStatus": "Waiting", "ApproverDecisions": decisions}
        state.touch(execution)


def _checked_role(call: Call, execution: Execution, runbook: Mapping[str, Any]) -> str:
    """The role that the runbook names: the caller may pass it, and Systems Manager may assume it."""
    role = str(values.Scope(execution, runbook, call.now).resolved(runbook.get("assumeRole") or ""))
    if not role:
        return ""
    if not _ROLE.fullmatch(role):
        raise values.invalid_parameters("The format of the supplied assume role ARN is invalid.", assumeRole=role)
    passed = Permission("iam:PassRole", Resource(role, role.split(":")[4]), {"iam:passedtoservice": identities.SERVICE})
    call.pipeline.require(call, passed)
    execution.role = role
    try:
        identities.check(call, execution)
    except AwsError as error:
        raise values.invalid_parameters("The defined assume role is unable to be assumed.", assumeRole=role).because(
            error.why
        ) from error
    return role


def _started_before(
    state: AutomationState, request: Request, name: str, parameters: Mapping[str, list[str]]
) -> Execution | None:
    token = request.get("ClientToken")
    if not token:
        return None
    before = next((each for each in state.executions.values() if each.token == token), None)
    if before is not None and (before.document.rpartition("/")[2] != name or before.parameters != parameters):
        raise AwsError(
            "IdempotentParameterMismatch",
            "Error returned when an idempotent operation is retried and the parameters don't match the original call "
            "to the API with the same idempotency token.",
            facts=(Fact(before.arn, "ClientToken", token),),
        )
    return before


def _invalid_signal(execution: Execution, signal: str, step: Step | None) -> AwsError:
    facts = (Fact("request", "SignalType", signal), Fact(execution.arn, "AutomationExecutionStatus", execution.status))
    if step is not None:
        facts = (*facts, Fact(execution.arn, f"step {step.name}", f"{step.action} {step.status}"))
        if step.action == "aws:approve":
            facts = (*facts, Fact(execution.arn, "Approvers", naming.inputs_of(step).get("Approvers")))
    return AwsError(
        "InvalidAutomationSignalException", "The signal isn't valid for the current Automation execution.", facts=facts
    )
