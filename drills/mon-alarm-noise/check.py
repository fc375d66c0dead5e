"""A week like any other pages nobody, and the night in which something is wrong pages once."""

from __future__ import annotations

from typing import Any

from stack import ALARM, METRIC, NAMESPACE, SLOW_HOURS, WEEK_MS, Page, Pager, slow_from_ms

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

DAYS = 3
GRACE_MS = 30 * MINUTE_MS
NOTICED_MS = HOUR_MS


def _pages(lab: Lab, after_ms: int, until_ms: int) -> list[Page]:
    pager = lab.apps["on-call"]
    assert isinstance(pager, Pager)
    return [page for page in pager.pages if after_ms < page.at_ms <= until_ms]


def _alarms(lab: Lab) -> tuple[Fact, ...]:
    """The alarms there are, by what decides when they page."""
    told = lab.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    facts: list[Fact] = []
    alarms: list[dict[str, Any]] = told["MetricAlarms"] + told["CompositeAlarms"]
    for alarm in alarms:
        for name in ("Threshold", "EvaluationPeriods", "DatapointsToAlarm", "ActionsEnabled", "AlarmActions"):
            if alarm.get(name) is not None:
                facts.append(shown(lab, alarm["AlarmArn"], name, alarm[name]))
    return tuple(facts) or (Fact(lab.notes["alarm"], "exists", False),)


def symptom(lab: Lab) -> Why | None:
    """Pages on three days, and nothing was ever wrong."""
    days = sorted({page.at_ms // DAY_MS for page in _pages(lab, lab.struck_at_ms, lab.now_ms)})
    if len(days) < DAYS or not lab.struck_at_ms:
        return None
    return unmended(f"{ALARM} has paged on {len(days)} days in a row, and each time all was well.", *_alarms(lab))


def check(lab: Lab) -> Why | None:
    """First the quiet, then the night."""
    slow_ms = slow_from_ms(lab)
    if not slow_ms:
        since_ms = max(lab.struck_at_ms, lab.now_ms - WEEK_MS)
        noise = _pages(lab, since_ms, lab.now_ms)
    else:
        noise = _pages(lab, lab.settling_since(0) + GRACE_MS, slow_ms)
    if noise:
        days = len({page.at_ms // DAY_MS for page in noise})
        return unmended(
            f"In a week like any other there were {len(noise)} pages on {days} days, and nothing was wrong.",
            *_alarms(lab),
        )
    if not slow_ms or lab.now_ms < slow_ms + SLOW_HOURS * HOUR_MS:
        return None
    told = _pages(lab, slow_ms, slow_ms + SLOW_HOURS * HOUR_MS)
    if not told or told[0].at_ms > slow_ms + NOTICED_MS:
        return unmended(
            "A week was quiet. Then responses took twice as long as at night they do, for two hours, and within the "
            "first of them nobody was paged.",
            Fact(f"{NAMESPACE} {METRIC}", "slow from", slow_ms),
            *_alarms(lab),
        )
    if len(told) > 1:
        return unmended(f"One slow night paged {len(told)} times.", *_alarms(lab))
    return None
