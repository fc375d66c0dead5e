"""The keys of usage plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, paging, refusals
from foulweather.services.apigateway.plans_of_keys import check_subscription, plan_of, subscribe
from foulweather.services.apigateway.stage_records import ApiKey
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_usage_plan_key(call: Call, request: Request) -> dict[str, Any]:
    """Let a key belong to a plan."""
    if request["keyType"] != "API_KEY":
        raise refusals.invalid("Invalid key type specified. Must be one of: [API_KEY]", keyType=request["keyType"])
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    key = state.keys.get(request["keyId"])
    if key is None:
        path = finding.arn(call, f"/apikeys/{request['keyId']}")
        raise refusals.missing("Invalid API Key identifier specified", path)
    if f"{plan.id}/{key.id}" in state.plan_keys:
        raise refusals.conflict(f"Usage Plan Key {key.id} already exists in Usage Plan {plan.id}")
    check_subscription(state, plan, key.id)
    subscribe(call, state, plan, key.id)
    return _told(key)


def get_usage_plan_key(call: Call, request: Request) -> dict[str, Any]:
    """A key of a plan."""
    return _told(_found(call, request)[1])


def get_usage_plan_keys(call: Call, request: Request) -> dict[str, Any]:
    """The keys of a plan, or those whose names begin like that."""
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    keys = [state.keys[held.key] for held in under(state.plan_keys, plan.id)]
    name = request.get("nameQuery") or ""
    found, more = paging.page([key for key in keys if (key.name or "").startswith(name)], request)
    return {"items": [_told(key) for key in found], **more}


def delete_usage_plan_key(call: Call, request: Request) -> None:
    """Take a key from a plan."""
    state, key = _found(call, request)
    state.plan_keys.delete(f"{request['usagePlanId']}/{key.id}")
    finding.changed(call, "UsagePlanKeyDeleted", f"/usageplans/{request['usagePlanId']}/keys/{key.id}")


def _found(call: Call, request: Request) -> tuple[RestState, ApiKey]:
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    key = state.keys.get(request["keyId"])
    if key is None or f"{plan.id}/{key.id}" not in state.plan_keys:
        path = finding.arn(call, f"/usageplans/{plan.id}/keys/{request['keyId']}")
        raise refusals.missing("Invalid Usage Plan Key identifier specified", path)
    return state, key


def _told(key: ApiKey) -> dict[str, Any]:
    return {"id": key.id, "type": "API_KEY", "value": key.value, "name": key.name or ""}
