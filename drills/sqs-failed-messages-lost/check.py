"""An order is booked once, or it is set aside after three attempts, and kept for fourteen days."""

from __future__ import annotations

import json
from typing import Any, cast

from stack import ATTEMPTS, KEPT_S, OrderWorker

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Ledger
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

GRACE_MS = 6 * MINUTE_MS
"""Three attempts, thirty seconds apart, and some to spare."""
RETENTION_S_MIN = 345_600
VISIBILITY_S_MAX = 1_200


def _fleet(lab: Lab) -> OrderWorker:
    return cast(OrderWorker, lab.apps["order-worker"])


def _attributes(lab: Lab, queue_url: str) -> dict[str, str]:
    return lab.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"]).get("Attributes", {})


def _facts(lab: Lab) -> tuple[Fact, Fact]:
    """When the worker deletes, and where the queue puts what failed."""
    policy = _attributes(lab, lab.notes["queue"]).get("RedrivePolicy")
    return (
        shown(lab, "order-worker", "delete", _fleet(lab).settings["delete"]),
        shown(lab, lab.notes["queue_arn"], "RedrivePolicy", policy),
    )


def _set_aside(lab: Lab) -> dict[str, str]:
    """The messages that the queue set aside, by id, and where to."""
    return {
        event.facts["message_id"]: event.facts["target"]
        for event in lab.world.journal
        if event.kind == "sqs.MessageDeadLettered" and event.resource == lab.notes["queue_arn"]
    }


def symptom(lab: Lab) -> Why | None:
    """Orders of the last half hour that were received, failed, and are nowhere."""
    since_ms = max(lab.struck_at_ms, lab.now_ms - 30 * MINUTE_MS)
    ledger, fleet, aside = Ledger.of(lab), _fleet(lab), _set_aside(lab)
    missing = [
        key
        for key in ledger.lost(lab.now_ms, 3 * MINUTE_MS, since_ms)
        if key in fleet.message_ids and fleet.message_ids[key] not in aside
    ]
    if len(missing) < 5:
        return None
    received = fleet.records.since(since_ms)
    errors = sum(1 for line in fleet.log if line.at_ms >= since_ms and line.text.startswith("failed"))
    return unmended(
        f"{len(missing)} orders of the last half hour were received and never booked; the queue is empty.",
        Fact("order-worker", "failures in its log", errors),
        Fact("order-worker", "calls that went well", received.calls),
        *_facts(lab),
    )


def check(lab: Lab) -> Why | None:
    """Each order's fate since the mend, then what the agreement says about the queues."""
    since_ms = lab.settling_since(lab.now_ms - 60 * MINUTE_MS)
    return _fates(lab, since_ms) or _agreement(lab)


def _fates(lab: Lab, since_ms: int) -> Why | None:
    ledger, fleet, aside = Ledger.of(lab), _fleet(lab), _set_aside(lab)
    facts = _facts(lab)
    doubled = ledger.duplicated(since_ms, at_most=10_000)
    if doubled:
        return unmended(f"{len(doubled)} orders were booked more than once.", *facts)
    untried: list[int] = []
    nowhere: list[int] = []
    restless: list[int] = []
    for key in ledger.lost(lab.now_ms, GRACE_MS, since_ms, at_most=10_000):
        if fleet.message_ids.get(key) in aside:
            tries = fleet.attempts[key]
            if tries != ATTEMPTS:
                kind = "An order" if key in fleet.vouchers else "An order that the next attempt would have booked"
                return unmended(f"{kind} was set aside after {tries} attempts; {ATTEMPTS} were agreed.", *facts)
        elif key not in fleet.attempts:
            untried.append(key)
        elif fleet.attempts[key] > ATTEMPTS:
            restless.append(key)
        else:
            nowhere.append(key)
    if untried:
        return unmended(f"{len(untried)} orders were not even tried, minutes after they were sent.", *facts)
    # Those between two attempts are on the queue; SQS counts them.
    source = _attributes(lab, lab.notes["queue"])
    held = int(source["ApproximateNumberOfMessages"]) + int(source["ApproximateNumberOfMessagesNotVisible"])
    if len(nowhere) > held:
        return unmended(f"{len(nowhere)} orders were not booked, and were not set aside either.", *facts)
    if restless:
        most = max(fleet.attempts[key] for key in restless)
        cause = (
            f"{len(restless)} orders fail again and again (up to {most} times so far), until the queue forgets them."
        )
        return unmended(cause, *facts)
    return None


def _agreement(lab: Lab) -> Why | None:
    """What traffic of an hour does not show."""
    deletes, redrive = _facts(lab)
    if deletes.value != "after-success":
        return unmended("Messages are deleted that were not processed.", deletes)
    source = _attributes(lab, lab.notes["queue"])
    if int(source["MessageRetentionPeriod"]) < RETENTION_S_MIN:
        kept = shown(lab, lab.notes["queue_arn"], "MessageRetentionPeriod", source["MessageRetentionPeriod"])
        return unmended("Orders that wait a while are forgotten: a long weekend without workers loses them.", kept)
    if int(source["VisibilityTimeout"]) > VISIBILITY_S_MAX:
        hidden = shown(lab, lab.notes["queue_arn"], "VisibilityTimeout", source["VisibilityTimeout"])
        return unmended("Three attempts take longer than an hour.", hidden)
    policy: dict[str, Any] = json.loads(redrive.value or "{}")
    if int(policy.get("maxReceiveCount", 0)) != ATTEMPTS:
        return unmended(f"The queue does not set messages aside after {ATTEMPTS} attempts.", redrive)
    target = str(policy["deadLetterTargetArn"])
    try:
        url = lab.queue_url(target.rpartition(":")[2])
    except AwsError:
        return unmended("The queue for what failed does not exist.", redrive)
    aside = _attributes(lab, url)
    if int(aside["MessageRetentionPeriod"]) < KEPT_S:
        kept = shown(lab, target, "MessageRetentionPeriod", aside["MessageRetentionPeriod"])
        return unmended("What was set aside is forgotten before fourteen days are over.", kept)
    allow: dict[str, Any] = json.loads(aside.get("RedriveAllowPolicy", "{}"))
    if allow.get("redrivePermission") != "byQueue" or allow.get("sourceQueueArns") != [lab.notes["queue_arn"]]:
        fact = shown(lab, target, "RedriveAllowPolicy", aside.get("RedriveAllowPolicy"))
        return unmended("Other queues than orders may set messages aside there.", fact)
    return None
