"""Associations, their versions and their runs, shown and listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.associations import describing, naming
from foulweather.services.ssm.associations.state import Association, AssociationsState
from foulweather.services.ssm.paging import page

Request = Mapping[str, Any]


def describe_association(call: Call, request: Request) -> dict[str, Any]:
    """All about an association, or one of its versions."""
    _, association = naming.require(call, request.get("AssociationId"))
    wanted: str = request.get("AssociationVersion") or "$LATEST"
    found = next((each for each in association.versions if str(each.number) == wanted), None)
    if found is None and wanted != "$LATEST":
        raise refusals.refused(
            "InvalidAssociationVersion", "The version you specified isn't valid.", AssociationVersion=wanted
        )
    return {"AssociationDescription": describing.described(association, found)}


def list_associations(call: Call, request: Request) -> dict[str, Any]:
    """The associations that filters find."""
    passes = [_filter(each["key"], each["value"]) for each in request.get("AssociationFilterList") or ()]
    held = call.state(AssociationsState).associations.values()
    found = sorted((each for each in held if all(one(each) for one in passes)), key=lambda each: each.created_ms)
    some, more = page(found, request, limits.ASSOCIATION_PAGE)
    return {"Associations": [describing.listed(each) for each in some], **more}


def list_association_versions(call: Call, request: Request) -> dict[str, Any]:
    """What an association was set to, version by version."""
    _, association = naming.require(call, request["AssociationId"])
    some, more = page(association.versions, request, limits.ASSOCIATION_PAGE)
    shown = [
        {
            "AssociationId": association.id,
            "AssociationVersion": str(each.number),
            "CreatedDate": each.created_ms,
            **each.members,
        }
        for each in some
    ]
    return {"AssociationVersions": shown, **more}


def describe_association_executions(call: Call, request: Request) -> dict[str, Any]:
    """The runs of an association, the newest first."""
    if request.get("Filters"):
        raise not_implemented("ssm", "DescribeAssociationExecutions.Filters")
    _, association = naming.require(call, request["AssociationId"])
    some, more = page(list(reversed(association.runs)), request, limits.ASSOCIATION_PAGE)
    return {"AssociationExecutions": [describing.ran(association, each) for each in some], **more}


def _filter(key: str, value: str) -> Callable[[Association], bool]:
    match key:
        case "Name":
            return lambda each: each.latest.members["Name"] == value
        case "AssociationId":
            return lambda each: each.id == value
        case "AssociationName":
            return lambda each: each.latest.members.get("AssociationName") == value
        case "AssociationStatusName":
            return lambda each: describing.overview(each)["Status"] == value
        case "LastExecutedBefore" | "LastExecutedAfter":
            try:
                at_ms = int(datetime.fromisoformat(value).timestamp()) * 1000
            except ValueError:
                raise refusals.refused("InvalidFilterValue", "The filter value isn't valid.", value=value) from None
            before = key == "LastExecutedBefore"
            return lambda each: bool(each.runs) and (each.runs[-1].created_ms < at_ms) == before
        case _:
            raise not_implemented("ssm", f"ListAssociations.AssociationFilterList.{key}")
