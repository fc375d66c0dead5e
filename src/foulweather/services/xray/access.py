"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec.json import decode, encode

from foulweather.kernel.call import Call
from foulweather.kernel.sampling import Sampling
from foulweather.kernel.service import NO_TAGS, Access, Permission, Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.xray.state import XrayState

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]


def _all(call: Call, request: Request) -> Sequence[Resource]:
    """Traces have no ARNs; the account's resource policies are for all of them."""
    return (Resource("*", call.account, _policies(call)),)


def _policies(call: Call) -> Held | None:
    """The resource policies as one."""
    state = call.state(XrayState)
    if not state.policies:
        return None
    key = tuple((each.name, each.revision) for each in state.policies.values())
    if state.held is None or state.held[0] != key:
        statements: list[Any] = []
        for each in state.policies.values():
            written: Any = decode(each.document)["Statement"]
            statements += cast("list[Any]", written) if isinstance(written, list) else [written]
        whole = encode({"Version": "2012-10-17", "Statement": statements}).decode()
        state.held = key, Held(call.arn("xray", "resource-policy"), "resource", parse(whole, "resource"))
    return state.held[1]


def _group(call: Call, request: Request) -> Sequence[Resource]:
    arn, name = request.get("GroupARN") or "", request.get("GroupName") or ""
    groups = call.state(XrayState).groups
    for group in groups.values():
        if group.arn == arn or group.name == name:
            return (Resource(group.arn, call.account, None, group.tags),)
    return (Resource(arn or call.arn("xray", f"group/{name or '*'}/*"), call.account),)


def _rule(call: Call, request: Request) -> Sequence[Resource]:
    asked: Request = request.get("SamplingRule") or request.get("SamplingRuleUpdate") or request
    arn = asked.get("RuleARN") or call.arn("xray", f"sampling-rule/{asked.get('RuleName') or '*'}")
    rule = call.state(Sampling).rules.get(arn.rpartition("/")[2])
    return (Resource(arn, call.account, None, NO_TAGS if rule is None else rule.tags),)


def _tagged(call: Call, request: Request) -> Sequence[Resource]:
    arn = request.get("ResourceARN") or "*"
    if ":sampling-rule/" in arn:
        return _rule(call, {"RuleARN": arn})
    return _group(call, {"GroupARN": arn})


def _tagging(call: Call, request: Request) -> Keys:
    tags: list[Request] = request.get("Tags") or []
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": [tag["Key"] for tag in tags]}
    return keys | {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}


def _untagging(call: Call, request: Request) -> Keys:
    return {"aws:tagkeys": list(request.get("TagKeys") or [])}


def _also_tags(resources: Any) -> Any:
    def also(call: Call, request: Request) -> Sequence[Permission]:
        if not request.get("Tags"):
            return ()
        return (Permission("xray:TagResource", resources(call, request)[0], _tagging(call, request)),)

    return also


ACCESS: dict[str, Access] = {
    "BatchGetTraces": Access("xray:BatchGetTraces", _all, is_read=True),
    "CreateGroup": Access("xray:CreateGroup", _group, _tagging, _also_tags(_group)),
    "CreateSamplingRule": Access("xray:CreateSamplingRule", _rule, _tagging, _also_tags(_rule)),
    "DeleteGroup": Access("xray:DeleteGroup", _group),
    "DeleteResourcePolicy": Access("xray:DeleteResourcePolicy", _all),
    "DeleteSamplingRule": Access("xray:DeleteSamplingRule", _rule),
    "GetEncryptionConfig": Access("xray:GetEncryptionConfig", is_read=True),
    "GetGroup": Access("xray:GetGroup", _group, is_read=True),
    "GetGroups": Access("xray:GetGroups", is_read=True),
    "GetSamplingRules": Access("xray:GetSamplingRules", _all, is_read=True, is_data=True),
    "GetSamplingStatisticSummaries": Access("xray:GetSamplingStatisticSummaries", is_read=True, is_data=True),
    "GetSamplingTargets": Access("xray:GetSamplingTargets", _all, is_read=True, is_data=True),
    "GetServiceGraph": Access("xray:GetServiceGraph", _all, is_read=True),
    "GetTimeSeriesServiceStatistics": Access("xray:GetTimeSeriesServiceStatistics", _all, is_read=True),
    "GetTraceGraph": Access("xray:GetTraceGraph", _all, is_read=True),
    "GetTraceSegmentDestination": Access("xray:GetTraceSegmentDestination", is_read=True),
    "GetTraceSummaries": Access("xray:GetTraceSummaries", _all, is_read=True),
    "ListResourcePolicies": Access("xray:ListResourcePolicies", is_read=True),
    "ListTagsForResource": Access("xray:ListTagsForResource", _tagged, is_read=True),
    "PutEncryptionConfig": Access("xray:PutEncryptionConfig"),
    "PutResourcePolicy": Access("xray:PutResourcePolicy", _all),
    "PutTelemetryRecords": Access("xray:PutTelemetryRecords", _all, is_data=True),
    "PutTraceSegments": Access("xray:PutTraceSegments", _all, is_data=True),
    "TagResource": Access("xray:TagResource", _tagged, _tagging),
    "UntagResource": Access("xray:UntagResource", _tagged, _untagging),
    "UpdateGroup": Access("xray:UpdateGroup", _group),
    "UpdateSamplingRule": Access("xray:UpdateSamplingRule", _rule),
    "UpdateTraceSegmentDestination": Access("xray:UpdateTraceSegmentDestination"),
}
