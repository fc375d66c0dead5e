"""Requests cost less than storage again, no event is lost, and the analysis has them in time."""

from __future__ import annotations

from decimal import Decimal

from stack import BUCKET, EVENT_BYTES, analysis_of, writer_of

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why
from foulweather.meter.bill import bill

FRESH_MS = 2 * DAY_MS
EVENTS_A_DAY = 960
FEWER = 100


def _costs(lab: Lab, since_ms: int) -> tuple[Decimal, Decimal]:
    """What requests and storage of the bucket have cost since the beginning of a day."""
    requests = storage = Decimal(0)
    for line in bill(lab.usage, lab.now_ms, since_ms).lines:
        if line.service == "s3" and line.amount:
            if line.usage_type.startswith(("Requests-", "Retrieval-")):
                requests += Decimal(line.amount)
            else:
                storage += Decimal(line.amount)
    return requests, storage


def _told(requests: Decimal, storage: Decimal) -> tuple[Fact, ...]:
    return (
        Fact(BUCKET, "requests, USD", f"{requests:.6f}"),
        Fact(BUCKET, "storage, USD", f"{storage:.6f}"),
    )


def symptom(lab: Lab) -> Why | None:
    """Requests of these two days that cost several times as much as the storage; looked at each hour."""
    if lab.now_ms // MINUTE_MS % 60:
        return None
    requests, storage = _costs(lab, lab.now_ms - DAY_MS)
    if requests < 20 * storage or not storage:
        return None
    return unmended(
        f"Requests of yesterday and today cost {requests / storage:.0f} times the storage.", *_told(requests, storage)
    )


def check(lab: Lab) -> Why | None:
    """The events, then the bill of the last full days."""
    writer = writer_of(lab)
    lost = _lost(lab)
    if lost is not None:
        return lost
    setting = shown(lab, "event-writer", "batch_events", writer.settings["batch_events"])
    late = writer.events - analysis_of(lab).events
    if late > EVENTS_A_DAY * FRESH_MS // DAY_MS:
        return unmended(f"The last {late} events have not reached the analysis; two days is what it can wait.", setting)
    since_ms = lab.settling_since(0)
    objects = [size for at_ms, size in writer.objects if at_ms > since_ms]
    if objects and sum(objects) < FEWER * len(objects):
        return unmended(
            f"{len(objects)} objects were written for {sum(objects)} events: not a hundred times fewer.",
            setting,
            *_told(*_costs(lab, lab.now_ms - DAY_MS)),
        )
    requests, storage = _costs(lab, lab.now_ms - DAY_MS)
    if requests > storage:
        return unmended("Requests still cost more than the storage.", setting, *_told(requests, storage))
    return None


def _lost(lab: Lab) -> Why | None:
    """Events that are written and are there no longer."""
    size = 0
    s3, after = lab.client("s3"), ""
    while True:
        page = s3.list_objects_v2(Bucket=BUCKET, **({"StartAfter": after} if after else {}))
        for one in page.get("Contents", []):
            size += one["Size"]
            after = one["Key"]
        if not page["IsTruncated"]:
            break
    missing = writer_of(lab).written - size // EVENT_BYTES
    if missing:
        return unmended(f"{missing} events were written and are no longer there; they are kept for two years.")
    return None
