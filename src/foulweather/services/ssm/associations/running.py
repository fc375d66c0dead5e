"""What associations do when they are due."""

from __future__ import annotations

import inspect
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.ssm import limits
from foulweather.services.ssm.associations import schedules
from foulweather.services.ssm.associations.state import Association, AssociationsState, Run
from foulweather.services.ssm.automation.state import AutomationState
from foulweather.services.ssm.documents import calendars
from foulweather.services.ssm.documents import naming as documents


async def run(call: Call, state: AssociationsState, association: Association, due_ms: int) -> None:
    """Run an association's runbook in the name of who set it, and plan the next run."""
    settings = association.latest
    members = settings.members
    if due_ms:
        offset = members.get("ScheduleOffset") or 0
        association.due_ms = schedules.next_ms(members["ScheduleExpression"], due_ms, offset)
        if association.due_ms:
            due = {"association": association.id, "due_ms": association.due_ms}
            call.later(association.due_ms, "ssm.run_association", **due)
        state.associations.touch(association.id)
    if _is_held_back(call, association, members.get("CalendarNames") or []):
        return
    one = Run(call.world.ids.uuid(), settings.number, call.now)
    association.runs = [*association.runs, one][-limits.ASSOCIATION_RUNS_MAX :]
    state.associations.touch(association.id)
    call.happened("ssm.AssociationRun", association.arn, document=members["Name"])
    asked: dict[str, Any] = {"DocumentName": members["Name"]}
    for key in ("DocumentVersion", "Parameters", "Targets", "MaxConcurrency", "MaxErrors"):
        if members.get(key):
            asked[key] = members[key]
    if members.get("AutomationTargetParameterName"):
        asked["TargetParameterName"] = members["AutomationTargetParameterName"]
    ports = Ports(
        call, association.principal, association.account, association.region, "", "", association.session,
        ("ssm.amazonaws.com",),
    )  # fmt: skip
    try:
        answer = ports.ssm.start_automation_execution(asked)
        started: dict[str, Any] = await answer if inspect.isawaitable(answer) else answer
    except AwsError as error:
        end(call, state, association, one.id, "Failed")
        why = Why("failed", f"The runbook {members['Name']} could not be started.", because=(error.why,))
        call.explain("RunAssociation", association.arn, why, error.code)
        return
    one.execution = started["AutomationExecutionId"]
    executions = call.state(AutomationState)
    execution = executions.executions[one.execution]
    execution.association, execution.association_run = association.id, one.id
    executions.touch(execution)
    state.associations.touch(association.id)


def _is_held_back(call: Call, association: Association, names: list[str]) -> bool:
    """Whether a change calendar is closed: "associations only run when that change calendar is open" (API)."""
    for name in names:
        try:
            is_open = calendars.is_open(documents.calendar(call, name), call.now)
        except AwsError as error:
            why = Why("dropped", f"The change calendar {name} can't be read.", because=(error.why,))
            call.explain("RunAssociation", association.arn, why, error.code)
            return True
        if not is_open:
            why = Why("dropped", f"The change calendar {name} is closed.", (Fact(name, "State", "CLOSED"),))
            call.explain("RunAssociation", association.arn, why)
            return True
    return False


def end(call: Call, state: AssociationsState, association: Association, run_id: str, status: str) -> None:
    """Note how a run went."""
    for one in association.runs:
        if one.id == run_id:
            one.status = "Success" if status == "Success" else "Failed"
            one.detail = status
            if one.status == "Success":
                association.succeeded_ms = one.created_ms
            call.happened("ssm.AssociationStatusChanged", association.arn, status=one.status, detail=status)
    state.associations.touch(association.id)
