"""Tags of accounts, units, policies and the root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import AWS_MANAGED, Node, Policy, ResourcePolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def tag_resource(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Set tags."""
    seat = callers.management(call)
    tagged = _tagged(seat, request["ResourceId"])
    return _saved(call, seat, tagged, limits.checked_tags(request["Tags"], tagged.tags))


def untag_resource(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take tags away."""
    seat = callers.management(call)
    tagged = _tagged(seat, request["ResourceId"])
    left = {key: value for key, value in tagged.tags.items() if key not in request["TagKeys"]}
    return _saved(call, seat, tagged, left)


def list_tags_for_resource(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a resource's tags."""
    seat = callers.reader(call)
    tags = list(_tagged(seat, request["ResourceId"]).tags.items())
    return paging.page(request, "Tags", tags, lambda tag: {"Key": tag[0], "Value": tag[1]}, limits.TAGS_MAX)


def _tagged(seat: callers.Seat, resource_id: str) -> Node | Policy | ResourcePolicy:
    if resource_id in AWS_MANAGED:
        raise refusals.invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
    delegating = seat.organization.resource_policy
    if delegating is not None and delegating.id == resource_id:
        return delegating
    found = seat.state.node(seat.organization, resource_id) or seat.state.policies.get(resource_id)
    if found is None or found.organization != seat.organization.id:
        raise refusals.not_found("TargetNotFoundException", resource_id)
    return found


def _saved(
    call: Call, seat: callers.Seat, tagged: Node | Policy | ResourcePolicy, tags: dict[str, str]
) -> dict[str, Any]:
    tagged.tags = tags
    if isinstance(tagged, ResourcePolicy):
        seat.state.save(seat.organization)
        arn = shapes.resource_policy_arn(seat.organization, tagged)
    elif isinstance(tagged, Policy):
        seat.state.save(tagged)
        arn = shapes.policy_arn(seat.organization, tagged)
    else:
        seat.state.save(tagged)
        arn = shapes.node_arn(seat.organization, tagged)
    call.changed("organizations.TagsSet", arn, Tags=dict(tags))
    return {}
