"""Alarms whose actions are held back in the windows of alarm mute rules.

Their states go on changing. When the last rule's window is over, an alarm that is in another state than before it was
muted acts; one that came back to its state does not.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules-behaviour.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foulweather.kernel import cron
from foulweather.kernel.call import Call
from foulweather.kernel.why import Why
from foulweather.services.cloudwatch import history
from foulweather.services.cloudwatch.records import Alarm, MuteRule
from foulweather.services.cloudwatch.state import WatchState

MINUTE_MS = 60_000
DAY_MS = 86_400_000
DURATION_MAX_MS = 15 * DAY_MS
_CRON = re.compile(r"cron\(([^()]*)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)")
_FIELD = re.compile(r"[0-9A-Z*,-]+")
_DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?)?")


class ScheduleFault(Exception):
    """A schedule that AWS would not take."""


Starts = tuple[cron.Cron | cron.At, ...]
"""When windows begin: where both kinds of days are named, on days of either kind."""


@lru_cache(maxsize=256)
def read(expression: str) -> Starts:
    """When a rule's windows begin: `cron(minutes hours day-of-month month day-of-week)`, or `at(yyyy-MM-ddThh:mm)`."""
    if found := _AT.fullmatch(expression):
        try:
            return (cron.At(datetime.fromisoformat(found[1])),)
        except ValueError:
            raise ScheduleFault(f"{found[1]} is no time") from None
    found = _CRON.fullmatch(expression)
    if found is None:
        raise ScheduleFault("it must be cron(fields) or at(yyyy-MM-ddThh:mm)")
    fields = found[1].upper().split()
    if len(fields) != 5:
        raise ScheduleFault(f"a cron expression has 5 fields, this one has {len(fields)}")
    if not all(_FIELD.fullmatch(field) for field in fields):
        raise ScheduleFault("fields are made of numbers, names, '*', '-' and ','")
    minute, hour, day, month, weekday = fields
    texts: list[str] = []
    if weekday == "*" or day != "*":
        texts.append(f"{minute} {hour} {day} {month} ? *")
    if weekday != "*":
        texts.append(f"{minute} {hour} ? {month} {_shifted(weekday)} *")
    try:
        return tuple(cron.Cron(text) for text in texts)
    except cron.CronError as error:
        raise ScheduleFault(str(error)) from None


def _shifted(weekday: str) -> str:
    """Days of the week counted from 0 for Sunday, 7 too, as those who count from 1 write them."""

    def shift(found: re.Match[str]) -> str:
        if int(found[0]) > 7:
            raise ScheduleFault(f"{found[0]} is no day of the week")
        return str(int(found[0]) % 7 + 1)

    return re.sub(r"\d+", shift, weekday)


def duration_ms(text: str) -> int:
    """How long a window is: from PT1M to P15D."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ScheduleFault("it must be an ISO 8601 duration of days, hours and minutes")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    whole_ms = days * DAY_MS + hours * 60 * MINUTE_MS + minutes * MINUTE_MS
    if not MINUTE_MS <= whole_ms <= DURATION_MAX_MS:
        raise ScheduleFault("it must be from PT1M to P15D")
    return whole_ms


def zone(name: str) -> tzinfo:
    """A time zone; without a name it is UTC."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleFault(f"{name} is no time zone") from None


def _next_ms(rule: MuteRule, after_ms: int) -> int | None:
    """When a window begins next."""
    found = [cron.next_ms(each, after_ms, begins_ms=0, zone=zone(rule.timezone)) for each in read(rule.expression)]
    return min((each for each in found if each is not None), default=None)


def ends_ms(rule: MuteRule, now_ms: int) -> int | None:
    """When the window ends that a time is in; None outside of windows."""
    if now_ms < rule.start_ms or (rule.expire_ms and now_ms >= rule.expire_ms):
        return None
    lasts_ms = duration_ms(rule.duration)
    begins_ms = _next_ms(rule, now_ms - lasts_ms)
    if begins_ms is None or begins_ms > now_ms:
        return None
    return min(begins_ms + lasts_ms, rule.expire_ms or begins_ms + lasts_ms)


def status(rule: MuteRule, now_ms: int) -> str:
    """SCHEDULED, ACTIVE or EXPIRED."""
    if ends_ms(rule, now_ms) is not None:
        return "ACTIVE"
    is_over = bool(rule.expire_ms) and now_ms >= rule.expire_ms
    return "EXPIRED" if is_over or _next_ms(rule, max(now_ms, rule.start_ms - 1)) is None else "SCHEDULED"


# --- what it does to alarms


def muted_by(state: WatchState, alarm: Alarm, now_ms: int) -> tuple[MuteRule, int] | None:
    """The rule that holds an alarm's actions back now, and when its window ends."""
    for rule in state.mute_rules.values():
        if alarm.name in rule.alarms and (until_ms := ends_ms(rule, now_ms)) is not None:
            return rule, until_ms
    return None


def is_held(call: Call, alarm: Alarm, before: str) -> bool:
    """Whether an alarm that is about to act is muted: it is looked at anew when the window ends."""
    state = call.state(WatchState)
    found = muted_by(state, alarm, call.now)
    if found is None:
        return False
    rule, until_ms = found
    if not alarm.muted_from:
        alarm.muted_from = before
    state.touch(alarm)
    data = {"actionState": "Muted", "alarmMuteRule": rule.arn}
    history.note(call, alarm, "Action", f'Actions of alarm "{alarm.name}" are muted by {rule.name}', data)
    cause = f"The actions of {alarm.name} are muted by the alarm mute rule {rule.name}."
    facts = (
        call.fact(rule.arn, "Schedule", {"Expression": rule.expression, "Duration": rule.duration}),
        call.fact(rule.arn, "AlarmNames", rule.alarms),
    )
    remedy = f"aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name {rule.name}"
    call.explain("AlarmAction", alarm.arn, Why("delayed", cause, facts, (remedy,)))
    call.later(until_ms, "cloudwatch.unmute", alarm=alarm.name)
    return True


def review(call: Call, name: str) -> None:
    """Let an alarm act that no rule mutes any more, if it is in another state than before it was muted."""
    from foulweather.services.cloudwatch import states

    state = call.state(WatchState)
    alarm = state.alarm(name)
    if alarm is None or not alarm.muted_from:
        return
    found = muted_by(state, alarm, call.now)
    if found is not None:
        call.later(found[1], "cloudwatch.unmute", alarm=name)
        return
    before, alarm.muted_from = alarm.muted_from, ""
    state.touch(alarm)
    if alarm.value != before:
        states.act(call, alarm, before)


def review_all(call: Call) -> None:
    """Look at every muted alarm anew, for the rules have changed."""
    state = call.state(WatchState)
    for alarm in (*state.alarms.values(), *state.composites.values()):
        if alarm.muted_from:
            call.later(call.now, "cloudwatch.unmute", alarm=alarm.name)
