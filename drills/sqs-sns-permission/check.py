"""Every order gets its invoice, and only the orders topic reaches the queue."""

from __future__ import annotations

from foulweather.drilling.judging import listed, shown, statements, too_broad, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

GRACE_MS = 2 * MINUTE_MS


def _waiting(lab: Lab, since_ms: int) -> list[int]:
    """Orders placed since then that have no invoice two minutes later."""
    notes = lab.notes
    return [
        order
        for order, placed_ms in notes["placed"].items()
        if since_ms < placed_ms <= lab.now_ms - GRACE_MS and order not in notes["invoiced"]
    ]


def symptom(lab: Lab) -> Why | None:
    """Orders of the last ten minutes without an invoice."""
    waiting = _waiting(lab, lab.now_ms - 10 * MINUTE_MS)
    if len(waiting) < 3:
        return None
    return unmended(
        f"{len(waiting)} orders of the last ten minutes have no invoice; the queue is empty.",
        Fact("billing", "orders without an invoice", len(waiting)),
        Fact(lab.notes["topic"], "NumberOfNotificationsFailed", _failed(lab)),
    )


def _failed(lab: Lab) -> int:
    return sum(1 for event in lab.world.journal if event.kind == "sns.NotificationFailed")


def check(lab: Lab) -> Why | None:
    """Traffic first, then the policy."""
    queue = lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["Policy"])
    policy = queue.get("Attributes", {}).get("Policy")
    seen = shown(lab, lab.notes["queue_arn"], "Policy", policy)
    waiting = _waiting(lab, lab.settling_since(lab.now_ms - 10 * MINUTE_MS))
    if waiting:
        return unmended(f"{len(waiting)} orders have no invoice two minutes after they were placed.", seen)
    broad = too_broad(policy, needs_source=True)
    if broad is not None:
        return unmended(f"Orders arrive, but the queue is open to more than its topic: {broad}.", seen)
    for statement in statements(policy):
        tests = statement.get("Condition", {})
        sources = [arn for test in tests.values() for arn in listed(test.get("aws:SourceArn"))]
        if lab.notes["other"] in sources or any("*" in source for source in sources):
            return unmended("Orders arrive, but another team's topic can still send to the billing queue.", seen)
    topics = lab.client("sns").list_subscriptions_by_topic(TopicArn=lab.notes["other"])["Subscriptions"]
    if any(one["Endpoint"] == lab.notes["queue_arn"] for one in topics):
        return unmended("The marketing topic is subscribed to the billing queue.", seen)
    return None
