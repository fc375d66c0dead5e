"""GetResources: the resources of an account and region by their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.tag_policies import Compliance, compliance, rules_for
from foulweather.kernel.tagging import tagging_of
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroupstaggingapi import limits, paging
from foulweather.services.resourcegroupstaggingapi.found import Tagged, is_of_type, tagged

Request = Mapping[str, Any]


def get_resources(call: Call, request: Request) -> dict[str, Any]:
    """Show the resources that have tags, or had some."""
    _check_together(request)
    size = limits.checked_size(request, "ResourcesPerPage", 1, limits.RESOURCES_PAGE_MAX, limits.RESOURCES_PAGE)
    tags_max = limits.checked_size(
        request, "TagsPerPage", limits.TAGS_PAGE_MIN, limits.TAGS_PAGE_MAX, limits.TAGS_PAGE_MAX
    )
    for arn in request.get("ResourceARNList", ()):
        limits.checked_arn(arn)
    start = paging.start(call, request.get("PaginationToken"))
    found = _selected(call, request)
    rules = rules_for(call, call.account)
    if request.get("ExcludeCompliantResources"):
        found = [each for each in found if not compliance(each.tags, rules).is_compliant]
    page: list[dict[str, Any]] = []
    tags = 0
    for each in found[start : start + size]:
        # "A resource with no tags is counted as having one tag", and none is split across pages.
        tags += max(1, len(each.tags))
        if page and "TagsPerPage" in request and tags > tags_max:
            break
        shown = _shown(each)
        if request.get("IncludeComplianceDetails"):
            shown["ComplianceDetails"] = _details(compliance(each.tags, rules))
        page.append(shown)
    return {
        "PaginationToken": paging.token(call, start + len(page), len(found)),
        "ResourceTagMappingList": page,
    }


def _selected(call: Call, request: Request) -> list[Tagged]:
    kinds = tagging_of(call.pipeline.services)
    types: Sequence[str] = request.get("ResourceTypeFilters", ())
    filters: Sequence[Mapping[str, Any]] = request.get("TagFilters", ())
    arns: Sequence[str] = request.get("ResourceARNList", ())
    return [
        each
        for each in tagged(call, call.account, call.region)
        if (not types or any(is_of_type(each, asked, kinds) for asked in types))
        and (not arns or each.arn in arns)
        and all(_passes(each.tags, asked) for asked in filters)
    ]


def _passes(tags: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """One filter: any of its values will do, and without values the key."""
    value = tags.get(asked.get("Key", ""))
    values: Sequence[str] = asked.get("Values", ())
    return value is not None and (not values or value in values)


def _check_together(request: Request) -> None:
    """Refuse what cannot be asked for at once."""
    if "ResourceARNList" in request:
        for member in ("TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken"):
            if request.get(member):
                raise limits.invalid(
                    f"You can't specify both ResourceARNList and {member} in the same request.",
                    Fact("request", member, request[member]),
                )
    if request.get("ExcludeCompliantResources") and not request.get("IncludeComplianceDetails"):
        raise limits.invalid(
            "ExcludeCompliantResources can be used only if IncludeComplianceDetails is true.",
            Fact("request", "IncludeComplianceDetails", bool(request.get("IncludeComplianceDetails"))),
        )
    if len(request.get("ResourceTypeFilters", ())) > limits.TYPE_FILTERS_MAX:
        raise limits.invalid(f"ResourceTypeFilters can include up to {limits.TYPE_FILTERS_MAX} items.")
    for asked in request.get("TagFilters", ()):
        if not asked.get("Key"):
            raise limits.invalid("Each TagFilter must contain a key.", Fact("request", "TagFilters", dict(asked)))


def _details(found: Compliance) -> dict[str, Any]:
    """`ComplianceDetails`."""
    return {
        "NoncompliantKeys": found.keys,
        "KeysWithNoncompliantValues": found.values,
        "ComplianceStatus": found.is_compliant,
    }


def _shown(resource: Tagged) -> dict[str, Any]:
    listed = [{"Key": key, "Value": value} for key, value in sorted(resource.tags.items())]
    return {"ResourceARN": resource.arn, "Tags": listed}
