"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource, Resources
from foulweather.services.cloudwatch import streaming
from foulweather.services.cloudwatch.state import DashboardState, WatchState


def _alarm(call: Call, name: str) -> Resource:
    found = call.state(WatchState).alarm(name)
    arn = call.arn("cloudwatch", f"alarm:{name}")
    return Resource(arn, call.account) if found is None else Resource(arn, call.account, None, found.tags)


def alarm_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The alarm of AlarmName."""
    return (_alarm(call, request.get("AlarmName") or ""),)


def alarms_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The alarms of AlarmNames; without names, all of them."""
    names: list[str] = request.get("AlarmNames") or []
    return [_alarm(call, name) for name in names] or (Resource(call.arn("cloudwatch", "alarm:*"), call.account),)


def history_of(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The alarm whose history is asked for, or all."""
    return (_alarm(call, request.get("AlarmName") or "*"),)


def _dashboard(call: Call, name: str) -> Resource:
    found = call.state(DashboardState).dashboards.get(name)
    arn = f"arn:aws:cloudwatch::{call.account}:dashboard/{name}"
    return Resource(arn, call.account, None, {} if found is None else found.tags)


def dashboard_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The dashboard of DashboardName."""
    return (_dashboard(call, request.get("DashboardName") or ""),)


def dashboards_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The dashboards of DashboardNames."""
    return [_dashboard(call, name) for name in request.get("DashboardNames") or [""]]


def tagged(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The resource of ResourceARN."""
    arn: str = request.get("ResourceARN") or ""
    if ":alarm:" in arn:
        return (_alarm(call, arn.partition(":alarm:")[2])._replace(arn=arn),)
    if ":dashboard/" in arn:
        return (_dashboard(call, arn.partition(":dashboard/")[2])._replace(arn=arn),)
    if ":insight-rule/" in arn:
        return (_rule(call, arn.partition(":insight-rule/")[2])._replace(arn=arn),)
    if ":alarm-mute-rule:" in arn:
        return (_mute_rule(call, arn.partition(":alarm-mute-rule:")[2])._replace(arn=arn),)
    if ":metric-stream/" in arn:
        return (_stream(call, arn.partition(":metric-stream/")[2])._replace(arn=arn),)
    return (Resource(arn, call.account),)


def _mute_rule(call: Call, name: str) -> Resource:
    found = call.state(WatchState).mute_rules.get(name)
    return Resource(call.arn("cloudwatch", f"alarm-mute-rule:{name}"), call.account, None, found.tags if found else {})


def mute_rule_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The mute rule of AlarmMuteRuleName."""
    return (_mute_rule(call, request.get("AlarmMuteRuleName") or ""),)


def mute_rule_and_alarms(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The mute rule of Name, and each alarm that it is to mute: the permission is needed on all of them."""
    targets: Mapping[str, list[str]] = request.get("MuteTargets") or {}
    alarms = [_alarm(call, name) for name in targets.get("AlarmNames") or ()]
    return (_mute_rule(call, request.get("Name") or ""), *alarms)


def _stream(call: Call, name: str) -> Resource:
    found = call.state(WatchState).metric_streams.get(name)
    return Resource(call.arn("cloudwatch", f"metric-stream/{name}"), call.account, None, found.tags if found else {})


def stream_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The metric stream of Name."""
    return (_stream(call, request.get("Name") or ""),)


def streams_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The metric streams of Names."""
    return [_stream(call, name) for name in request.get("Names") or [""]]


def passing(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """iam:PassRole on the role that a metric stream is given."""
    role: str = request.get("RoleArn") or ""
    if role.count(":") < 5:
        return ()
    passed = Resource(role, role.split(":")[4])
    return (Permission("iam:PassRole", passed, {"iam:passedtoservice": streaming.PRINCIPAL}),)


def _rule(call: Call, name: str) -> Resource:
    found = call.state(WatchState).insight_rules.get(name)
    return Resource(call.arn("cloudwatch", f"insight-rule/{name}"), call.account, None, found.tags if found else {})


def rule_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The Contributor Insights rule of RuleName."""
    return (_rule(call, request.get("RuleName") or ""),)


def rules_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The Contributor Insights rules of RuleNames."""
    return [_rule(call, name) for name in request.get("RuleNames") or [""]]


def given_tags(call: Call, request: Mapping[str, Any]) -> Mapping[str, str | list[str]]:
    """The tags that a request would set, or whose keys it would remove."""
    tags: list[dict[str, str]] = request.get("Tags") or []
    keys: list[str] = request.get("TagKeys") or [tag["Key"] for tag in tags]
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
    if keys:
        conditions["aws:tagkeys"] = keys
    return conditions


def alarm_given(call: Call, request: Mapping[str, Any]) -> Mapping[str, str | list[str]]:
    """The alarm's actions and tags."""
    actions = [
        arn for name in ("AlarmActions", "OKActions", "InsufficientDataActions") for arn in request.get(name, [])
    ]
    conditions = dict(given_tags(call, request))
    if actions:
        conditions["cloudwatch:alarmactions"] = actions
    return conditions


def namespace_given(call: Call, request: Mapping[str, Any]) -> Mapping[str, str | list[str]]:
    """The namespace that is published to."""
    return {"cloudwatch:namespace": request.get("Namespace") or ""}


def _row(action: str, resources: Resources | None = None, **given: Any) -> Access:
    return Access(f"cloudwatch:{action}", **({} if resources is None else {"resources": resources}), **given)


ACCESS: dict[str, Access] = {
    "DeleteAlarms": _row("DeleteAlarms", alarms_named),
    "DeleteAnomalyDetector": _row("DeleteAnomalyDetector"),
    "DeleteDashboards": _row("DeleteDashboards", dashboards_named),
    "DeleteInsightRules": _row("DeleteInsightRules", rules_named),
    "DescribeInsightRules": _row("DescribeInsightRules", is_read=True),
    "DisableInsightRules": _row("DisableInsightRules", rules_named),
    "EnableInsightRules": _row("EnableInsightRules", rules_named),
    "GetInsightRuleReport": _row("GetInsightRuleReport", rule_named, is_read=True),
    "GetMetricWidgetImage": _row("GetMetricWidgetImage", is_read=True),
    "PutInsightRule": _row("PutInsightRule", rule_named, conditions=given_tags),
    "DeleteAlarmMuteRule": _row("DeleteAlarmMuteRule", mute_rule_named),
    "GetAlarmMuteRule": _row("GetAlarmMuteRule", mute_rule_named, is_read=True),
    "ListAlarmMuteRules": _row("ListAlarmMuteRules", is_read=True),
    "PutAlarmMuteRule": _row("PutAlarmMuteRule", mute_rule_and_alarms, conditions=given_tags),
    "DeleteMetricStream": _row("DeleteMetricStream", stream_named),
    "GetMetricStream": _row("GetMetricStream", stream_named, is_read=True),
    "ListMetricStreams": _row("ListMetricStreams", is_read=True),
    "PutMetricStream": _row("PutMetricStream", stream_named, conditions=given_tags, also=passing),
    "StartMetricStreams": _row("StartMetricStreams", streams_named),
    "StopMetricStreams": _row("StopMetricStreams", streams_named),
    "DescribeAlarmHistory": _row("DescribeAlarmHistory", history_of, is_read=True),
    "DescribeAlarms": _row("DescribeAlarms", alarms_named, is_read=True),
    "DescribeAlarmsForMetric": _row("DescribeAlarmsForMetric", is_read=True),
    "DescribeAnomalyDetectors": _row("DescribeAnomalyDetectors", is_read=True),
    "DisableAlarmActions": _row("DisableAlarmActions", alarms_named),
    "EnableAlarmActions": _row("EnableAlarmActions", alarms_named),
    "GetDashboard": _row("GetDashboard", dashboard_named, is_read=True),
    "GetMetricData": _row("GetMetricData", is_read=True, is_data=True),
    "GetMetricStatistics": _row("GetMetricStatistics", is_read=True, is_data=True),
    "ListDashboards": _row("ListDashboards", is_read=True),
    "ListMetrics": _row("ListMetrics", is_read=True, is_data=True),
    "ListTagsForResource": _row("ListTagsForResource", tagged, is_read=True),
    "PutAnomalyDetector": _row("PutAnomalyDetector"),
    "PutCompositeAlarm": _row("PutCompositeAlarm", alarm_named, conditions=alarm_given),
    "PutDashboard": _row("PutDashboard", dashboard_named, conditions=given_tags),
    "PutMetricAlarm": _row("PutMetricAlarm", alarm_named, conditions=alarm_given),
    "PutMetricData": _row("PutMetricData", conditions=namespace_given, is_data=True),
    "SetAlarmState": _row("SetAlarmState", alarm_named),
    "TagResource": _row("TagResource", tagged, conditions=given_tags),
    "UntagResource": _row("UntagResource", tagged, conditions=given_tags),
}
