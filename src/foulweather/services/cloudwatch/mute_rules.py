"""Alarm mute rules made, changed, listed and deleted; `muting` is what they do.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.cloudwatch import limits, muting, paging, refusals, tagging
from foulweather.services.cloudwatch.records import MuteRule
from foulweather.services.cloudwatch.state import WatchState

Request = Mapping[str, Any]
RULES_A_PAGE = 50


def put_alarm_mute_rule(call: Call, request: Request) -> None:
    """Make a rule, or replace one; alarms that it held back and does not any more act."""
    limits.check_model(call, request)
    state, name = call.state(WatchState), request["Name"]
    schedule: dict[str, str] = request["Rule"]["Schedule"]
    _check_schedule(schedule)
    start_ms, expire_ms = request.get("StartDate", 0), request.get("ExpireDate", 0)
    if expire_ms and expire_ms <= max(start_ms, call.now):
        raise refusals.validation(
            "ExpireDate must be in the future and after StartDate.", StartDate=start_ms, ExpireDate=expire_ms
        )
    named: Mapping[str, list[str]] = request.get("MuteTargets") or {}
    targets = named.get("AlarmNames") or []
    for alarm in targets:
        # "The alarm names must match existing alarms in your Amazon Web Services account and region."
        if state.alarm(alarm) is None:
            raise refusals.validation(f"Alarm {alarm} does not exist.", AlarmNames=targets, missing=alarm)
    held = state.mute_rules.get(name)
    rule = MuteRule(
        name=name,
        arn=call.arn("cloudwatch", f"alarm-mute-rule:{name}"),
        expression=schedule["Expression"],
        duration=schedule["Duration"],
        timezone=schedule.get("Timezone") or "",
        description=request.get("Description") or "",
        alarms=list(dict.fromkeys(targets)),
        start_ms=start_ms,
        expire_ms=expire_ms,
        updated_ms=call.now,
        tags=tagging.given(request.get("Tags"), held.tags if held is not None else None),
    )
    state.mute_rules.put(name, rule)
    call.changed("cloudwatch.AlarmMuteRulePut", rule.arn, Schedule=schedule, AlarmNames=rule.alarms)
    muting.review_all(call)


def _check_schedule(schedule: Mapping[str, str]) -> None:
    try:
        muting.read(schedule["Expression"])
    except muting.ScheduleFault as fault:
        raise refusals.validation(
            f"The schedule expression is not valid: {fault}.", Expression=schedule["Expression"]
        ) from None
    try:
        muting.duration_ms(schedule["Duration"])
    except muting.ScheduleFault as fault:
        raise refusals.validation(f"The duration is not valid: {fault}.", Duration=schedule["Duration"]) from None
    try:
        muting.zone(schedule.get("Timezone") or "")
    except muting.ScheduleFault:
        timezone = schedule.get("Timezone")
        raise refusals.validation(f"The time zone {timezone} is not valid.", Timezone=timezone) from None


def get_alarm_mute_rule(call: Call, request: Request) -> dict[str, Any]:
    """A rule, and what it does now."""
    limits.check_model(call, request)
    name = request["AlarmMuteRuleName"]
    rule = call.state(WatchState).mute_rules.get(name)
    if rule is None:
        raise _no_resource("alarm-mute-rule", name, f"Alarm mute rule {name} does not exist.")
    schedule = {"Expression": rule.expression, "Duration": rule.duration}
    if rule.timezone:
        schedule["Timezone"] = rule.timezone
    told: dict[str, Any] = {"Name": rule.name, **_summary(call, rule), "Rule": {"Schedule": schedule}}
    if rule.description:
        told["Description"] = rule.description
    if rule.alarms:
        told["MuteTargets"] = {"AlarmNames": rule.alarms}
    if rule.start_ms:
        told["StartDate"] = rule.start_ms
    return told


def list_alarm_mute_rules(call: Call, request: Request) -> dict[str, Any]:
    """The rules of this place: all, those of an alarm, those of some statuses."""
    limits.check_model(call, request)
    state = call.state(WatchState)
    alarm, statuses = request.get("AlarmName"), request.get("Statuses")
    if alarm is not None and state.alarm(alarm) is None:
        raise _no_resource("alarm", alarm, f"Alarm {alarm} does not exist.")
    found = [
        rule
        for rule in sorted(state.mute_rules.values(), key=lambda rule: rule.name)
        if (alarm is None or alarm in rule.alarms) and (not statuses or muting.status(rule, call.now) in statuses)
    ]
    listed, token = paging.page(found, request.get("NextToken"), request.get("MaxRecords") or RULES_A_PAGE)
    answer: dict[str, Any] = {"AlarmMuteRuleSummaries": [_summary(call, rule) for rule in listed]}
    return answer if token is None else {**answer, "NextToken": token}


def delete_alarm_mute_rule(call: Call, request: Request) -> None:
    """Delete a rule; "if you delete a mute rule that does not exist, the operation succeeds"."""
    limits.check_model(call, request)
    state = call.state(WatchState)
    rule = state.mute_rules.get(request["AlarmMuteRuleName"])
    if rule is not None:
        state.mute_rules.delete(rule.name)
        call.changed("cloudwatch.AlarmMuteRuleDeleted", rule.arn, Schedule=None, AlarmNames=None)
        muting.review_all(call)


def _summary(call: Call, rule: MuteRule) -> dict[str, Any]:
    told: dict[str, Any] = {
        "AlarmMuteRuleArn": rule.arn,
        "Status": muting.status(rule, call.now),
        "MuteType": "ONE_TIME" if rule.expression.startswith("at(") else "RECURRING",
        "LastUpdatedTimestamp": rule.updated_ms,
    }
    return {**told, "ExpireDate": rule.expire_ms} if rule.expire_ms else told


def _no_resource(kind: str, name: str, message: str) -> AwsError:
    members = {"ResourceType": kind, "ResourceId": name}
    return AwsError("ResourceNotFoundException", message, 404, facts=refusals.facts(Name=name), members=members)
