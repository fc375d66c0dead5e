"""Every like that was accepted is counted, in both regions, and what was counted stays."""

from __future__ import annotations

from typing import cast

from stack import Counter, Reading, Web

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.kernel.why import Fact, Why

APPS = ("us-web", "eu-web", "counter-page")


def _counter(lab: Lab) -> Counter:
    return cast(Counter, lab.app("counter-page"))


def _webs(lab: Lab) -> list[Web]:
    return [cast(Web, lab.app(name)) for name in APPS[:2]]


def _settings(lab: Lab) -> tuple[Fact, ...]:
    webs = [shown(lab, web.name, name, web.settings[name]) for web in _webs(lab) for name in ("item", "how", "region")]
    return (*webs, shown(lab, "counter-page", "items", _counter(lab).settings["items"]))


def _gain(first: Reading, last: Reading) -> tuple[int, int]:
    """How much was accepted between two readings, and how much of it came onto the counter of the first region."""
    region = next(iter(first.shown))
    return last.accepted - first.accepted, last.shown[region] - first.shown[region]


def symptom(lab: Lab) -> Why | None:
    """A hundred likes that are on no counter."""
    readings = [reading for reading in _counter(lab).readings if reading.at_ms > lab.struck_at_ms - HOUR_MS]
    if not lab.struck_at_ms or len(readings) < 2:
        return None
    accepted, counted = _gain(readings[0], readings[-1])
    if accepted - counted < 100:
        return None
    return unmended(
        f"{accepted} likes were accepted, and the counter has risen by {counted}.",
        Fact(lab.notes["table_arn"], "likes lost", accepted - counted),
    )


def check(lab: Lab) -> Why | None:
    """Refusals, then two readings since, then what was there before."""
    since_ms = lab.settling_since(lab.now_ms - 3 * HOUR_MS)
    for web in _webs(lab):
        told = web.outcomes.since(since_ms)
        if told.errors:
            codes = ", ".join(code for code in told.codes if code)
            return unmended(f"{web.name}: {told.errors} of {told.calls} likes were refused: {codes}.", *_settings(lab))
    refused = _counter(lab).failed_since(since_ms)
    if refused is not None:
        return unmended(f"The counter cannot be read: {refused.code}.", because=[refused.why])
    readings = [reading for reading in _counter(lab).readings if reading.at_ms > since_ms]
    if len(readings) < 2 or readings[-1].accepted == readings[0].accepted:
        return unmended("Nobody likes the post, or nobody reads the counter.", *_settings(lab))
    return _counted(lab, readings) or _kept(lab, since_ms, readings)


def _counted(lab: Lab, readings: list[Reading]) -> Why | None:
    for reading in readings:
        if len(set(reading.shown.values())) > 1:
            return unmended(f"The regions do not show the same: {reading.shown}.", *_settings(lab))
    accepted, counted = _gain(readings[0], readings[-1])
    if accepted != counted:
        told = f"{accepted} likes were accepted since, and the counter has risen by {counted}."
        return unmended(told, *_settings(lab))
    return None


def _kept(lab: Lab, since_ms: int, readings: list[Reading]) -> Why | None:
    before = [reading for reading in _counter(lab).readings if reading.at_ms <= since_ms]
    if not before:
        return None
    most, now = max(max(reading.shown.values()) for reading in before), min(readings[0].shown.values())
    if now < most:
        return unmended(f"New likes are counted; of {most} that were on the counter, {most - now} are gone.")
    return None
