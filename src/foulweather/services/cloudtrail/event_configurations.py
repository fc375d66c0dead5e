"""How large the events of an event data store may be, and what they are enriched with; what trails aggregate.

Events are of the standard size here, without context and as they are: what would change that answers 501.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import finding, refusals

Request = Mapping[str, Any]
_OF_STORES: Final = ("MaxEventSize", "ContextKeySelectors")
_OF_TRAILS: Final = ("AggregationConfigurations",)


def get_event_configuration(call: Call, request: Request) -> dict[str, Any]:
    """What is set for a trail or an event data store."""
    _check_named(request)
    if request.get("TrailName"):
        return _of_trail(finding.trail_named(call, request["TrailName"]).arn)
    return _of_store(finding.store_named(call, request["EventDataStore"]).arn)


def put_event_configuration(call: Call, request: Request) -> dict[str, Any]:
    """Set events to what they are here."""
    _check_named(request)
    wrong = [name for name in (_OF_STORES if request.get("TrailName") else _OF_TRAILS) if request.get(name) is not None]
    if wrong:
        raise refusals.refused(
            "InvalidParameterCombination",
            f"{wrong[0]} cannot be specified for {'a trail' if request.get('TrailName') else 'an event data store'}.",
            Fact("request", wrong[0], request[wrong[0]]),
        )
    if request.get("TrailName"):
        trail = finding.own_trail(call, request["TrailName"])
        if request.get("AggregationConfigurations"):
            raise not_implemented("cloudtrail", "PutEventConfiguration.AggregationConfigurations")
        call.changed("cloudtrail.EventConfigurationPut", trail.arn, AggregationConfigurations=[])
        return _of_trail(trail.arn)
    store = finding.active_store(call, request["EventDataStore"])
    if request.get("ContextKeySelectors"):
        if request.get("MaxEventSize") != "Large":
            raise refusals.bad_parameter(
                "MaxEventSize must be Large when ContextKeySelectors are specified.",
                "MaxEventSize",
                request.get("MaxEventSize"),
            )
        raise not_implemented("cloudtrail", "PutEventConfiguration.ContextKeySelectors")
    if request.get("MaxEventSize") == "Large":
        raise not_implemented("cloudtrail", "PutEventConfiguration.MaxEventSize Large")
    call.changed("cloudtrail.EventConfigurationPut", store.arn, MaxEventSize="Standard", ContextKeySelectors=[])
    return _of_store(store.arn)


def _check_named(request: Request) -> None:
    if bool(request.get("TrailName")) == bool(request.get("EventDataStore")):
        raise refusals.refused(
            "InvalidParameterCombination",
            "You must specify either TrailName or EventDataStore, and not both.",
            Fact("request", "TrailName", request.get("TrailName")),
            Fact("request", "EventDataStore", request.get("EventDataStore")),
        )


def _of_trail(arn: str) -> dict[str, Any]:
    return {"TrailARN": arn, "AggregationConfigurations": []}


def _of_store(arn: str) -> dict[str, Any]:
    return {"EventDataStoreArn": arn, "MaxEventSize": "Standard", "ContextKeySelectors": []}
