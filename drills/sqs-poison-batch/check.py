"""An ordinary order is booked once and deleted; what cannot be booked is set aside after three attempts, alone."""

from __future__ import annotations

import json
from typing import cast

from stack import ATTEMPTS, OrderWorker

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 10 * MINUTE_MS
VISIBILITY_S_MAX = 200


def _fleet(lab: Lab) -> OrderWorker:
    return cast(OrderWorker, lab.app("order-worker"))


def _aside(lab: Lab) -> set[str]:
    """The messages that the queue set aside."""
    arn = lab.notes["queue_arn"]
    return {
        event.facts["message_id"]
        for event in lab.world.journal
        if event.kind == "sqs.MessageDeadLettered" and event.resource == arn
    }


def _innocent(lab: Lab, since_ms: int) -> list[int]:
    """Ordinary orders since then that were set aside."""
    ledger, fleet, aside = Ledger.of(lab), _fleet(lab), _aside(lab)
    return [
        key
        for key, message_id in fleet.message_ids.items()
        if message_id in aside and key not in fleet.gifts and ledger.asked_at_ms(key) > since_ms
    ]


def _release(lab: Lab, *names: str) -> tuple[Fact, ...]:
    settings = _fleet(lab).settings
    return tuple(shown(lab, "order-worker", name, settings[name]) for name in names)


def _attributes(lab: Lab) -> dict[str, str]:
    return lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["All"])["Attributes"]


def symptom(lab: Lab) -> Why | None:
    """The dead-letter alarm, once support has called as well."""
    innocent = _innocent(lab, lab.struck_at_ms)
    doubled = Ledger.of(lab).duplicated(lab.struck_at_ms, at_most=10_000)
    if len(innocent) < 8 or len(doubled) < 10:
        return None
    return unmended(
        f"{len(innocent)} ordinary orders are among the dead letters, and {len(doubled)} were booked more than once.",
        Fact(lab.queue_arn("orders-dlq"), "ApproximateNumberOfMessagesVisible", len(_aside(lab))),
        *_release(lab, "delete_by", "partial"),
    )


def check(lab: Lab) -> Why | None:
    """The fate of each order since the mend, then what the agreement says."""
    since_ms = lab.settling_since(lab.now_ms - 60 * MINUTE_MS)
    return _ordinary(lab, since_ms) or _gifts(lab, since_ms) or _agreement(lab)


def _ordinary(lab: Lab, since_ms: int) -> Why | None:
    ledger, fleet = Ledger.of(lab), _fleet(lab)
    facts = _release(lab, "partial", "delete_by", "idempotent")
    innocent = _innocent(lab, since_ms)
    if innocent:
        return unmended(f"{len(innocent)} ordinary orders were set aside with what cannot be booked.", *facts)
    doubled = [key for key in ledger.duplicated(since_ms, at_most=10_000) if ledger.asked_at_ms(key) > since_ms]
    if doubled:
        return unmended(f"{len(doubled)} orders were booked more than once.", *facts)
    late = [
        key
        for key in ledger.lost(lab.now_ms, DEADLINE_MS, since_ms + 1, at_most=10_000)
        if key not in fleet.gifts and key in fleet.message_ids
    ]
    if late:
        return unmended(f"{len(late)} ordinary orders were not booked within ten minutes.", *facts)
    untried = [
        key for key in ledger.lost(lab.now_ms, DEADLINE_MS, since_ms + 1, 10_000) if key not in fleet.message_ids
    ]
    if untried:
        return unmended(f"{len(untried)} orders were not even tried, ten minutes after they were sent.", *facts)
    again = [key for key, times in fleet.attempts.items() if times > 1 and _is_new(lab, key, since_ms)]
    again = [key for key in again if key not in fleet.gifts]
    if again:
        return unmended(
            f"No order is booked twice, but {len(again)} ordinary ones were worked on again: they still come back with "
            "their batch.",
            *facts,
        )
    return None


def _is_new(lab: Lab, key: int, since_ms: int) -> bool:
    return Ledger.of(lab).asked_at_ms(key) > since_ms


def _gifts(lab: Lab, since_ms: int) -> Why | None:
    """What cannot be booked, and had its ten minutes."""
    fleet, aside = _fleet(lab), _aside(lab)
    redrive = shown(lab, lab.notes["queue_arn"], "RedrivePolicy", _attributes(lab).get("RedrivePolicy"))
    facts = (*_release(lab, "delete", "partial"), redrive)
    due = [
        key
        for key in fleet.gifts
        if _is_new(lab, key, since_ms) and Ledger.of(lab).asked_at_ms(key) < lab.now_ms - DEADLINE_MS
    ]
    for key in due:
        tries = fleet.attempts[key]
        if tries > ATTEMPTS:
            return unmended(f"An order that cannot be booked was tried {tries} times; {ATTEMPTS} were agreed.", *facts)
        if fleet.message_ids[key] not in aside:
            return unmended("An order that could not be booked is nowhere: it was deleted unbooked.", *facts)
        if tries != ATTEMPTS:
            return unmended(f"An order was set aside after {tries} attempts; {ATTEMPTS} were agreed.", *facts)
    return None


def _agreement(lab: Lab) -> Why | None:
    """What half an hour of traffic does not show."""
    told = _attributes(lab)
    policy = shown(lab, lab.notes["queue_arn"], "RedrivePolicy", told.get("RedrivePolicy"))
    if json.loads(policy.value or "{}").get("deadLetterTargetArn") != lab.queue_arn("orders-dlq"):
        return unmended("What cannot be booked is no longer set aside in orders-dlq.", policy)
    hidden = shown(lab, lab.notes["queue_arn"], "VisibilityTimeout", told["VisibilityTimeout"])
    if int(hidden.value) > VISIBILITY_S_MAX:
        return unmended("An order whose worker dies is not tried again in time.", hidden)
    return None
