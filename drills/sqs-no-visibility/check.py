"""The next time that the worker stands still, somebody is told within the hour, and told that it is over."""

from __future__ import annotations

import json
from typing import Any

from stack import DEAD, QUEUE, STOP_MS, TOPIC

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.kernel.why import Fact, Why

COMPLAINT_MS = 90 * MINUTE_MS
LATE_MS = 15 * MINUTE_MS
AGE_S_MAX = 3600
TOLD_MS = (AGE_S_MAX + 20 * 60) * 1000
"""An hour, two periods of five minutes, and CloudWatch's own delays."""
AGE, DEPTH = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"


def _oldest_ms(lab: Lab) -> int:
    waiting = Ledger.of(lab).lost(lab.now_ms, 0, 0, 1)
    return lab.now_ms - Ledger.of(lab).asked_at_ms(waiting[0]) if waiting else 0


def _alarms(lab: Lab, metric: str, queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.client("cloudwatch").describe_alarms()["MetricAlarms"]
    of_queue = [{"Name": "QueueName", "Value": queue}]
    return [each for each in found if each.get("MetricName") == metric and each.get("Dimensions") == of_queue]


def _pages(lab: Lab, alarms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that tell whoever is on call."""
    return [
        each for each in alarms if each.get("ActionsEnabled") and lab.notes["topic"] in each.get("AlarmActions", [])
    ]


def symptom(lab: Lab) -> Why | None:
    """What customers write: they know how old their orders are."""
    oldest_ms = _oldest_ms(lab)
    if oldest_ms < COMPLAINT_MS:
        return None
    waiting = len(Ledger.of(lab).lost(lab.now_ms, 0, 0, 10_000))
    return unmended(
        f"Customers complain: {waiting} orders are not confirmed, the oldest for {oldest_ms // MINUTE_MS} minutes.",
        shown(lab, "order-worker", "workers", lab.apps["order-worker"].settings["workers"]),
    )


def check(lab: Lab) -> Why | None:
    """Orders flow; then the alarms; then what they said of the maintenance; then what there is to look at."""
    oldest_ms = _oldest_ms(lab)
    if oldest_ms > LATE_MS:
        return unmended(
            f"The oldest order has been waiting for {oldest_ms // MINUTE_MS} minutes.",
            shown(lab, "order-worker", "workers", lab.apps["order-worker"].settings["workers"]),
        )
    return _unwatched(lab) or _untold(lab) or _unseen(lab)


def _unwatched(lab: Lab) -> Why | None:
    """Alarms that are missing, or tell nobody."""
    dead = [each for each in _pages(lab, _alarms(lab, DEPTH, DEAD)) if _is_above_nothing(each)]
    if not dead:
        return unmended(f"No alarm tells {TOPIC} of the first message in {DEAD}.", Fact(DEAD, "alarms that act", 0))
    if not _alarms(lab, AGE, QUEUE):
        return unmended(f"No alarm watches the age of the oldest message in {QUEUE}.", Fact(QUEUE, "alarms on age", 0))
    if not _pages(lab, _alarms(lab, AGE, QUEUE)):
        (alarm, *_) = _alarms(lab, AGE, QUEUE)
        actions = shown(lab, alarm["AlarmArn"], "AlarmActions", alarm.get("AlarmActions", []))
        return unmended(f"The alarm {alarm['AlarmName']} tells {TOPIC} nothing.", actions)
    return None


def _is_above_nothing(alarm: dict[str, Any]) -> bool:
    how = (alarm["ComparisonOperator"], alarm["Threshold"])
    return how in (("GreaterThanThreshold", 0.0), ("GreaterThanOrEqualToThreshold", 1.0))


def _untold(lab: Lab) -> Why | None:
    """What the alarms on the age said while the worker stood still, and before and after."""
    stopped_ms, since_ms = lab.notes["stopped_ms"], lab.settling_since(0)
    if not since_ms or stopped_ms <= since_ms:
        return None
    alarms = _pages(lab, _alarms(lab, AGE, QUEUE))
    turns = {each["AlarmName"]: _turns(lab, each["AlarmName"]) for each in alarms}
    for alarm in alarms:
        early = [at for at, state in turns[alarm["AlarmName"]] if state == "ALARM" and since_ms < at < stopped_ms]
        if early and stopped_ms - early[-1] < 10 * MINUTE_MS:
            return unmended(f"{alarm['AlarmName']} went off while all was well.", _threshold(lab, alarm))
    told = [at for each in turns.values() for at, state in each if state == "ALARM" and at > stopped_ms]
    if not told or min(told) > stopped_ms + TOLD_MS:
        return unmended(
            f"The worker stood still for {STOP_MS // MINUTE_MS} minutes; for {TOLD_MS // MINUTE_MS} nobody was told.",
            *(_threshold(lab, alarm) for alarm in alarms),
        )
    if min(told) < stopped_ms + LATE_MS:
        return unmended("An alarm went off before an order was late.", *(_threshold(lab, alarm) for alarm in alarms))
    still = [each for each in alarms if each["StateValue"] != "OK"]
    return unmended(f"{still[0]['AlarmName']} is not over.", _threshold(lab, still[0])) if still else None


def _turns(lab: Lab, name: str) -> list[tuple[int, str]]:
    asked = {"AlarmName": name, "HistoryItemType": "StateUpdate", "MaxRecords": 100}
    items = lab.client("cloudwatch").describe_alarm_history(**asked)["AlarmHistoryItems"]
    return [(each["Timestamp"], json.loads(each["HistoryData"])["newState"]["stateValue"]) for each in items]


def _threshold(lab: Lab, alarm: dict[str, Any]) -> Fact:
    return shown(lab, alarm["AlarmArn"], "Threshold", alarm.get("Threshold"))


def _unseen(lab: Lab) -> Why | None:
    """A dashboard with both."""
    cloudwatch = lab.client("cloudwatch")
    names = [each["DashboardName"] for each in cloudwatch.list_dashboards()["DashboardEntries"]]
    for name in names:
        body = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
        if AGE in body and DEPTH in body and f'"{QUEUE}"' in body:
            return None
    return unmended(f"No dashboard shows age and depth of {QUEUE}.", Fact("account", "dashboards", ", ".join(names)))
