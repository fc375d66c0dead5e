"""What each operation needs permission for; the services whose resources are tagged ask for theirs besides.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource
from foulweather.services.resourcegroupstaggingapi import limits


def everything(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """`*`: none of the actions supports resource-level permissions. The model's constraints come before permission."""
    limits.check_model(call, request)
    return (Resource("*", call.account),)


ACCESS: dict[str, Access] = {
    **{
        name: Access(f"tag:{name}", everything, is_read=True)
        for name in ("DescribeReportCreation", "GetComplianceSummary", "GetResources", "GetTagKeys", "GetTagValues")
    },
    **{name: Access(f"tag:{name}", everything) for name in ("StartReportCreation", "TagResources", "UntagResources")},
}
