"""What API Gateway does later."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import finding
from foulweather.services.apigateway.state import RestState


async def settle_vpc_link(call: Call, link: str) -> None:
    """A VPC link is there, or its load balancer is not."""
    state = call.state(RestState)
    found = state.vpc_links.get(link)
    if found is None:
        return
    try:
        balancers = call.acting_as("apigateway.amazonaws.com").elbv2
        answer: Any = balancers.describe_load_balancers({"LoadBalancerArns": found.target_arns})
        if isinstance(answer, Awaitable):
            await cast("Awaitable[Any]", answer)
    except AwsError as error:
        if state.vpc_links.get(link) is not found:
            return  # it was deleted meanwhile
        found.failed, found.status_message = True, error.message
        call.explain("VpcLink", finding.arn(call, f"/vpclinks/{link}"), error.why, error.code)
        state.vpc_links.touch(link)
