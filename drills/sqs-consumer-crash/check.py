"""Every order is booked exactly once and in time, at whatever moment workers die."""

from __future__ import annotations

from typing import cast

from stack import OrderWorker

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 15 * MINUTE_MS
WORK_MS_MAX = 6_000


def _fleet(lab: Lab) -> OrderWorker:
    return cast(OrderWorker, lab.apps["order-worker"])


def _deaths(lab: Lab, since_ms: int) -> tuple[Fact, ...]:
    """Where in their work workers died."""
    lines = [line.text for line in _fleet(lab).log if line.at_ms >= since_ms and line.text.startswith("killed")]
    return tuple(Fact("order-worker", text, lines.count(text)) for text in sorted(set(lines)))


def _queue(lab: Lab, name: str) -> Fact:
    told = lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["All"])["Attributes"]
    return shown(lab, lab.notes["queue_arn"], name, told.get(name))


def symptom(lab: Lab) -> Why | None:
    """Orders of the last hour that were booked more than once."""
    since_ms = max(lab.struck_at_ms, lab.now_ms - 60 * MINUTE_MS)
    doubled = Ledger.of(lab).duplicated(since_ms)
    if len(doubled) < 5:
        return None
    return unmended(
        f"{len(doubled)} orders of the last hour were booked more than once.",
        *_deaths(lab, since_ms),
        _queue(lab, "VisibilityTimeout"),
        shown(lab, "order-worker", "idempotent", _fleet(lab).settings["idempotent"]),
    )


def check(lab: Lab) -> Why | None:
    """Traffic since the mend, which kills workers at each step; then the gap that traffic seldom finds."""
    since_ms = lab.settling_since(lab.now_ms - 60 * MINUTE_MS)
    ledger, settings = Ledger.of(lab), _fleet(lab).settings
    told = ledger.report(since_ms=since_ms, now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)
    deleted = shown(lab, "order-worker", "delete", settings["delete"])
    if told.lost:
        return unmended(
            f"{told.lost} of {told.judged} orders were not booked within 15 minutes.",
            *_deaths(lab, since_ms),
            deleted,
            _queue(lab, "VisibilityTimeout"),
            _queue(lab, "RedrivePolicy"),
        )
    if told.duplicated:
        return unmended(
            f"{told.duplicated} of {told.asked} orders were booked more than once.",
            *_deaths(lab, since_ms),
            _queue(lab, "VisibilityTimeout"),
        )
    if settings["idempotent"] == "check-first":
        return unmended(
            "No order was booked twice so far; but whether it is booked is asked when work begins and "
            "written down when it ends. Two workers that have the message at once both book.",
            shown(lab, "order-worker", "idempotent", "check-first"),
        )
    if settings["delete"] != "after-success":
        return unmended("Messages are deleted without having been processed, or never.", deleted)
    hidden = _queue(lab, "VisibilityTimeout")
    if int(hidden.value) * 1000 >= DEADLINE_MS:
        return unmended("An order whose worker dies is not tried again in time.", hidden)
    if int(hidden.value) * 1000 <= WORK_MS_MAX:
        return unmended("Messages become visible again while a living worker still has them in hand.", hidden)
    return None
