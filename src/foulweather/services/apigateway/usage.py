"""What keys have used of their plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, metering, paging, patches, refusals
from foulweather.services.apigateway.patches import whole_of
from foulweather.services.apigateway.plans_of_keys import plan_of
from foulweather.services.apigateway.stage_records import UsagePlan
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]
_DAYS_MAX = 90


def get_usage(call: Call, request: Request) -> dict[str, Any]:
    """What the keys of a plan used day by day, and what remained to them (where the plan has a quota)."""
    begins, ends = _day(request, "startDate"), _day(request, "endDate")
    if ends < begins:
        raise refusals.invalid("Invalid date range specified: end date is before start date", endDate=str(ends))
    if (ends - begins).days >= _DAYS_MAX:
        raise refusals.invalid("Date range cannot exceed 90 days", startDate=str(begins), endDate=str(ends))
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    keys = [held.key for held in under(state.plan_keys, plan.id)]
    if request.get("keyId"):
        _require(call, state, plan, request["keyId"])
        keys = [request["keyId"]]
    found, more = paging.page(keys, request)
    items = {key: _days(state, plan, key, begins, ends) for key in found}
    return {
        "usagePlanId": plan.id,
        "startDate": str(begins),
        "endDate": str(ends),
        "items": {key: days for key, days in items.items() if any(day[0] for day in days)},
        **more,
    }


def update_usage(call: Call, request: Request) -> dict[str, Any]:
    """Leave a key more, or fewer, requests in the running period of its plan's quota."""
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    key = request["keyId"]
    _require(call, state, plan, key)
    if plan.quota is None:
        raise refusals.invalid(f"Usage Plan {plan.id} does not have a quota", quota=None)
    today = metering.day_of(call.now)
    for operation in request.get("patchOperations") or ():
        op, path = operation.get("op") or "", operation.get("path") or ""
        if (op, path) != ("replace", "/remaining"):
            paths = "/remaining" if op == "replace" else ""
            words = f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{paths}]"
            raise refusals.invalid(words, op=op, path=path)
        left = whole_of(patches.Step(call, op, path, (), operation.get("value"), ""))
        if left < 0:
            raise refusals.invalid("Remaining quota must not be negative", remaining=left)
        metering.extend(state, plan, key, today, left)
        arn = finding.arn(call, f"/usageplans/{plan.id}/keys/{key}/usage")
        call.changed("apigateway.UsageUpdated", arn, remaining=left)
    days = _days(state, plan, key, today, today)
    return {"usagePlanId": plan.id, "startDate": str(today), "endDate": str(today), "items": {key: days}}


def _day(request: Request, member: str) -> date:
    try:
        return date.fromisoformat(request[member])
    except ValueError:
        words = f"Invalid date format specified for {member}. Must be YYYY-MM-DD"
        raise refusals.invalid(words, **{member: request[member]}) from None


def _days(state: RestState, plan: UsagePlan, key: str, begins: date, ends: date) -> list[list[int]]:
    days = [begins + timedelta(days=number) for number in range((ends - begins).days + 1)]
    return [
        [metering.used(state, plan, key, day, day)]
        + ([] if plan.quota is None else [metering.remaining(state, plan, key, day)])
        for day in days
    ]


def _require(call: Call, state: RestState, plan: UsagePlan, key: str) -> None:
    if f"{plan.id}/{key}" not in state.plan_keys:
        path = finding.arn(call, f"/usageplans/{plan.id}/keys/{key}")
        raise refusals.missing("Invalid Usage Plan Key identifier specified", path)
