"""VPC links: ways to network load balancers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.patches import sets, value_of
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.region_records import VpcLink
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]
# "It can take 2-4 minutes".
_MADE_MS: Final = 3 * 60_000
_BALANCER = re.compile(r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/net/[^/]+/[^/]+")


def create_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """Begin to make a way to a network load balancer."""
    if not request["name"]:
        raise refusals.invalid("Name cannot be empty", name="")
    targets: list[str] = list(request["targetArns"])
    if len(targets) != 1 or not _BALANCER.fullmatch(targets[0]):
        words = "VPC Link target must be the ARN of exactly one network load balancer"
        raise refusals.invalid(words, targetArns=targets)
    tags = limits.checked_tags(request.get("tags"))
    state = call.state(RestState)
    most = limits.VPC_LINKS_MAX
    if len(state.vpc_links) >= most:
        raise refusals.too_many("VPC links", "account", call.account, most)
    made = VpcLink(
        id=finding.new_id(call),
        name=request["name"],
        target_arns=targets,
        ready_ms=call.now + _MADE_MS,
        description=request.get("description"),
        tags=tags,
    )
    state.vpc_links.put(made.id, made)
    call.later(made.ready_ms, "apigateway.settle_vpc_link", link=made.id)
    finding.changed(call, "VpcLinkCreated", f"/vpclinks/{made.id}", made)
    return _told(made, call.now)


def get_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """A VPC link."""
    return _told(_found(call, request)[1], call.now)


def get_vpc_links(call: Call, request: Request) -> dict[str, Any]:
    """The account's VPC links."""
    found, more = paging.page(list(call.state(RestState).vpc_links.values()), request)
    return {"items": [_told(link, call.now) for link in found], **more}


def update_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """Change a VPC link's name or description."""
    state, link = _found(call, request)
    made = patches.patched(call, link, request, _RULES)
    state.vpc_links.put(made.id, made)
    finding.changed(call, "VpcLinkUpdated", f"/vpclinks/{made.id}", made, patches.touched(request))
    return _told(made, call.now)


def delete_vpc_link(call: Call, request: Request) -> None:
    """Delete a VPC link that no integration uses."""
    state, link = _found(call, request)
    using = [
        f"{name}:{resource.id}"
        for resource in state.resources.values()
        for name, method in resource.resource_methods.items()
        if method.method_integration is not None and method.method_integration.connection_id == link.id
    ]
    if using:
        words = f"Cannot delete vpc link. Vpc link '{link.id}', is referenced in [{', '.join(using)}]"
        raise refusals.invalid(f"{words} in format of [Method:Resource].", vpcLinkId=link.id)
    state.vpc_links.delete(link.id)
    finding.changed(call, "VpcLinkDeleted", f"/vpclinks/{link.id}")


def _found(call: Call, request: Request) -> tuple[RestState, VpcLink]:
    state = call.state(RestState)
    found = state.vpc_links.get(request["vpcLinkId"])
    if found is None:
        path = finding.arn(call, f"/vpclinks/{request['vpcLinkId']}")
        raise refusals.missing("Invalid Vpc Link identifier specified", path)
    return state, found


def _told(link: VpcLink, now_ms: int) -> dict[str, Any]:
    status = "FAILED" if link.failed else "PENDING" if now_ms < link.ready_ms else "AVAILABLE"
    return {**shown(link, "readyMs", "failed"), "status": status}


_RULES: Final = (sets("/name", "name", value_of), sets("/description", "description"))
