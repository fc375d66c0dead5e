"""Insights events: an API that is called, or that fails, far more often than in the seven days before.

AWS's mathematical models are not told. Here an activity is unusual when its rate over five minutes is more than its
hourly rates of seven days can explain: ten times their mean, six deviations above it, and five calls at the least.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from hashlib import blake2b
from math import isqrt
from typing import Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.services.cloudtrail import delivering, event_names
from foulweather.services.cloudtrail.consuming import Consumers, covers
from foulweather.services.cloudtrail.records import Insight, Recorded, Trail
from foulweather.services.cloudtrail.state import EventHistory, Trails, histories
from foulweather.services.cloudtrail.times import iso
from foulweather.world.world import World

WINDOW_MS: Final = 300_000
WINDOW_MINUTES: Final = 5
BASELINE_MS: Final = 7 * 86_400_000
# "It can take up to 36 hours to deliver the first Insights event."
LEARNING_MS: Final = 36 * 3_600_000
CALLS_MIN: Final = 5
TIMES_MIN: Final = 10
DEVIATIONS: Final = 6
HOUR_MS: Final = 3_600_000
TOP: Final = 5
VERSION: Final = "1.09"
CALL_RATE, ERROR_RATE = "ApiCallRateInsight", "ApiErrorRateInsight"
Key = tuple[str, str, str, str]
"""Kind, eventSource, eventName, errorCode (empty for call rates)."""


async def detect(call: Call) -> None:
    """Look at the last five minutes of every history that a trail with Insights covers."""
    trails = [each for each in Consumers.of(call.world).trails if each.insights]
    for history in histories(call.world) if trails else ():
        watching = [each for each in trails if covers(call.pipeline, each, history.account, history.region)]
        ready = [each for each in watching if call.now - each.insights_since_ms >= LEARNING_MS]
        if ready:
            await _look(call, history, ready)


async def _look(call: Call, history: EventHistory, trails: list[Trail]) -> None:
    kinds = {selector["InsightType"] for trail in trails for selector in trail.insights}
    recent, hours = _recent(history, call.now), _Baselines.of(call.world).hours(history)
    active = call.state(Trails).active_insights
    for key in sorted(set(recent) | _active_keys(history, active)):
        name = "|".join((history.account, history.region, *key))
        events = recent.get(key, [])
        before = _before(hours.get(key, Counter()), events, call.now)
        known, is_unusual = active.get(name), key[0] in kinds and _is_unusual(len(events), before)
        if known is None and is_unusual:
            baseline = sum(before.values()) / (BASELINE_MS / 60_000)
            shared = str(uuid.UUID(bytes=blake2b(f"{name}/{call.now}".encode(), digest_size=16).digest(), version=4))
            known = Insight(name, shared, call.now - WINDOW_MS, baseline, len(events))
            active.put(name, known)
            await _tell(call, history, trails, key, known, events, "Start")
        elif known is not None and not is_unusual:
            active.delete(name)
            await _tell(call, history, trails, key, known, events, "End")
        elif known is not None:
            known.calls += len(events)
            active.touch(name)


def _active_keys(history: EventHistory, active: Any) -> set[Key]:
    start = f"{history.account}|{history.region}|"
    return {tuple(name.removeprefix(start).split("|")) for name in active if name.startswith(start)}  # type: ignore[misc]


class _Baselines:
    """How often each API was called, by the hour, for every history; made anew at start out of the histories."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, str], tuple[int, dict[Key, Counter[int]]]] = {}

    @classmethod
    def of(cls, world: World) -> _Baselines:
        """The one of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast("_Baselines", found)

    def hours(self, history: EventHistory) -> dict[Key, Counter[int]]:
        """The counts by number of the hour, up to the newest event."""
        place = (history.account, history.region)
        start, counts = self._counted.get(place, (history.first, {}))
        for number in range(start, history.next):
            event = history.at(number)
            if event is not None:
                for key in _keys(event):
                    counts.setdefault(key, Counter())[event.at_ms // HOUR_MS] += 1
        self._counted[place] = history.next, counts
        return counts


def _recent(history: EventHistory, now_ms: int) -> dict[Key, list[Recorded]]:
    """The events of the last five minutes."""
    recent: dict[Key, list[Recorded]] = {}
    for number in range(history.next - 1, history.first - 1, -1):
        event = history.at(number)
        if event is not None:
            if now_ms - event.at_ms > WINDOW_MS:
                break
            for key in _keys(event):
                recent.setdefault(key, []).append(event)
    return recent


def _before(hours: Counter[int], events: list[Recorded], now_ms: int) -> Counter[int]:
    """The hourly counts of the seven days before the last five minutes."""
    first = (now_ms - BASELINE_MS) // HOUR_MS
    for hour in [each for each in hours if each < first]:
        del hours[hour]
    before = Counter(hours)
    before.subtract(Counter(event.at_ms // HOUR_MS for event in events))
    return before


def _keys(event: Recorded) -> list[Key]:
    """Call rates are counted of write management APIs, error rates of read and write ones."""
    source = event_names.source(event.service)
    name = event_names.event_name(event.service, event.operation)
    keys: list[Key] = []
    if not event.is_read:
        keys.append((CALL_RATE, source, name, ""))
    if event.error:
        keys.append((ERROR_RATE, source, name, event.error))
    return keys


def _is_unusual(calls: int, hours: Counter[int]) -> bool:
    if calls < CALLS_MIN:
        return False
    in_windows = HOUR_MS // WINDOW_MS
    count = BASELINE_MS // HOUR_MS
    total = sum(hours.values())
    # In 1/1000 of a call in five minutes: mean and deviation of the hourly rates.
    mean = total * 1000 // (count * in_windows)
    squares = sum((each * 1000 // in_windows - mean) ** 2 for each in hours.values()) + (count - len(hours)) * mean**2
    return calls * 1000 > max(TIMES_MIN * mean, mean + DEVIATIONS * isqrt(squares // count))


async def _tell(
    call: Call,
    history: EventHistory,
    trails: list[Trail],
    key: Key,
    insight: Insight,
    events: list[Recorded],
    state: str,
) -> None:
    record = _record(call, history, key, insight, events, state)
    kept = {"at_ms": call.now, "record": record}
    history.append_insight(json.dumps(kept, separators=(",", ":")).encode())
    call.happened("cloudtrail.InsightDetected", insight.key, state=state, name=key[2], calls=len(events))
    for trail in trails:
        if any(selector["InsightType"] == key[0] for selector in trail.insights):
            await delivering.write(
                call, trail, history.account, history.region, [record], record["eventID"], "-Insight"
            )


def _record(
    call: Call, history: EventHistory, key: Key, insight: Insight, events: list[Recorded], state: str
) -> dict[str, Any]:
    kind, source, name, error = key
    minutes = WINDOW_MINUTES if state == "Start" else max(1, (call.now - insight.start_ms) // 60_000)
    calls = len(events) if state == "Start" else insight.calls
    statistics: dict[str, Any] = {
        "baseline": {"average": round(insight.baseline, 10)},
        "insight": {"average": round(calls / minutes, 10)},
        "insightDuration": minutes,
        "baselineDuration": BASELINE_MS // 60_000,
    }
    details: dict[str, Any] = {"state": state, "eventSource": source, "eventName": name, "insightType": kind}
    if error:
        details["errorCode"] = error
    context: dict[str, Any] = {"statistics": statistics}
    if state == "Start":
        context["attributions"] = _attributions(events)
    details["insightContext"] = context
    event_id = uuid.UUID(bytes=blake2b(f"{insight.shared_id}/{state}".encode(), digest_size=16).digest(), version=4)
    return {
        "eventVersion": VERSION,
        "eventTime": iso(insight.start_ms if state == "Start" else call.now),
        "awsRegion": history.region,
        "eventID": str(event_id),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": history.account,
        "sharedEventID": insight.shared_id,
        "insightDetails": details,
        "eventCategory": "Insight",
    }


def _attributions(events: list[Recorded]) -> list[dict[str, Any]]:
    """Who caused it, the first five of each kind."""
    told: list[dict[str, Any]] = []
    for attribute, values in (
        ("userIdentityArn", [event.role_arn or event.arn for event in events]),
        ("userAgent", [event.user_agent or event.arn for event in events]),
        ("errorCode", [event.error or "null" for event in events]),
    ):
        top = Counter(values).most_common(TOP)
        shown = [{"value": value, "average": round(count / WINDOW_MINUTES, 10)} for value, count in top]
        told.append({"attribute": attribute, "insight": shown, "baseline": []})
    return told
