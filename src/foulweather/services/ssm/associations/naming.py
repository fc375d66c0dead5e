"""From ids to associations."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Resource
from foulweather.kernel.why import Fact
from foulweather.services.ssm.associations.state import Association, AssociationsState, arn_of


def require(call: Call, association_id: str | None) -> tuple[AssociationsState, Association]:
    """The association that an id names; those that are named by a node are not built."""
    if not association_id:
        raise not_implemented("ssm", f"{call.operation}.InstanceId")
    state = call.state(AssociationsState)
    association = state.associations.get(association_id)
    if association is None:
        raise AwsError(
            "AssociationDoesNotExist",
            "The specified association doesn't exist.",
            facts=(Fact("request", "AssociationId", association_id),),
            remedy=("aws ssm list-associations",),
        )
    return state, association


def resource(call: Call, association_id: str) -> Resource:
    """What an id names, as authorization sees it."""
    state = call.state(AssociationsState)
    association = state.associations.get(association_id)
    if association is None:
        return Resource(arn_of(call.account, call.region, association_id), call.account)
    return state.resource_of(association)
