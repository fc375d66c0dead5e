"""The next time that customers are not served, somebody is told in time, once, and told when it is over."""

from __future__ import annotations

from typing import NamedTuple

from stack import ERRORS_FOR_MS, SLOW_FOR_MS, TOPIC, Page, Pager, plan

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.apis import client
from foulweather.kernel.why import Fact, Why

COMPLAINT_MS = 120 * MINUTE_MS
ERRORS_TOLD_MS = 12 * MINUTE_MS
"""Two periods of five minutes, and what CloudWatch itself takes."""
SLOW_TOLD_MS = 18 * MINUTE_MS
OVER_MS = 12 * MINUTE_MS


class Episode(NamedTuple):
    """A bad time: what one order of ten did, from when to when, and how soon somebody is to be told."""

    what: str
    from_ms: int
    over_ms: int
    told_ms: int


def _pager(lab: Lab) -> Pager:
    found = lab.apps["on-call"]
    assert isinstance(found, Pager)
    return found


def _alarms(lab: Lab) -> tuple[Fact, ...]:
    """The alarms there are, by what they watch and whom they tell."""
    told = lab.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return tuple(
        shown(lab, alarm["AlarmArn"], name, alarm[name])
        for alarm in told["MetricAlarms"] + told["CompositeAlarms"]
        for name in ("MetricName", "Metrics", "AlarmRule", "Threshold", "AlarmActions")
        if alarm.get(name)
    )


def symptom(lab: Lab) -> Why | None:
    """What customers write, once they have had enough of it."""
    if not lab.struck_at_ms or lab.now_ms < lab.struck_at_ms + COMPLAINT_MS:
        return None
    failed = client(lab, "shop").failed_since(lab.struck_at_ms)
    if len(failed) < 15:
        return None
    first_min = (lab.now_ms - failed[0].asked_ms) // MINUTE_MS
    told = f"Customers complain: {len(failed)} orders failed, the first {first_min} minutes ago, and nobody was told."
    return unmended(told, *_alarms(lab))


def check(lab: Lab) -> Why | None:
    """What the pager had while nothing was wrong, while orders failed, and while they were slow."""
    since_ms = lab.settling_since(0)
    if not since_ms:
        return None
    pager, told = _pager(lab), plan(since_ms)
    pager.run()
    noise = _paged(pager, since_ms, told.errors_ms)
    if noise:
        return unmended(
            f"{noise[0].alarm} paged, and nothing was wrong but a single order: who is woken by that stops listening.",
            *_alarms(lab),
        )
    failed = Episode("failed", told.errors_ms, told.errors_ms + ERRORS_FOR_MS, ERRORS_TOLD_MS)
    slow = Episode("took six seconds", told.slow_ms, told.slow_ms + SLOW_FOR_MS, SLOW_TOLD_MS)
    return _untold(lab, pager, failed) or _untold(lab, pager, slow)


def _paged(pager: Pager, after_ms: int, until_ms: int) -> list[Page]:
    return [page for page in pager.pages if page.state == "ALARM" and after_ms < page.at_ms <= until_ms]


def _untold(lab: Lab, pager: Pager, bad: Episode) -> Why | None:
    """Told in time, once, and of its end."""
    until_ms = bad.over_ms + OVER_MS
    pages = _paged(pager, bad.from_ms, until_ms)
    if not pages or pages[0].at_ms > bad.from_ms + bad.told_ms:
        late = f"only after {(pages[0].at_ms - bad.from_ms) // MINUTE_MS} minutes" if pages else "never"
        minutes = (bad.over_ms - bad.from_ms) // MINUTE_MS
        return unmended(
            f"For {minutes} minutes one order of ten {bad.what}, and {TOPIC} was told {late}.", *_alarms(lab)
        )
    if len(pages) > 1:
        names = ", ".join(page.alarm for page in pages)
        told = f"One order of ten {bad.what}, and {TOPIC} was told {len(pages)} times: {names}."
        return unmended(told, *_alarms(lab))
    ended = {page.alarm for page in pager.pages if page.state == "OK" and pages[0].at_ms < page.at_ms <= until_ms}
    if pages[0].alarm not in ended:
        return unmended(f"{pages[0].alarm} paged, and has not told {TOPIC} that it is over.", *_alarms(lab))
    return None
