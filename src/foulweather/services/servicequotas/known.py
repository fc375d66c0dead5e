"""The quotas that are there in a region, and how they are shown."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.quotas import GLOBAL_REGION, Quota, in_force, quotas_of
from foulweather.services.servicequotas import limits


def known(call: Call, region: str = "") -> dict[tuple[str, str], Quota]:
    """The quotas of a region: "global quotas … can only be accessed in us-east-1"."""
    region = region or call.region
    quotas = quotas_of(call.pipeline.services)
    return {key: quota for key, quota in quotas.items() if not quota.is_global or region == GLOBAL_REGION}


def of_service(call: Call, service: str) -> list[Quota]:
    """The quotas of a service."""
    found = [quota for (code, _), quota in known(call).items() if code == service]
    if not found:
        raise limits.no_service(service)
    return found


def quota(call: Call, service: str, code: str, region: str = "") -> Quota:
    """One quota."""
    there = known(call, region)
    found = there.get((service, code))
    if found is None:
        if all(each != service for each, _ in there):
            raise limits.no_service(service)
        raise limits.no_resource(f"{service}/{code}")
    return found


def arn_of(quota: Quota, account: str, region: str) -> str:
    """The ARN of an applied quota; of AWS's default, without an account."""
    where = "" if quota.is_global else region
    return f"arn:aws:servicequotas:{where}:{account}:{quota.service}/{quota.code}"


def shown(call: Call, quota: Quota, *, as_default: bool = False) -> dict[str, Any]:
    """`ServiceQuota`."""
    value = quota.value if as_default else in_force(call.world, quota, call.account, call.region)
    shape: dict[str, Any] = {
        "ServiceCode": quota.service,
        "ServiceName": quota.service_name,
        "QuotaArn": arn_of(quota, "" if as_default else call.account, call.region),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": float(value),
        "Unit": quota.unit,
        "Adjustable": quota.is_adjustable,
        "GlobalQuota": quota.is_global,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }
    if quota.description:
        shape["Description"] = quota.description
    return shape
