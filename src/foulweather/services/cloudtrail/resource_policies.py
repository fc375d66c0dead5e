"""Resource policies of event data stores.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.cloudtrail import finding
from foulweather.services.cloudtrail.records import EventDataStore
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import Lake

Request = Mapping[str, Any]


def put_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Set a store's policy."""
    store = _store(call, request["ResourceArn"])
    text: str = request["ResourcePolicy"]
    try:
        policy = parse(text, "resource")
    except PolicySyntaxError as error:
        raise refused(
            "ResourcePolicyNotValid",
            "The resource policy is not valid.",
            Fact("request", "ResourcePolicy", error.message),
        ) from error
    for statement in policy.statements:
        resources = statement.resources.written if statement.resources is not None else ()
        if any(each != store.arn for each in resources):
            raise refused(
                "ResourcePolicyNotValid",
                "The resource policy is not valid: its resource must be the ARN of the event data store.",
                Fact("request", "Resource", list(resources)),
            )
    store.policy = text
    call.state(Lake).stores.touch(store.id)
    call.changed("cloudtrail.ResourcePolicyPut", store.arn, ResourcePolicy=text)
    return {"ResourceArn": store.arn, "ResourcePolicy": text}


def get_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """A store's policy."""
    store = _store(call, request["ResourceArn"])
    return {"ResourceArn": store.arn, "ResourcePolicy": _policy(store)}


def delete_resource_policy(call: Call, request: Request) -> dict[str, Any]:
    """Delete a store's policy."""
    store = _store(call, request["ResourceArn"])
    _policy(store)
    store.policy = ""
    call.state(Lake).stores.touch(store.id)
    call.changed("cloudtrail.ResourcePolicyDeleted", store.arn, ResourcePolicy=None)
    return {}


def _policy(store: EventDataStore) -> str:
    if not store.policy:
        message = "The resource policy is not found."
        raise refused("ResourcePolicyNotFound", message, Fact(store.arn, "ResourcePolicy", None))
    return store.policy


def _store(call: Call, arn: str) -> EventDataStore:
    if not arn.startswith("arn:"):
        raise refused("ResourceARNNotValid", "The resource ARN is not valid.", Fact("request", "ResourceArn", arn))
    if ":channel/" in arn or ":dashboard/" in arn:
        raise not_implemented("cloudtrail", "PutResourcePolicy.Channel")
    if ":eventdatastore/" not in arn:
        message = "The specified resource type is not supported."
        raise refused("ResourceTypeNotSupported", message, Fact("request", "ResourceArn", arn))
    found = call.state(Lake).stores.get(arn.rpartition("/")[2])
    if found is None or found.arn != arn or found.account != call.account:
        raise refused("ResourceNotFound", f"Resource {arn} is not found.", Fact(arn, "exists", False))
    return finding.active_store(call, arn)
