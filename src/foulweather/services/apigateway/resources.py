"""Resources: the tree of an API's paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, paging, patches, quotas, refusals
from foulweather.services.apigateway.patches import Step, sets
from foulweather.services.apigateway.paths import checked_part, joined, require_free
from foulweather.services.apigateway.records import Resource, shown
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_resource(call: Call, request: Request) -> dict[str, Any]:
    """Make a resource under another."""
    part = checked_part(request["pathPart"])
    state, api, parent = finding.resource(call, request, "parentId")
    require_free(state, api.id, parent, part)
    most = quotas.of(call, quotas.RESOURCES)
    if sum(1 for _ in under(state.resources, api.id)) >= most:
        raise refusals.too_many("resources", "API", finding.arn(call, f"/restapis/{api.id}"), most)
    made = Resource(id=finding.new_id(call), path=joined(parent.path, part), parent_id=parent.id, path_part=part)
    state.resources.put(f"{api.id}/{made.id}", made)
    finding.changed(call, "ResourceCreated", f"/restapis/{api.id}/resources/{made.id}", made)
    return shown(made)


def get_resource(call: Call, request: Request) -> dict[str, Any]:
    """A resource, with its methods if `embed` asks for them."""
    return _told(finding.resource(call, request)[2], _embeds(request))


def get_resources(call: Call, request: Request) -> dict[str, Any]:
    """The resources of an API, with their methods if `embed` asks for them."""
    embeds = _embeds(request)
    state, api = finding.api(call, request)
    found, more = paging.page(list(under(state.resources, api.id)), request)
    return {"items": [_told(resource, embeds) for resource in found], **more}


def update_resource(call: Call, request: Request) -> dict[str, Any]:
    """Rename or move a resource; the paths of those below it change as well."""
    state, api, resource = finding.resource(call, request)
    made = patches.patched(call, resource, request, _RULES)
    if resource.parent_id is None:
        raise refusals.invalid("Root resource cannot be updated", resourceId=resource.id)
    _, _, parent = finding.resource(call, {**request, "parentId": made.parent_id}, "parentId")
    above: Resource | None = parent
    while above is not None:
        if above.id == resource.id:
            raise refusals.invalid("Resources cannot be cyclical.", parentId=made.parent_id)
        above = state.resources.get(f"{api.id}/{above.parent_id}")
    require_free(state, api.id, parent, made.path_part or "", resource.id)
    made.path = joined(parent.path, made.path_part or "")
    state.resources.put(f"{api.id}/{made.id}", made)
    for below in _below(state, api.id, resource):
        below.path = made.path + below.path.removeprefix(resource.path)
        state.resources.touch(f"{api.id}/{below.id}")
    finding.changed(call, "ResourceUpdated", f"/restapis/{api.id}/resources/{made.id}", made, patches.touched(request))
    return _told(made)


def delete_resource(call: Call, request: Request) -> None:
    """Delete a resource with those below it."""
    state, api, resource = finding.resource(call, request)
    if resource.parent_id is None:
        raise refusals.invalid("Root resource cannot be deleted", resourceId=resource.id)
    for gone in [*_below(state, api.id, resource), resource]:
        state.resources.delete(f"{api.id}/{gone.id}")
        finding.changed(call, "ResourceDeleted", f"/restapis/{api.id}/resources/{gone.id}")


def _below(state: RestState, api_id: str, resource: Resource) -> list[Resource]:
    return [one for one in under(state.resources, api_id) if one.path.startswith(f"{resource.path}/")]


def _embeds(request: Request) -> bool:
    embed: Sequence[str] = request.get("embed") or ()
    for asked in embed:
        if asked != "methods":
            raise refusals.invalid(f"Invalid embed specified: {asked}. Must be one of: [methods]", embed=asked)
    return bool(embed)


def _told(resource: Resource, embeds: bool = False) -> dict[str, Any]:
    answer = shown(resource)
    if resource.resource_methods and not embeds:
        answer["resourceMethods"] = {name: {} for name in resource.resource_methods}
    return answer


def _part(step: Step) -> str:
    return checked_part(step.value or "")


_RULES: Final = (
    sets("/pathPart", "path_part", _part),
    sets("/parentId", "parent_id", patches.value_of, ("add", "replace")),
)
