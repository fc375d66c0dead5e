"""Every event reaches the warehouse, exactly once, in its order's order."""

from __future__ import annotations

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger, Report
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = MINUTE_MS


def _report(lab: Lab, since_ms: int) -> Report:
    return Ledger.of(lab).report(since_ms=since_ms, now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)


def _missing(lab: Lab, told: Report) -> Why:
    arn = lab.notes["queue_arn"]
    release = shown(lab, "shop", "deduplication", lab.apps["shop"].settings["deduplication"])
    return unmended(
        f"{told.lost} of {told.judged} events did not reach the warehouse within a minute of being sent.",
        release,
        Fact(arn, "duplicates not delivered", _suppressed(lab)),
    )


def _suppressed(lab: Lab) -> int:
    since_ms = lab.now_ms - 10 * MINUTE_MS
    return sum(1 for one in lab.world.journal if one.kind == "sqs.MessageDeduplicated" and one.at_ms >= since_ms)


def symptom(lab: Lab) -> Why | None:
    """Events of the last ten minutes that have not reached the warehouse."""
    told = _report(lab, lab.now_ms - 10 * MINUTE_MS)
    return _missing(lab, told) if told.lost >= 20 else None


def check(lab: Lab) -> Why | None:
    """Traffic since the mend: nothing missing, nothing twice, nothing out of order; then that retries are harmless."""
    told = _report(lab, lab.settling_since(lab.now_ms - 10 * MINUTE_MS))
    shop = lab.apps["shop"].settings
    release = shown(lab, "shop", "deduplication", shop["deduplication"])
    if told.lost - told.late:
        return _missing(lab, told)
    if told.duplicated:
        return unmended(
            f"{told.duplicated} of {told.asked} events reached the warehouse twice: "
            "each is a send whose answer got lost, and which was sent again.",
            release,
            shown(lab, "shop", "queue", shop["queue"]),
        )
    if told.out_of_order:
        return unmended(f"{told.out_of_order} events reached the warehouse after a later one of their order.", release)
    if told.late:
        return unmended(f"{told.late} of {told.judged} events took more than a minute.", release)
    return _harmful(lab, shop["queue"], release)


def _harmful(lab: Lab, name: str, release: Fact) -> Why | None:
    sqs = lab.client("sqs")
    try:
        url = lab.queue_url(name)
    except AwsError as error:
        return unmended(f"The queue that the shop sends to is gone: {error.code}.", release)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    if attributes.get("FifoQueue") != "true" or release.value == "random":
        return unmended("A send that is repeated is a second event.", release)
    if "RedrivePolicy" not in attributes:
        return unmended("What cannot be handled has no dead-letter queue.", shown(lab, name, "RedrivePolicy", None))
    return None
