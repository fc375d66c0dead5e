"""Groups: made, shown, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroups import limits, paging, parsing
from foulweather.services.resourcegroups.found import members
from foulweather.services.resourcegroups.state import Group, GroupsState, group_of, save

Request = Mapping[str, Any]
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def create_group(call: Call, request: Request) -> dict[str, Any]:
    """Make a group by a query, or by a configuration."""
    name: str = request["Name"]
    if name.lower().startswith("aws"):
        raise limits.bad("The name of a group cannot start with AWS: it is reserved.", Fact("request", "Name", name))
    if ("ResourceQuery" in request) == ("Configuration" in request):
        raise limits.bad(
            "A resource group can contain either a ResourceQuery or a Configuration, but not both.",
            Fact("request", "ResourceQuery and Configuration", "ResourceQuery" in request),
        )
    group = Group(name, call.account, call.region, request.get("Description", ""))
    if "ResourceQuery" in request:
        group.query = parsing.query(call.operation, request["ResourceQuery"])
    else:
        group.configuration = parsing.configuration(call.operation, request["Configuration"])
    group.tags = limits.checked_tags({}, request.get("Tags", {}))
    _describe(group, request)
    state = call.state(GroupsState)
    if any(name == each.partition("/")[0] for each in state.groups):
        raise limits.bad("Cannot create group: group already exists", Fact(group.arn, "exists", True))
    if group.is_application:
        group.name = f"{name}/{call.world.ids.drawn(_LETTERS, 26)}"
    query = group.query.text if group.query is not None else ""
    save(call, group, "GroupCreated", Query=query, Configuration=group.configuration, Tags=group.tags)
    shown: dict[str, Any] = {"Group": group.shown()}
    if group.tags:
        shown["Tags"] = group.tags
    if group.query is not None:
        return {**shown, "ResourceQuery": group.query.shown()}
    return {**shown, "GroupConfiguration": {"Configuration": group.configuration, "Status": "UPDATE_COMPLETE"}}


def get_group(call: Call, request: Request) -> dict[str, Any]:
    """Show a group."""
    return {"Group": group_of(call, request).shown()}


def update_group(call: Call, request: Request) -> dict[str, Any]:
    """Change what a group tells of itself."""
    group = group_of(call, request)
    _check_application(group, request)
    group.description = request.get("Description", group.description)
    _describe(group, request)
    save(call, group, "GroupUpdated", Description=group.description, DisplayName=group.display_name)
    return {"Group": group.shown()}


def delete_group(call: Call, request: Request) -> dict[str, Any]:
    """Delete a group; its members stay as they are."""
    group = group_of(call, request)
    protection = group.parameter("deletion-protection")
    if protection and ("ALWAYS" in protection or members(call, group)):
        raise limits.bad(
            "Cannot delete group: it is protected from deletion.",
            call.fact(group.arn, "Configuration", group.configuration),
        )
    call.state(GroupsState).groups.delete(group.name)
    call.changed("resource-groups.GroupDeleted", group.arn, Query=None, Configuration=None)
    return {"Group": group.shown()}


def list_groups(call: Call, request: Request) -> dict[str, Any]:
    """Show all groups, or those that pass all filters."""
    found = sorted(call.state(GroupsState).groups.values(), key=lambda each: each.name)
    for asked in request.get("Filters", ()):
        found = [each for each in found if _passes(each, asked["Name"], asked["Values"])]
    page, more = paging.page(request, found)
    identifiers: list[dict[str, Any]] = []
    for each in page:
        shown = each.shown()
        shown.pop("ApplicationTag", None)
        identifiers.append({"GroupName": shown.pop("Name"), **shown})
    return {"GroupIdentifiers": identifiers, "Groups": [each.shown() for each in page], **more}


def _describe(group: Group, request: Request) -> None:
    """Criticality, owner and display name, which only applications have."""
    _check_application(group, request)
    group.criticality = request.get("Criticality", group.criticality)
    group.owner = request.get("Owner", group.owner)
    group.display_name = request.get("DisplayName", group.display_name)


def _check_application(group: Group, request: Request) -> None:
    for member in ("Criticality", "Owner", "DisplayName"):
        if member in request and not group.is_application:
            raise limits.bad(f"{member} is only for application groups.", Fact(group.arn, "types", group.types))


def _passes(group: Group, name: str, values: Sequence[str]) -> bool:
    types = group.query.types if group.query is not None else group.parameter("allowed-resource-types")
    if name == "resource-type":
        return any(each in types for each in values)
    if name == "configuration-type":
        return any(each in group.types for each in values)
    of = {"owner": group.owner, "display-name": group.display_name, "criticality": str(group.criticality)}
    return of[name] in values
