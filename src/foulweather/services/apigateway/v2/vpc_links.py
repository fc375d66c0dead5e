"""VPC links: ways to load balancers inside VPCs. They are kept and shown; no request goes through one yet.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals
from foulweather.services.apigateway.v2.records import VpcLink, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
# "It can take several minutes": the console shows it pending for about two.
_MADE_MS: Final = 2 * 60_000


def create_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """Begin to make a way into subnets."""
    tags = limits.checked_tags(request.get("Tags"))
    state = call.state(HttpState)
    subnets: list[str] = list(request["SubnetIds"])
    groups: list[str] = list(request.get("SecurityGroupIds") or ())
    if not subnets:
        raise refusals.invalid("At least one subnet is required for a VPC link", SubnetIds=subnets)
    for name, pattern in ((subnets, r"subnet-[0-9a-f]+"), (groups, r"sg-[0-9a-f]+")):
        for each in name:
            if not re.fullmatch(pattern, each):
                raise refusals.invalid(f"Invalid identifier specified: {each}", VpcLink=each)
    limits.require_room(call, len(state.vpc_links), limits.VPC_LINKS_MAX, "VPC links")
    made = VpcLink(
        vpc_link_id=finding.new_id(call, 6),
        name=request["Name"],
        created_date=call.now,
        ready_ms=call.now + _MADE_MS,
        security_group_ids=groups,
        subnet_ids=subnets,
        tags=tags,
    )
    state.vpc_links.put(made.vpc_link_id, made)
    finding.changed(call, "VpcLinkCreated", f"/vpclinks/{made.vpc_link_id}", made)
    return _told(made, call.now)


def get_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """A VPC link."""
    return _told(_found(call, request)[1], call.now)


def get_vpc_links(call: Call, request: Request) -> dict[str, Any]:
    """The account's VPC links."""
    return paging.listed(call.state(HttpState).vpc_links.values(), request, lambda link: _told(link, call.now))


def update_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """Change a VPC link's name."""
    state, link = _found(call, request)
    link.name = request.get("Name") or link.name
    state.vpc_links.touch(link.vpc_link_id)
    finding.changed(call, "VpcLinkUpdated", f"/vpclinks/{link.vpc_link_id}", link, ["Name"])
    return _told(link, call.now)


def delete_vpc_link(call: Call, request: Request) -> dict[str, Any]:
    """Delete a VPC link that no integration uses."""
    state, link = _found(call, request)
    using = [each.integration_id for each in state.integrations.values() if each.connection_id == link.vpc_link_id]
    if using:
        words = f"Cannot delete vpc link. Vpc link '{link.vpc_link_id}', is referenced in {using}"
        raise refusals.invalid(words, VpcLinkId=link.vpc_link_id)
    state.vpc_links.delete(link.vpc_link_id)
    finding.changed(call, "VpcLinkDeleted", f"/vpclinks/{link.vpc_link_id}")
    return {}


def _found(call: Call, request: Request) -> tuple[HttpState, VpcLink]:
    state = call.state(HttpState)
    found = state.vpc_links.get(request["VpcLinkId"])
    if found is None:
        path = finding.arn(call, f"/vpclinks/{request['VpcLinkId']}")
        raise refusals.missing("Invalid VpcLink identifier specified", path)
    return state, found


def _told(link: VpcLink, now_ms: int) -> dict[str, Any]:
    status = "PENDING" if now_ms < link.ready_ms else "AVAILABLE"
    return {**told(link, "ReadyMs"), "VpcLinkStatus": status, "VpcLinkVersion": "V2"}
