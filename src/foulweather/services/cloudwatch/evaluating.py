"""Metric alarms by the clock: M out of N, missing data, low samples, bands.

Alarms of a minute or more are evaluated once a minute, half a minute after it; those of 10, 20 or 30 seconds every
ten seconds. While no alarm can change, nothing is on the agenda; what is counted or published wakes them.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.cloudwatch import measuring, muting, settling, silence, states, wording
from foulweather.services.cloudwatch.alarm_checks import period_of
from foulweather.services.cloudwatch.datapoints import NEVER_MS, Plan, Point, is_breaching, points_of, window_of
from foulweather.services.cloudwatch.records import Alarm, AlarmValue, Tick
from foulweather.services.cloudwatch.state import WatchState
from foulweather.world.world import World

MINUTE_MS = 60_000
DELAY_MS = 30_000
HIGH_MS = 10_000
NEXT = "next"


def schedule(call: Call, alarm: Alarm | None = None) -> None:
    """Have the alarms evaluated when the next one may be due; one that was set is looked at anew."""
    state = call.state(WatchState)
    if alarm is not None:
        state.plans.pop(alarm.name, None)
    call.world.state(measuring.Tallies).watch(state)
    wake(call.world, state, call.now)


def wake(world: World, state: WatchState, now_ms: int) -> None:
    """Have a place's alarms looked at soon, for there may be something new."""
    held = state.ticks.get(NEXT)
    if not state.alarms:
        if held is not None:
            world.agenda.cancel(held.seq)
            state.ticks.delete(NEXT)
        return
    if state.is_high is None:
        state.is_high = any(period_of(alarm.config) < 60 for alarm in state.alarms.values())
    if state.is_high:
        when_ms = now_ms - now_ms % HIGH_MS + HIGH_MS
    else:
        when_ms = (now_ms - DELAY_MS) // MINUTE_MS * MINUTE_MS + MINUTE_MS + DELAY_MS
    _put_tick(world, state, when_ms, now_ms)


def _put_tick(world: World, state: WatchState, when_ms: int, now_ms: int) -> None:
    held = state.ticks.get(NEXT)
    if held is not None:
        if now_ms < held.when_ms <= when_ms:
            return
        world.agenda.cancel(held.seq)
    seq = world.agenda.at(when_ms, "cloudwatch.evaluate", {}, account=state.account, region=state.region)
    state.ticks.put(NEXT, Tick(seq, when_ms))


async def evaluate_all(call: Call) -> None:
    """Evaluate the alarms that are due, and put the next evaluation on the agenda."""
    state = call.state(WatchState)
    tick = state.ticks.get(NEXT)
    if tick is None:
        return
    state.ticks.delete(NEXT)
    settling.settle(call.world)
    # By when it was due, not by now: a clock that runs is a few milliseconds late.
    is_minute = tick.when_ms % MINUTE_MS == DELAY_MS
    next_ms = NEVER_MS
    try:
        for alarm in list(state.alarms.values()):
            plan = state.plans.get(alarm.name)
            if plan is None or plan.config is not alarm.config:
                plan = state.plans[alarm.name] = Plan(alarm.config)
            if is_minute or plan.period_ms < MINUTE_MS:
                change = plan.change(state)
                if change != plan.seen or plan.due_ms <= call.now:
                    plan.seen = change
                    evaluate(call, state, alarm, plan)
            if plan.due_ms < next_ms:
                next_ms = plan.due_ms
    finally:
        if next_ms <= call.now:
            wake(call.world, state, call.now)
        elif next_ms < NEVER_MS:
            _put_tick(call.world, state, next_ms - next_ms % MINUTE_MS + DELAY_MS, call.now)


