"""CloudWatch's alarms as events.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.events.asking import asked
from foulweather.services.events.envelopes import iso

_TYPES = ["MetricAlarm", "CompositeAlarm"]


def detail_of(call: Call, told: Mapping[str, Any], at_ms: int) -> dict[str, Any]:
    """The detail of a state change: what the alarm was, what it is, why, and what it watches."""
    name: str = told["alarm"]
    state: dict[str, Any] = {"value": told["after"], "reason": told["reason"], "timestamp": _stamp(at_ms)}
    previous: dict[str, Any] = {"value": told["before"]}
    history = asked(
        call,
        "cloudwatch",
        "DescribeAlarmHistory",
        {"AlarmName": name, "HistoryItemType": "StateUpdate", "AlarmTypes": _TYPES, "EndDate": at_ms + 1},
    )
    for item in history["AlarmHistoryItems"][:1]:
        changed: dict[str, Any] = json.loads(item["HistoryData"])
        _add_reasons(state, changed.get("newState") or {})
        _add_reasons(previous, changed.get("oldState") or {})
    detail: dict[str, Any] = {"alarmName": name, "state": state, "previousState": previous}
    alarms = asked(call, "cloudwatch", "DescribeAlarms", {"AlarmNames": [name], "AlarmTypes": _TYPES})
    found: list[Mapping[str, Any]] = [*(alarms.get("MetricAlarms") or ()), *(alarms.get("CompositeAlarms") or ())]
    for alarm in found:
        detail["configuration"] = _configuration(call, alarm)
    return detail


def _add_reasons(to: dict[str, Any], held: Mapping[str, Any]) -> None:
    if held.get("stateReason"):
        to["reason"] = held["stateReason"]
    data = held.get("stateReasonData")
    if data:
        to["reasonData"] = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))


def _configuration(call: Call, alarm: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if alarm.get("AlarmDescription"):
        told["description"] = alarm["AlarmDescription"]
    if alarm.get("AlarmRule"):
        return {**told, "alarmRule": alarm["AlarmRule"]}
    queries: list[Mapping[str, Any]] = alarm.get("Metrics") or []
    if queries:
        return {**told, "metrics": [_query(query) for query in queries]}
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    metric = {"id": call.world.ids.uuid(), "metricStat": _stat(alarm, alarm["Period"], statistic), "returnData": True}
    return {**told, "metrics": [metric]}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": query["Id"]}
    if query.get("Expression"):
        told["expression"] = query["Expression"]
    stat: Mapping[str, Any] | None = query.get("MetricStat")
    if stat:
        told["metricStat"] = _stat(stat["Metric"], stat["Period"], stat["Stat"])
    if query.get("Label"):
        told["label"] = query["Label"]
    return {**told, "returnData": query.get("ReturnData", True)}


def _stat(metric: Mapping[str, Any], period_s: int, statistic: str | None) -> dict[str, Any]:
    dimensions: list[dict[str, str]] = metric.get("Dimensions") or []
    named = {
        "namespace": metric["Namespace"],
        "name": metric["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in dimensions},
    }
    return {"metric": named, "period": period_s, "stat": statistic}


def _stamp(ms: int) -> str:
    return f"{iso(ms)[:-1]}.{ms % 1000:03d}+0000"
