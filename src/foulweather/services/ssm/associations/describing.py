"""Associations as they are shown."""

from __future__ import annotations

from typing import Any

from foulweather.services.ssm.associations.state import Association, Run, Settings


def described(association: Association, settings: Settings | None = None) -> dict[str, Any]:
    """All about an association, as it is set now or was in a version."""
    settings = settings or association.latest
    found: dict[str, Any] = {
        "AssociationId": association.id,
        "AssociationVersion": str(settings.number),
        "Date": association.created_ms,
        "LastUpdateAssociationDate": settings.created_ms,
        "Overview": overview(association),
        "DocumentVersion": "$DEFAULT",
        "ApplyOnlyAtCronInterval": False,
        **settings.members,
    }
    if association.runs:
        found["LastExecutionDate"] = association.runs[-1].created_ms
    if association.succeeded_ms:
        found["LastSuccessfulExecutionDate"] = association.succeeded_ms
    return found


def overview(association: Association) -> dict[str, Any]:
    """How the last run went."""
    if not association.runs:
        return {"Status": "Pending", "DetailedStatus": "Creating"}
    run = association.runs[-1]
    return {
        "Status": run.status,
        "DetailedStatus": run.detail or run.status,
        "AssociationStatusAggregatedCount": {run.status: 1},
    }


def listed(association: Association) -> dict[str, Any]:
    """An association as listings show it."""
    members = association.latest.members
    found: dict[str, Any] = {
        "AssociationId": association.id,
        "AssociationVersion": str(association.latest.number),
        "Name": members["Name"],
        "Overview": overview(association),
    }
    for key in ("AssociationName", "DocumentVersion", "ScheduleExpression", "Targets"):
        if key in members:
            found[key] = members[key]
    if association.runs:
        found["LastExecutionDate"] = association.runs[-1].created_ms
    return found


def ran(association: Association, run: Run) -> dict[str, Any]:
    """One run."""
    return {
        "AssociationId": association.id,
        "AssociationVersion": str(run.number),
        "ExecutionId": run.id,
        "Status": run.status,
        "DetailedStatus": run.detail or run.status,
        "CreatedTime": run.created_ms,
        "LastExecutionDate": run.created_ms,
        "ResourceCountByStatus": f"{{{run.status}=1}}",
    }
