"""What is told of alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import composites, limits, paging, refusals
from foulweather.services.cloudwatch.records import Alarm, Composite
from foulweather.services.cloudwatch.state import WatchState

Request = Mapping[str, Any]
_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")


def describe_alarms(call: Call, request: Request) -> dict[str, Any]:
    """Alarms by name, prefix, state, action, or by their place in a tree; metric alarms unless types are given."""
    limits.check_model(call, request)
    state = call.state(WatchState)
    types: list[str] = request.get("AlarmTypes") or ["MetricAlarm"]
    names: list[str] | None = request.get("AlarmNames")
    if names and request.get("AlarmNamePrefix"):
        raise refusals.validation("AlarmNames and AlarmNamePrefix are mutually exclusive.")
    children, parents = request.get("ChildrenOfAlarmName"), request.get("ParentsOfAlarmName")
    if children or parents:
        if len([name for name in request if name not in ("MaxRecords", "NextToken")]) > 1:
            raise refusals.validation(
                "ChildrenOfAlarmName and ParentsOfAlarmName cannot be combined with other parameters but MaxRecords "
                "and NextToken."
            )
        return _tree(state, request, children, parents)
    found: list[Alarm] = [
        alarm
        for alarm in [*state.composites.values(), *state.alarms.values()]
        if _matches(alarm, request, names, types)
    ]
    found.sort(key=lambda alarm: (not alarm.is_composite, alarm.name))
    listed, token = paging.page(found, request.get("NextToken"), request.get("MaxRecords") or limits.ALARMS_A_PAGE)
    return _answer(listed, token)


def _matches(alarm: Alarm, request: Request, names: list[str] | None, types: list[str]) -> bool:
    prefix: str = request.get("AlarmNamePrefix") or ""
    action: str = request.get("ActionPrefix") or ""
    return (
        ("CompositeAlarm" if alarm.is_composite else "MetricAlarm") in types
        and (not names or alarm.name in names)
        and alarm.name.startswith(prefix)
        and request.get("StateValue") in (None, alarm.value)
        and (not action or _acts_on(alarm, action))
    )


def _acts_on(alarm: Alarm, prefix: str) -> bool:
    lists: list[list[str]] = [alarm.config.get(each) or [] for each in _LISTS]
    return any(arn.startswith(prefix) for actions in lists for arn in actions)


def _tree(state: WatchState, request: Request, children: str | None, parents: str | None) -> dict[str, Any]:
    name = composites.name_of(children or parents or "")
    if state.alarm(name) is None:
        raise refusals.no_alarm(name)
    if children:
        composite = state.composites.get(name)
        names = composites.children(composite) if composite is not None else []
        found = [alarm for each in names if (alarm := state.alarm(each)) is not None]
    else:
        found = [each for each in state.composites.values() if name in composites.children(each)]
    listed, token = paging.page(found, request.get("NextToken"), request.get("MaxRecords") or limits.ALARMS_A_PAGE)
    brief = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp", "ActionsSuppressedBy")
    whole = _answer(listed, token)
    for member in ("MetricAlarms", "CompositeAlarms"):
        whole[member] = [{key: value for key, value in each.items() if key in brief} for each in whole[member]]
    return whole


def _answer(alarms: list[Alarm], token: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "CompositeAlarms": [_shown(alarm) for alarm in alarms if alarm.is_composite],
        "MetricAlarms": [_shown(alarm) for alarm in alarms if not alarm.is_composite],
    }
    if token is not None:
        answer["NextToken"] = token
    return answer


def describe_alarms_for_metric(call: Call, request: Request) -> dict[str, Any]:
    """The alarms on one metric."""
    limits.check_model(call, request)
    asked: list[dict[str, str]] = request.get("Dimensions") or []
    wanted = sorted((each["Name"], each["Value"]) for each in asked)
    found: list[dict[str, Any]] = []
    for alarm in call.state(WatchState).alarms.values():
        config = alarm.config
        given: list[dict[str, str]] = config.get("Dimensions") or []
        if (
            config.get("Namespace") == request["Namespace"]
            and config.get("MetricName") == request["MetricName"]
            and sorted((each["Name"], each["Value"]) for each in given) == wanted
            and all(
                request.get(name) in (None, config.get(name))
                for name in ("Statistic", "ExtendedStatistic", "Period", "Unit")
            )
        ):
            found.append(_shown(alarm))
    return {"MetricAlarms": found}


def describe_alarm_history(call: Call, request: Request) -> dict[str, Any]:
    """What happened to alarms, the latest first unless told otherwise."""
    limits.check_model(call, request)
    types: list[str] = request.get("AlarmTypes") or ["MetricAlarm"]
    start_ms, end_ms = request.get("StartDate", 0), request.get("EndDate", call.now + 1)
    items = [
        item
        for item in call.state(WatchState).history.values()
        if request.get("AlarmName") in (None, item.alarm)
        and item.alarm_type in types
        and request.get("HistoryItemType") in (None, item.kind)
        and start_ms <= item.at_ms <= end_ms
        and item.at_ms >= call.now - limits.HISTORY_MS
    ]
    if request.get("ScanBy") != "TimestampAscending":
        items.reverse()
    listed, token = paging.page(items, request.get("NextToken"), request.get("MaxRecords") or limits.ALARMS_A_PAGE)
    told = [
        {
            "AlarmName": item.alarm,
            "AlarmType": item.alarm_type,
            "Timestamp": item.at_ms,
            "HistoryItemType": item.kind,
            "HistorySummary": item.summary,
            "HistoryData": item.data,
        }
        for item in listed
    ]
    return {"AlarmHistoryItems": told, **({"NextToken": token} if token is not None else {})}


def _shown(alarm: Alarm) -> dict[str, Any]:
    """An alarm as the API tells it."""
    told: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_ms,
        "ActionsEnabled": alarm.is_enabled,
        **{name: alarm.config.get(name) or [] for name in _LISTS},
        "StateValue": alarm.value,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated_ms,
        "StateTransitionedTimestamp": alarm.transitioned_ms,
    }
    if alarm.reason_data:
        told["StateReasonData"] = alarm.reason_data
    for name, value in alarm.config.items():
        told.setdefault(name, value)
    if isinstance(alarm, Composite):
        if alarm.suppressed_by:
            told["ActionsSuppressedBy"] = alarm.suppressed_by
            told["ActionsSuppressedReason"] = alarm.suppressed_reason
        return told
    if not told.get("Metrics"):
        told.setdefault("Dimensions", [])
    return told
