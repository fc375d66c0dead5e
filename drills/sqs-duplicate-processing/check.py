"""Every order is created once, in time, and worked on once unless a worker died."""

from __future__ import annotations

from typing import cast

from stack import OrderWorker

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 15 * MINUTE_MS


def _fleet(lab: Lab) -> OrderWorker:
    return cast(OrderWorker, lab.apps["order-worker"])


def _attributes(lab: Lab) -> dict[str, str]:
    told = lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["All"])
    return told["Attributes"]


def _visibility(lab: Lab) -> Fact:
    """The visibility timeout that counts: a receive may bring its own."""
    own = _fleet(lab).settings["visibility_s"]
    if own != "queue":
        return shown(lab, "order-worker", "visibility_s", own)
    return shown(lab, lab.notes["queue_arn"], "VisibilityTimeout", _attributes(lab)["VisibilityTimeout"])


def _receive_counts(lab: Lab, since_ms: int) -> Fact:
    """The ApproximateReceiveCount of the messages of orders that were created since then."""
    ledger = Ledger.of(lab)
    keys = [key for key in _fleet(lab).worked if ledger.asked_at_ms(key) >= since_ms and ledger.has_effect(key)]
    counts = [max(effect.receive_count for effect in ledger.effects_of(key)) for key in keys]
    tenths = 10 * sum(counts) // max(1, len(counts))
    told = f"{tenths // 10}.{tenths % 10} on average, {max(counts, default=0)} at most"
    return Fact("messages of orders", "ApproximateReceiveCount", told)


def symptom(lab: Lab) -> Why | None:
    """Orders of the last half hour that were created more than once."""
    since_ms = max(lab.struck_at_ms, lab.now_ms - 30 * MINUTE_MS)
    doubled = Ledger.of(lab).duplicated(since_ms)
    if len(doubled) < 30:
        return None
    return unmended(
        f"{len(doubled)} orders of the last half hour were created more than once.",
        _receive_counts(lab, since_ms),
        Fact(lab.notes["queue_arn"], "ApproximateNumberOfMessagesNotVisible", _in_flight(lab)),
        _visibility(lab),
    )


def _in_flight(lab: Lab) -> str:
    return _attributes(lab)["ApproximateNumberOfMessagesNotVisible"]


def check(lab: Lab) -> Why | None:
    """Traffic since the mend, then what would go wrong with the next dying worker."""
    since_ms = lab.settling_since(lab.now_ms - 60 * MINUTE_MS)
    ledger, fleet = Ledger.of(lab), _fleet(lab)
    doubled = ledger.duplicated(since_ms, at_most=10_000)
    if doubled:
        return unmended(
            f"{len(doubled)} orders were created more than once.",
            _receive_counts(lab, since_ms),
            _visibility(lab),
        )
    if fleet.delete != "after-success":
        causes = {
            "before": "Messages are deleted before they are processed: an order dies with the worker that has it.",
            "always": "Messages are deleted even if processing failed: such an order is gone.",
            "never": "Messages are never deleted: each will be worked on again until it expires.",
        }
        return unmended(causes[fleet.delete], shown(lab, "order-worker", "delete", fleet.delete))
    buried = _buried(lab, since_ms)
    if buried:
        return unmended(
            f"{buried} orders were set aside as dead letters, though there is nothing wrong with them.",
            shown(lab, lab.notes["queue_arn"], "RedrivePolicy", _attributes(lab).get("RedrivePolicy")),
            _visibility(lab),
        )
    late = ledger.lost(lab.now_ms, DEADLINE_MS, since_ms, at_most=10_000)
    told = ledger.report(since_ms=since_ms, now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)
    if late or told.lost:
        return unmended(
            f"{told.lost} of {told.judged} orders were not created within 15 minutes.",
            shown(lab, "order-worker", "workers", fleet.settings["workers"]),
            _visibility(lab),
        )
    return _again(lab, since_ms) or _too_long(lab)


def _again(lab: Lab, since_ms: int) -> Why | None:
    """Orders that were worked on twice, even if only the first time had an effect."""
    ledger, fleet = Ledger.of(lab), _fleet(lab)
    again = [key for key, times in fleet.worked.items() if times > 1 and ledger.asked_at_ms(key) >= since_ms]
    if not again:
        return None
    return unmended(
        f"Each order is created once, but {len(again)} were worked on up to {max(fleet.worked[key] for key in again)} "
        "times: their messages still come back while somebody has them in hand.",
        _visibility(lab),
        shown(lab, "order-worker", "heartbeat", fleet.settings["heartbeat"]),
    )


def _buried(lab: Lab, since_ms: int) -> int:
    return sum(
        1
        for event in lab.world.journal
        if event.kind == "sqs.MessageDeadLettered"
        and event.at_ms >= since_ms
        and event.resource == lab.notes["queue_arn"]
    )


def _too_long(lab: Lab) -> Why | None:
    visibility = _visibility(lab)
    if int(visibility.value) * 1000 < DEADLINE_MS:
        return None
    return unmended("An order whose worker dies is not tried again for 15 minutes or more.", visibility)
