"""Services with their quotas, as they are by default and as they apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.servicequotas import paging
from foulweather.services.servicequotas.known import known, of_service, quota, shown

Request = Mapping[str, Any]


def list_services(call: Call, request: Request) -> dict[str, Any]:
    """Show the services that tell of quotas by AWS's codes."""
    names = {code: each.service_name for (code, _), each in known(call).items()}
    found = [{"ServiceCode": code, "ServiceName": name} for code, name in sorted(names.items())]
    return paging.page(request, "Services", found)


def list_service_quotas(call: Call, request: Request) -> dict[str, Any]:
    """Show the values of a service's quotas that apply; none of them is of a resource of its own."""
    wanted = request.get("QuotaCode")
    found = [each for each in of_service(call, request["ServiceCode"]) if wanted in (None, each.code)]
    if request.get("QuotaAppliedAtLevel") == "RESOURCE":
        found = []
    return paging.page(request, "Quotas", [shown(call, each) for each in found])


def list_aws_default_service_quotas(call: Call, request: Request) -> dict[str, Any]:
    """Show AWS's defaults of a service's quotas."""
    found = [shown(call, each, as_default=True) for each in of_service(call, request["ServiceCode"])]
    return paging.page(request, "Quotas", found)


def get_service_quota(call: Call, request: Request) -> dict[str, Any]:
    """Show the value of a quota that applies."""
    if "ContextId" in request:
        raise not_implemented("service-quotas", "GetServiceQuota.ContextId")
    return {"Quota": shown(call, quota(call, request["ServiceCode"], request["QuotaCode"]))}


def get_aws_default_service_quota(call: Call, request: Request) -> dict[str, Any]:
    """Show AWS's default of a quota."""
    return {"Quota": shown(call, quota(call, request["ServiceCode"], request["QuotaCode"]), as_default=True)}
