"""No click is refused, the lake has every one, and each user's are in order."""

from __future__ import annotations

from typing import cast

from stack import STREAM, Collectors

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

UNDER_WAY_MS = 2 * MINUTE_MS
"""What Firehose may have in hand."""
AGE_MS = 60_000
RETRIED_MS = 10_000
"""How long the collectors try again what was flushed before the mend."""


def _collectors(lab: Lab) -> Collectors:
    return cast(Collectors, lab.app("collectors"))


def _sum(lab: Lab, kind: str, since_ms: int, **wanted: str) -> int:
    return sum(
        event.facts["records"]
        for event in lab.world.journal
        if event.kind == kind and event.at_ms > since_ms and wanted.items() <= event.facts.items()
    )


def symptom(lab: Lab) -> Why | None:
    """Two thousand clicks given up."""
    since_ms = lab.struck_at_ms or lab.now_ms
    lost = sum(count for at_ms, count in _collectors(lab).lost if at_ms >= since_ms)
    if lost < 2_000:
        return None
    return unmended(f"{lost} clicks were given up.", Fact("collectors", "given up", lost))


def check(lab: Lab) -> Why | None:
    """Refusals, the lake, the order."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    setting = shown(lab, "collectors", "key", _collectors(lab).settings["key"])
    lost = sum(count for at_ms, count in _collectors(lab).lost if at_ms > since_ms)
    if lost:
        return unmended(f"{lost} clicks were given up.", setting, *_shards(lab))
    refused = _sum(lab, "kinesis.Throttled", since_ms + RETRIED_MS, direction="write")
    if refused:
        return unmended(f"Nothing was given up, and {refused} times a click was refused.", setting, *_shards(lab))
    return _lake(lab, since_ms) or _order(lab, setting)


def _shards(lab: Lab) -> list[Fact]:
    told = lab.client("kinesis").describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    mode = told["StreamModeDetails"]["StreamMode"]
    return [Fact(STREAM, "OpenShardCount", told["OpenShardCount"]), Fact(STREAM, "StreamMode", mode)]


def _lake(lab: Lab, since_ms: int) -> Why | None:
    until_ms = lab.now_ms - UNDER_WAY_MS
    sent = sum(count for at_ms, count in _collectors(lab).sent if since_ms < at_ms <= until_ms)
    held = _sum(lab, "firehose.Delivered", since_ms)
    if held < sent:
        return unmended(f"Of {sent} clicks {held} are in the lake.", Fact("lake", "records", held))
    late = [event for event in lab.world.journal if event.kind == "kinesis.Got" and event.at_ms > since_ms]
    oldest_ms = max((event.facts["iterator_age_ms"] for event in late), default=0)
    if oldest_ms > AGE_MS:
        return unmended(
            f"Clicks wait {oldest_ms} ms in the stream.", Fact(STREAM, "IteratorAgeMilliseconds", oldest_ms)
        )
    return None


def _order(lab: Lab, setting: Fact) -> Why | None:
    if not lab.struck_at_ms:
        return None
    apart = [user for user, (_, shards) in _collectors(lab).shards.items() if len(shards) > 1]
    if apart:
        told = f"The clicks of {len(apart)} users are in more than one shard: nobody knows their order any more."
        return unmended(told, setting)
    return None
