"""From ids to OpsItems."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Resource
from foulweather.kernel.why import Fact
from foulweather.services.ssm.opsitems.state import OpsItem, OpsItemsState, arn_of


def require(call: Call, item_id: str, arn: str = "") -> tuple[OpsItemsState, OpsItem]:
    """The OpsItem that an id names; those of other accounts, which are named by ARN, are not built."""
    if arn and arn != arn_of(call.account, call.region, item_id):
        raise not_implemented("ssm", f"{call.operation}.OpsItemArn")
    state = call.state(OpsItemsState)
    item = state.items.get(item_id)
    if item is None:
        raise AwsError(
            "OpsItemNotFoundException",
            f"The specified OpsItem ID doesn't exist. Verify the ID and try again: {item_id}",
            facts=(Fact("request", "OpsItemId", item_id), Fact(item_id, "exists", False)),
            remedy=("aws ssm describe-ops-items",),
        )
    return state, item


def resource(call: Call, item_id: str) -> Resource:
    """What an id names, as authorization sees it."""
    state = call.state(OpsItemsState)
    item = state.items.get(item_id)
    return state.resource_of(item) if item else Resource(arn_of(call.account, call.region, item_id), call.account)
