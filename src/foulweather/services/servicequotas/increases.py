"""Requests to increase a quota: reviewed by the clock, and granted for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.quotas import in_force
from foulweather.kernel.why import Fact
from foulweather.services.servicequotas import limits, paging
from foulweather.services.servicequotas.deciding import change_shown, move
from foulweather.services.servicequotas.known import arn_of, quota
from foulweather.services.servicequotas.state import OPEN, Increase, QuotasState

Request = Mapping[str, Any]


def request_service_quota_increase(call: Call, request: Request) -> dict[str, Any]:
    """Ask for a higher value."""
    if "ContextId" in request:
        raise not_implemented("service-quotas", "RequestServiceQuotaIncrease.ContextId")
    wanted = quota(call, request["ServiceCode"], request["QuotaCode"])
    arn = arn_of(wanted, call.account, call.region)
    if not wanted.is_adjustable:
        raise limits.illegal("The quota is not adjustable.", Fact(arn, "Adjustable", False))
    if not wanted.is_read:
        # An approval would change nothing: the service goes by AWS's default.
        raise not_implemented("service-quotas", f"RequestServiceQuotaIncrease of {wanted.service}/{wanted.code}")
    value = in_force(call.world, wanted, call.account, call.region)
    if request["DesiredValue"] <= value:
        raise limits.illegal(
            "You must provide a quota value greater than the current quota value", call.fact(arn, "Value", value)
        )
    state = call.state(QuotasState)
    region = wanted.region(call.region)
    present = state.open_for(wanted.service, wanted.code, region)
    if present is not None:
        raise AwsError(
            "ResourceAlreadyExistsException",
            "Only one open service quota increase request is allowed per quota.",
            facts=(Fact(present.id, "Status", present.status), Fact(present.id, "DesiredValue", present.desired)),
        )
    active = [each.id for each in state.increases.values() if each.status in OPEN]
    if len(active) >= limits.ACTIVE_REQUESTS_MAX:
        raise AwsError(
            "QuotaExceededException",
            "You have exceeded your service quota. To perform the requested action, remove some of the relevant "
            "resources, or use Service Quotas to request a service quota increase.",
            facts=(Fact(call.account, "active requests", len(active)),),
        )
    increase = Increase(
        f"{call.world.ids.uuid().replace('-', '')}{call.world.ids.drawn('abcdefghijklmnopqrstuvwxyz0123456789', 8)}",
        wanted.service,
        wanted.code,
        region,
        int(request["DesiredValue"]),
        json.dumps({"accountId": call.account, "callerArn": call.principal.arn}, separators=(",", ":")),
        call.now,
        call.now,
        case_allowed=request.get("SupportCaseAllowed", True),
    )
    state.increases.put(increase.id, increase)
    call.later(call.now + limits.REVIEW_MS, "service-quotas.review", request_id=increase.id)
    call.changed("service-quotas.IncreaseRequested", arn, DesiredValue=increase.desired, Status=increase.status)
    return {"RequestedQuota": change_shown(call, increase)}


def get_requested_service_quota_change(call: Call, request: Request) -> dict[str, Any]:
    """Show what became of a request."""
    return {"RequestedQuota": change_shown(call, _increase(call, request["RequestId"]))}


def list_requested_service_quota_change_history(call: Call, request: Request) -> dict[str, Any]:
    """Show the requests of ninety days, of all services or one."""
    service = request.get("ServiceCode")
    return _history(call, request, lambda each: service in (None, each.service))


def list_requested_service_quota_change_history_by_quota(call: Call, request: Request) -> dict[str, Any]:
    """Show the requests of ninety days for one quota."""
    wanted = quota(call, request["ServiceCode"], request["QuotaCode"])
    return _history(call, request, lambda each: (each.service, each.code) == (wanted.service, wanted.code))


def create_support_case(call: Call, request: Request) -> dict[str, Any]:
    """Open a support case for a request that is pending."""
    increase = _increase(call, request["RequestId"])
    if increase.status == "CASE_OPENED":
        raise AwsError(
            "ResourceAlreadyExistsException",
            "The specified resource already exists.",
            facts=(Fact(increase.id, "CaseId", increase.case),),
        )
    if increase.status != "PENDING":
        raise AwsError(
            "InvalidResourceStateException",
            "The resource is in an invalid state.",
            facts=(Fact(increase.id, "Status", increase.status),),
        )
    increase.case_allowed = True
    move(call, increase, "CASE_OPENED")
    return {}


def _increase(call: Call, request_id: str) -> Increase:
    found = call.state(QuotasState).increases.get(request_id)
    if found is None or found.region != call.region:
        raise limits.no_resource(request_id)
    return found


def _history(call: Call, request: Request, is_wanted: Callable[[Increase], bool]) -> dict[str, Any]:
    status = request.get("Status")
    at_level = request.get("QuotaRequestedAtLevel", "ACCOUNT")
    found = [
        change_shown(call, each)
        for each in reversed(list(call.state(QuotasState).increases.values()))
        if each.region == call.region
        and is_wanted(each)
        and status in (None, each.status)
        and at_level != "RESOURCE"
        and each.created_ms > call.now - limits.HISTORY_MS
    ]
    return paging.page(request, "RequestedQuotas", found)
