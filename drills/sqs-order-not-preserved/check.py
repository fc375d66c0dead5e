"""Each order's events take effect in order, in time, once, and what cannot be handled has a place to go."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger, Report
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = MINUTE_MS
SERVED_PERMILLE_MIN = 980


def _report(lab: Lab, since_ms: int) -> Report:
    return Ledger.of(lab).report(since_ms=since_ms, now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)


def _facts(lab: Lab, arn: str, name: str) -> tuple[Fact, ...]:
    fifo = "true" if name.endswith(".fifo") else "false (a standard queue)"
    return (
        shown(lab, arn, "FifoQueue", fifo),
        shown(lab, "orders-worker", "workers", lab.apps["orders-worker"].settings["workers"]),
        shown(lab, "shop", "grouping", lab.apps["shop"].settings["grouping"]),
    )


def symptom(lab: Lab) -> Why | None:
    """Events of the last ten minutes that were handled after a later one of their order."""
    told = _report(lab, lab.now_ms - 10 * MINUTE_MS)
    if told.out_of_order < 10:
        return None
    return unmended(
        f"{told.out_of_order} of {told.asked} events were handled after a later one of their order.",
        *_facts(lab, lab.notes["queue_arn"], "orders"),
    )


def check(lab: Lab) -> Why | None:
    """Traffic first, then the queue that carries it."""
    told = _report(lab, lab.settling_since(lab.now_ms - 10 * MINUTE_MS))
    name = lab.apps["shop"].settings["queue"]
    attributes = _attributes(lab, name)
    facts = _facts(lab, attributes.get("QueueArn", name), name)
    if told.served_permille < SERVED_PERMILLE_MIN:
        late = told.judged - told.served
        return unmended(f"{late} of {told.judged} events were not handled, once, within a minute.", *facts)
    if told.out_of_order:
        return unmended(
            f"{told.out_of_order} of {told.asked} events were handled after a later one of their order.", *facts
        )
    if lab.apps["orders-worker"].settings["queue"] != name:
        return unmended("The workers poll another queue than the one that the shop sends to.", *facts)
    left = 0 if name == "orders" else int(_attributes(lab, "orders").get("ApproximateNumberOfMessages", 0))
    if left:
        return unmended(f"{left} events were left behind in the old queue; nobody handles them.", *facts)
    if name.endswith(".fifo"):
        return _dead_letters(lab, attributes)
    # With one worker at night any queue keeps order; once the campaign runs, only a FIFO queue does.
    return None if not lab.struck_at_ms else unmended("Nothing keeps the order; it only happened to be kept.", *facts)


def _attributes(lab: Lab, name: str) -> dict[str, Any]:
    sqs = lab.client("sqs")
    try:
        url = lab.queue_url(name)
    except AwsError:
        return {}
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})


def _dead_letters(lab: Lab, attributes: dict[str, Any]) -> Why | None:
    policy = attributes.get("RedrivePolicy")
    target = json.loads(policy).get("deadLetterTargetArn", "") if policy else ""
    if target and _attributes(lab, target.rpartition(":")[2]):
        return None
    return unmended(
        "Order is kept, but an event that cannot be handled has no dead-letter queue to go to: "
        "it would hold up its group until it expires.",
        shown(lab, attributes["QueueArn"], "RedrivePolicy", policy),
    )
