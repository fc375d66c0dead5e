"""Requests on their way: shown, moved on, and put in force when approved."""

from __future__ import annotations

from typing import Any

from foulweather.kernel import quotas
from foulweather.kernel.call import Call
from foulweather.services.servicequotas import limits
from foulweather.services.servicequotas.known import arn_of, quota
from foulweather.services.servicequotas.state import Increase, QuotasState


def change_shown(call: Call, increase: Increase) -> dict[str, Any]:
    """`RequestedServiceQuotaChange`."""
    wanted = quota(call, increase.service, increase.code, increase.region)
    shown: dict[str, Any] = {
        "Id": increase.id,
        "ServiceCode": wanted.service,
        "ServiceName": wanted.service_name,
        "QuotaCode": wanted.code,
        "QuotaName": wanted.name,
        "DesiredValue": float(increase.desired),
        "Status": increase.status,
        "Created": increase.created_ms,
        "LastUpdated": increase.updated_ms,
        "Requester": increase.requester,
        "QuotaArn": arn_of(wanted, call.account, increase.region),
        "GlobalQuota": wanted.is_global,
        "Unit": wanted.unit,
        "QuotaRequestedAtLevel": "ACCOUNT",
    }
    if increase.case:
        shown["CaseId"] = increase.case
    return shown


def move(call: Call, increase: Increase, status: str) -> None:
    """Bring a request to another status; an approval is in force at once, a case is decided a day later."""
    wanted = quota(call, increase.service, increase.code, increase.region)
    arn = arn_of(wanted, call.account, increase.region)
    increase.status = status
    increase.updated_ms = call.now
    if status == "CASE_OPENED":
        increase.case = call.world.ids.drawn("0123456789", 15)
        call.later(call.now + limits.CASE_MS, "service-quotas.decide", request_id=increase.id)
    elif status == "APPROVED":
        quotas.apply(call, wanted, call.account, increase.region, increase.desired)
        call.changed("service-quotas.QuotaApplied", arn, Value=increase.desired)
    call.state(QuotasState).increases.touch(increase.id)
    call.changed("service-quotas.IncreaseMoved", arn, Status=status)
