"""Organizational units, and what is above and below what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import DEFAULTS, LOWER, Account, Root, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def create_organizational_unit(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Add a unit below the root or another; AWS's own policies are attached to it."""
    seat = callers.management(call)
    parent = _parent(seat, request["ParentId"])
    _require_new_name(seat, parent.id, request["Name"])
    tags = limits.checked_tags(request.get("Tags", ()), {})
    limits.require_room_for_unit(seat.state, seat.organization, parent)
    unit = Unit(
        f"ou-{seat.root.id.removeprefix('r-')}-{call.world.ids.drawn(LOWER, 8)}",
        seat.organization.id,
        parent.id,
        request["Name"],
        [DEFAULTS[kind].id for kind in seat.root.policy_types if kind in DEFAULTS],
        tags,
    )
    seat.state.save(unit)
    call.changed(
        "organizations.UnitCreated", shapes.node_arn(seat.organization, unit), Name=unit.name, Policies=unit.policies[:]
    )
    return {"OrganizationalUnit": shapes.unit(seat.state, seat.organization, unit)}


def update_organizational_unit(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Rename a unit."""
    seat = callers.management(call)
    unit = _unit(seat, request["OrganizationalUnitId"])
    name = request.get("Name", unit.name)
    if name != unit.name:
        _require_new_name(seat, unit.parent, name)
        unit.name = name
        seat.state.save(unit)
        call.changed("organizations.UnitRenamed", shapes.node_arn(seat.organization, unit), Name=name)
    return {"OrganizationalUnit": shapes.unit(seat.state, seat.organization, unit)}


def delete_organizational_unit(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take away a unit in which nothing is."""
    seat = callers.management(call)
    unit = _unit(seat, request["OrganizationalUnitId"])
    inside = [each.id for each in (*seat.state.units_in(unit.id), *seat.state.accounts_in(unit.id))]
    if inside:
        raise AwsError(
            "OrganizationalUnitNotEmptyException",
            "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, "
            "and try the operation again.",
            facts=(Fact(unit.id, "children", inside),),
        )
    seat.state.forget_unit(unit)
    call.changed("organizations.UnitDeleted", shapes.node_arn(seat.organization, unit), Policies=[])
    return {}


def describe_organizational_unit(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a unit."""
    seat = callers.reader(call)
    unit = _unit(seat, request["OrganizationalUnitId"])
    return {"OrganizationalUnit": shapes.unit(seat.state, seat.organization, unit)}


def list_organizational_units_for_parent(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the units right below a root or unit."""
    seat = callers.reader(call)
    parent = _parent(seat, request["ParentId"])
    return paging.page(
        request,
        "OrganizationalUnits",
        seat.state.units_in(parent.id),
        lambda unit: shapes.unit(seat.state, seat.organization, unit),
    )


def list_parents(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the one root or unit that an account or unit is right below."""
    seat = callers.reader(call)
    child = seat.state.node(seat.organization, request["ChildId"])
    if child is None or isinstance(child, Root):
        raise refusals.not_found("ChildNotFoundException", request["ChildId"])
    kind = "ROOT" if child.parent == seat.root.id else "ORGANIZATIONAL_UNIT"
    return paging.page(request, "Parents", [child.parent], lambda parent: {"Id": parent, "Type": kind})


def list_children(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the ids of the units, or of the accounts, right below a root or unit."""
    seat = callers.reader(call)
    parent = _parent(seat, request["ParentId"])
    kind = request["ChildType"]
    children = seat.state.accounts_in(parent.id) if kind == "ACCOUNT" else seat.state.units_in(parent.id)
    return paging.page(request, "Children", children, lambda child: {"Id": child.id, "Type": kind})


def _unit(seat: callers.Seat, unit_id: str) -> Unit:
    found = seat.state.node(seat.organization, unit_id)
    if not isinstance(found, Unit):
        raise refusals.not_found("OrganizationalUnitNotFoundException", unit_id)
    return found


def _parent(seat: callers.Seat, parent_id: str) -> Root | Unit:
    found = seat.state.node(seat.organization, parent_id)
    if found is None or isinstance(found, Account):
        raise refusals.not_found("ParentNotFoundException", parent_id)
    return found


def _require_new_name(seat: callers.Seat, parent: str, name: str) -> None:
    for unit in seat.state.units_in(parent):
        if unit.name == name:
            raise AwsError(
                "DuplicateOrganizationalUnitException",
                "An OU with the same name already exists.",
                facts=(Fact(unit.id, "Name", name),),
            )