def evaluate(call: Call, state: WatchState, alarm: Alarm, plan: Plan) -> None:
    """Set an alarm's state by its datapoints, and repeat what scaling actions are told every minute."""
    config = alarm.config
    if plan.is_as_before(alarm.value, call.now) and not (alarm.value == "ALARM" and is_scaling(alarm)):
        plan.due_ms = 0
        return
    window = window_of(plan, call.now)
    try:
        points = points_of(state, plan, window)
    except AwsError as error:
        plan.due_ms = 0
        if alarm.told != error.message:
            alarm.told = error.message
            state.touch(alarm)
            call.explain("EvaluateAlarm", alarm.arn, Why("failed", f"The alarm cannot be evaluated: {error.message}"))
        return
    plan.settled(state, points, window, (window.end_ms - window.start_ms) // plan.period_ms)
    if config.get("EvaluateLowSampleCountPercentile") == "ignore" and points:
        kept = [point for point in points if not point.is_few]
        if not kept:
            return
        points = kept
    newest = points[: config["EvaluationPeriods"]]
    found = judged(config, newest, alarm.value)
    if found is None:
        found = alarm.value
    if found != alarm.value:
        states.put(call, alarm, found, wording.reason(config, newest, found), wording.reason_data(call, config, newest))
    elif found == "ALARM" and call.now - alarm.acted_ms >= MINUTE_MS and alarm.is_enabled:
        _repeat(call, alarm, newest)
    if found == "ALARM" and is_scaling(alarm):
        plan.due_ms = 0
    if not points:
        silence.tell(call, state, alarm, plan, window)


def judged(config: Mapping[str, Any], points: list[Point], current: AlarmValue) -> AlarmValue | None:
    """The state that the newest datapoints make; None keeps the one there is.

    The cases are those of AWS's tables: real datapoints count first; only where too few are there does the treatment
    of missing data fill up.
    """
    count = config["EvaluationPeriods"]
    needed = config.get("DatapointsToAlarm") or count
    treatment = config.get("TreatMissingData") or "missing"
    missing = count - len(points)
    breaching = sum(is_breaching(config, point) for point in points)
    if not points:
        empty: dict[str, AlarmValue | None] = {
            "missing": "INSUFFICIENT_DATA", "ignore": None, "breaching": "ALARM", "notBreaching": "OK",
        }  # fmt: skip
        return empty[treatment]
    if missing <= 0 or treatment == "notBreaching":
        return "ALARM" if breaching >= needed else "OK"
    if treatment == "breaching":
        return "ALARM" if breaching + missing >= needed else "OK"
    if breaching >= needed:
        return "ALARM"
    if breaching + missing < needed or breaching < len(points):
        return "OK"
    # Every datapoint there is breaches, but there are not enough: "avoiding premature transitions to alarm state".
    if max(point.age for point in points) >= needed and treatment == "missing":
        return "ALARM"
    return None


def _repeat(call: Call, alarm: Alarm, points: list[Point]) -> None:
    """Tell scaling policies again: "the alarm continues to invoke the action once per minute" while it is in ALARM."""
    scaling = [arn for arn in alarm.config.get("AlarmActions") or () if ":scalingPolicy:" in arn]
    if not scaling or muting.muted_by(call.state(WatchState), alarm, call.now) is not None:
        return
    alarm.acted_ms = call.now
    call.state(WatchState).touch(alarm)
    for arn in scaling:
        values = [point.value for point in reversed(points)]
        tell_scaling(call, alarm, arn, values or last_values(alarm.reason_data))


def is_scaling(alarm: Alarm) -> bool:
    """Whether an alarm has scaling policies to tell."""
    return any(":scalingPolicy:" in arn for arn in alarm.config.get("AlarmActions") or ())


def last_values(reason_data: str) -> list[float]:
    """The datapoints that led to a state, the oldest first."""
    return json.loads(reason_data or "{}").get("recentDatapoints") or [0.0]


def tell_scaling(call: Call, alarm: Alarm, arn: str, values: list[float]) -> None:
    """Ask for the execution of a scaling policy: by the newest datapoint, and those before it."""
    call.happened(
        "cloudwatch.AlarmAction",
        alarm.arn,
        action=arn,
        alarm=alarm.name,
        value=values[-1],
        values=values,
        threshold=alarm.config.get("Threshold") or 0.0,
    )
