"""GetComplianceSummary: how many resources of an organization are not as its tag policies want them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.tag_policies import compliance, rules_for
from foulweather.kernel.tagging import tagging_of
from foulweather.services.resourcegroupstaggingapi import limits, paging
from foulweather.services.resourcegroupstaggingapi.found import is_of_type, regions_of, tagged
from foulweather.services.resourcegroupstaggingapi.organization import governed
from foulweather.services.resourcegroupstaggingapi.times import iso


def get_compliance_summary(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Count what is noncompliant, by account, region or type as asked; AWS counts once a day, this counts now."""
    guardrails = governed(call)
    kinds = tagging_of(call.pipeline.services)
    by: Sequence[str] = request.get("GroupBy", ())
    counts: Counter[tuple[str, str, str]] = Counter()
    for account in _asked(request, "TargetIdFilters", guardrails.members(call.account)):
        rules = rules_for(call, account)
        for region in _asked(request, "RegionFilters", regions_of(call.world, account)):
            for each in tagged(call, account, region):
                types: Sequence[str] = request.get("ResourceTypeFilters", ())
                keys: Sequence[str] = request.get("TagKeyFilters", ())
                if types and not any(is_of_type(each, asked, kinds) for asked in types):
                    continue
                if keys and not any(key in each.tags for key in keys):
                    continue
                if compliance(each.tags, rules).is_compliant:
                    continue
                group = (
                    account if "TARGET_ID" in by else "",
                    region if "REGION" in by else "",
                    each.kind if "RESOURCE_TYPE" in by else "",
                )
                counts[group] += 1
    rows = [_row(call, group, count) for group, count in sorted(counts.items())]
    start = paging.start(call, request.get("PaginationToken"))
    end = start + request.get("MaxResults", limits.SUMMARIES_PAGE)
    response: dict[str, Any] = {"SummaryList": rows[start:end]}
    if following := paging.token(call, end, len(rows)):
        response["PaginationToken"] = following
    return response


def _asked(request: Mapping[str, Any], member: str, there: list[str]) -> list[str]:
    wanted: Sequence[str] = request.get(member, there)
    return [each for each in there if each in wanted]


def _row(call: Call, group: tuple[str, str, str], count: int) -> dict[str, Any]:
    account, region, kind = group
    row: dict[str, Any] = {"LastUpdated": iso(call.now), "NonCompliantResources": count}
    if account:
        row |= {"TargetId": account, "TargetIdType": "ACCOUNT"}
    if region:
        row["Region"] = region
    if kind:
        row["ResourceType"] = kind
    return row
