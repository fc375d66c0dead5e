"""Associations: made, changed, run now, deleted.

https://docs.aws.amazon.com/systems-manager/latest/userguide/scheduling-automations-state-manager-associations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.associations import describing, naming, schedules
from foulweather.services.ssm.associations.state import Association, AssociationsState, Settings
from foulweather.services.ssm.automation import values
from foulweather.services.ssm.documents import naming as documents
from foulweather.services.ssm.documents.state import DocumentsState

Request = Mapping[str, Any]
_UNBUILT: Final = (
    "AlarmConfiguration",
    "AssociationDispatchAssumeRole",
    "Duration",
    "InstanceId",
    "OutputLocation",
    "TargetLocations",
    "TargetMaps",
)
KEPT: Final = (
    "ApplyOnlyAtCronInterval",
    "AssociationName",
    "AutomationTargetParameterName",
    "CalendarNames",
    "ComplianceSeverity",
    "DocumentVersion",
    "MaxConcurrency",
    "MaxErrors",
    "Name",
    "Parameters",
    "ScheduleExpression",
    "ScheduleOffset",
    "SyncCompliance",
    "Targets",
)


def create_association(call: Call, request: Request) -> dict[str, Any]:
    """Have a runbook run now, and on a schedule."""
    members = _checked(call, request, request["Name"])
    tags = limits.checked_tags(request.get("Tags") or (), {})
    state = call.state(AssociationsState)
    if len(state.associations) >= limits.ASSOCIATIONS_MAX:
        raise refusals.refused(
            "AssociationLimitExceeded",
            f"You can have at most {limits.ASSOCIATIONS_MAX:,} active associations.",
            associations=len(state.associations),
        )
    association = Association(
        call.world.ids.uuid(),
        call.account,
        call.region,
        call.now,
        call.principal,
        [Settings(1, call.now, members)],
        call.session,
        tags,
    )
    state.associations.put(association.id, association)
    call.changed("ssm.AssociationCreated", association.arn, **members)
    _begin(call, state, association)
    return {"AssociationDescription": describing.described(association)}


def update_association(call: Call, request: Request) -> dict[str, Any]:
    """Set an association anew: what a request leaves out is not set any more, but for its document."""
    state, association = naming.require(call, request["AssociationId"])
    if request.get("AssociationVersion", "$LATEST") not in ("$LATEST", str(association.latest.number)):
        raise refusals.refused(
            "InvalidAssociationVersion",
            "The version you specified isn't valid. Use ListAssociationVersions to view all versions of an association "
            "according to the association ID. Or, use the $LATEST parameter to view the latest version of the "
            "association.",
            AssociationVersion=request["AssociationVersion"],
        )
    members = _checked(call, request, request.get("Name") or association.latest.members["Name"])
    if len(association.versions) >= limits.ASSOCIATION_VERSIONS_MAX:
        raise refusals.refused(
            "AssociationVersionLimitExceeded",
            "You have reached the maximum number versions allowed for an association. Each association has a limit of "
            f"{limits.ASSOCIATION_VERSIONS_MAX:,} versions.",
        )
    association.versions = [*association.versions, Settings(association.latest.number + 1, call.now, members)]
    association.principal, association.session = call.principal, call.session
    call.changed("ssm.AssociationUpdated", association.arn, **members)
    _begin(call, state, association)
    return {"AssociationDescription": describing.described(association)}


def delete_association(call: Call, request: Request) -> dict[str, Any]:
    """Delete an association; what it has started goes on."""
    state, association = naming.require(call, request.get("AssociationId"))
    state.associations.delete(association.id)
    call.changed("ssm.AssociationDeleted", association.arn, Name=None)
    return {}


def start_associations_once(call: Call, request: Request) -> dict[str, Any]:
    """Run associations now, and once."""
    found = [naming.require(call, each)[1] for each in request["AssociationIds"]]
    for association in found:
        call.later(call.now, "ssm.run_association", association=association.id, due_ms=0)
    return {}


def _checked(call: Call, request: Request, name: str) -> dict[str, Any]:
    """What a request sets, if it makes sense for its runbook."""
    for member in _UNBUILT:
        if request.get(member):
            raise not_implemented("ssm", f"{call.operation}.{member}")
    place = documents.named(call, name)
    if place.document is None:
        documents.check_kept_here(call, place.name)
        raise documents.no_such_document(place)
    if place.document.type != "Automation":
        raise not_implemented("ssm", f"{call.operation} (a document of type {place.document.type})")
    state = call.state(DocumentsState, place.account)
    version = documents.usable(call, state, place.document, request.get("DocumentVersion"))
    given: dict[str, Any] = dict(request.get("Parameters") or {})
    target: str = request.get("AutomationTargetParameterName") or ""
    if bool(target) != bool(request.get("Targets")):
        raise refusals.refused(
            "InvalidTarget",
            "The target isn't valid or doesn't exist. Targets and AutomationTargetParameterName are needed together.",
            AutomationTargetParameterName=target,
        )
    try:
        values.checked_parameters(state.parsed(version), given | ({target: ["x"]} if target else {}))
    except AwsError as error:
        raise AwsError("InvalidParameters", error.message, why=error.why) from error
    if expression := request.get("ScheduleExpression"):
        try:
            schedules.next_ms(expression, call.now, request.get("ScheduleOffset") or 0)
        except ValueError as error:
            raise refusals.refused(
                "InvalidSchedule",
                f"The schedule is invalid. Verify your cron or rate expression and try again. ({error})",
                ScheduleExpression=expression,
            ) from None
    elif request.get("ApplyOnlyAtCronInterval"):
        raise refusals.refused("InvalidSchedule", "ApplyOnlyAtCronInterval needs a ScheduleExpression.")
    # "To use offsets, you must specify the ApplyOnlyAtCronInterval parameter."
    if request.get("ScheduleOffset") and not request.get("ApplyOnlyAtCronInterval"):
        raise refusals.refused("InvalidSchedule", "ScheduleOffset needs ApplyOnlyAtCronInterval.")
    for calendar in request.get("CalendarNames") or ():
        documents.calendar(call, calendar)
    return {key: request[key] for key in KEPT if key in request} | {"Name": name}


def _begin(call: Call, state: AssociationsState, association: Association) -> None:
    """Run the association at once, unless it waits for its schedule; then on its schedule."""
    members = association.latest.members
    expression: str = members.get("ScheduleExpression") or ""
    if not members.get("ApplyOnlyAtCronInterval") and not expression.startswith("at("):
        call.later(call.now, "ssm.run_association", association=association.id, due_ms=0)
    offset = members.get("ScheduleOffset") or 0
    association.due_ms = schedules.next_ms(expression, call.now, offset) if expression else 0
    if association.due_ms:
        due = {"association": association.id, "due_ms": association.due_ms}
        call.later(association.due_ms, "ssm.run_association", **due)
    state.associations.touch(association.id)
