"""The increases that each new account of an organization asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.servicequotas import limits, paging
from foulweather.services.servicequotas.known import arn_of, quota
from foulweather.services.servicequotas.organization import own_template, saved
from foulweather.services.servicequotas.state import Template, TemplateRequest

Request = Mapping[str, Any]


def put_service_quota_increase_request_into_template(call: Call, request: Request) -> dict[str, Any]:
    """Have new accounts ask for an increase in a region."""
    template = own_template(call)
    wanted = quota(call, request["ServiceCode"], request["QuotaCode"], request["AwsRegion"])
    arn = arn_of(wanted, "", request["AwsRegion"])
    if not wanted.is_adjustable:
        raise limits.illegal("The quota is not adjustable.", Fact(arn, "Adjustable", False))
    if not wanted.is_read:
        raise not_implemented("service-quotas", f"{call.operation} of {wanted.service}/{wanted.code}")
    if request["DesiredValue"] <= wanted.value:
        raise limits.illegal(
            "You must provide a quota value greater than the current quota value", Fact(arn, "Value", wanted.value)
        )
    key = _key(request)
    if key not in template.requests and len(template.requests) >= limits.TEMPLATE_REQUESTS_MAX:
        raise AwsError(
            "QuotaExceededException",
            "You have exceeded your service quota. To perform the requested action, remove some of the relevant "
            "resources, or use Service Quotas to request a service quota increase.",
            facts=(Fact(call.account, "requests in the template", len(template.requests)),),
        )
    asked = TemplateRequest(wanted.service, wanted.code, request["AwsRegion"], int(request["DesiredValue"]))
    template.requests[key] = asked
    saved(call, template)
    return {"ServiceQuotaIncreaseRequestInTemplate": _shown(call, asked)}


def get_service_quota_increase_request_from_template(call: Call, request: Request) -> dict[str, Any]:
    """Show an increase of the template."""
    return {"ServiceQuotaIncreaseRequestInTemplate": _shown(call, _present(own_template(call), request))}


def delete_service_quota_increase_request_from_template(call: Call, request: Request) -> dict[str, Any]:
    """Take an increase out of the template."""
    template = own_template(call)
    _present(template, request)
    del template.requests[_key(request)]
    saved(call, template)
    return {}


def list_service_quota_increase_requests_in_template(call: Call, request: Request) -> dict[str, Any]:
    """Show the increases of the template, of all services and regions or some."""
    service, region = request.get("ServiceCode"), request.get("AwsRegion")
    found = [
        _shown(call, each)
        for _, each in sorted(own_template(call).requests.items())
        if service in (None, each.service) and region in (None, each.region)
    ]
    return paging.page(request, "ServiceQuotaIncreaseRequestInTemplateList", found)


def _key(request: Request) -> str:
    return f"{request['AwsRegion']}/{request['ServiceCode']}/{request['QuotaCode']}"


def _present(template: Template, request: Request) -> TemplateRequest:
    found = template.requests.get(_key(request))
    if found is None:
        raise limits.no_resource(_key(request))
    return found


def _shown(call: Call, asked: TemplateRequest) -> dict[str, Any]:
    wanted = quota(call, asked.service, asked.code, asked.region)
    return {
        "ServiceCode": wanted.service,
        "ServiceName": wanted.service_name,
        "QuotaCode": wanted.code,
        "QuotaName": wanted.name,
        "DesiredValue": float(asked.desired),
        "AwsRegion": asked.region,
        "Unit": wanted.unit,
        "GlobalQuota": wanted.is_global,
    }
