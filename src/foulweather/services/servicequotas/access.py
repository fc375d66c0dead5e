"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource, everything
from foulweather.services.servicequotas.known import arn_of, known
from foulweather.services.servicequotas.state import QuotasState

Request = Mapping[str, Any]
Values = Mapping[str, str | list[str]]


def quota(call: Call, request: Request) -> Sequence[Resource]:
    """The quota that a request is about."""
    service, code = request["ServiceCode"], request["QuotaCode"]
    region = request.get("AwsRegion", call.region)
    found = known(call, region).get((service, code))
    arn = f"arn:aws:servicequotas:{region}:{call.account}:{service}/{code}"
    if found is not None:
        arn = arn_of(found, call.account, region)
    return (_resource(call, arn),)


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """The quota that ResourceARN names."""
    return (_resource(call, request["ResourceARN"]),)


def of_service(call: Call, request: Request) -> Values:
    """`servicequotas:service`."""
    return {"servicequotas:service": request["ServiceCode"]} if "ServiceCode" in request else {}


def given_tags(call: Call, request: Request) -> Values:
    """The tags that a request would set, or the keys that it would remove."""
    tags: Sequence[Mapping[str, str]] = request.get("Tags", ())
    values: dict[str, str | list[str]] = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
    values["aws:tagkeys"] = [tag["Key"] for tag in tags] or list(request.get("TagKeys", ()))
    return values


def _resource(call: Call, arn: str) -> Resource:
    found = call.state(QuotasState).tags.get(arn)
    return Resource(arn, call.account, None, found.tags if found is not None else {})


ACCESS: dict[str, Access] = {
    **{
        name: Access(f"servicequotas:{name}", everything, is_read=True)
        for name in (
            "GetAWSDefaultServiceQuota",
            "GetAssociationForServiceQuotaTemplate",
            "GetQuotaUtilizationReport",
            "GetRequestedServiceQuotaChange",
            "GetServiceQuota",
            "GetServiceQuotaIncreaseRequestFromTemplate",
            "ListAWSDefaultServiceQuotas",
            "ListRequestedServiceQuotaChangeHistory",
            "ListRequestedServiceQuotaChangeHistoryByQuota",
            "ListServiceQuotaIncreaseRequestsInTemplate",
            "ListServiceQuotas",
            "ListServices",
        )
    },
    **{
        name: Access(f"servicequotas:{name}", everything)
        for name in (
            "AssociateServiceQuotaTemplate",
            "CreateSupportCase",
            "DeleteServiceQuotaIncreaseRequestFromTemplate",
            "DisassociateServiceQuotaTemplate",
            "StartQuotaUtilizationReport",
        )
    },
    **{
        name: Access(f"servicequotas:{name}", quota, of_service)
        for name in ("PutServiceQuotaIncreaseRequestIntoTemplate", "RequestServiceQuotaIncrease")
    },
    "ListTagsForResource": Access("servicequotas:ListTagsForResource", tagged, is_read=True),
    "TagResource": Access("servicequotas:TagResource", tagged, given_tags),
    "UntagResource": Access("servicequotas:UntagResource", tagged, given_tags),
}
