"""Few empty receives, every ticket within a second, three workers."""

from __future__ import annotations

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 1000
WORKERS = 3
SHORT_POLLS_PER_MIN = 900
"""Three workers, five calls a second each: what the incident brings."""
EMPTY_PER_MIN_MAX = SHORT_POLLS_PER_MIN // 10


def _empty_per_min(lab: Lab, since_ms: int) -> int:
    """Empty receives a minute, over the whole minutes since then."""
    first, end = -(-since_ms // MINUTE_MS), lab.now_ms // MINUTE_MS
    counted: dict[int, int] = lab.notes["empty"]
    return sum(counted.get(minute, 0) for minute in range(first, end)) // max(1, end - first)


def _wait(lab: Lab) -> Fact:
    queue = lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["All"])
    name = "ReceiveMessageWaitTimeSeconds"
    return shown(lab, lab.notes["queue_arn"], name, queue["Attributes"].get(name))


def _release(lab: Lab) -> tuple[Fact, ...]:
    settings = lab.apps["kitchen-printer"].settings
    return tuple(shown(lab, "kitchen-printer", key, settings[key]) for key in ("workers", "wait", "pause_ms"))


def symptom(lab: Lab) -> Why | None:
    """The empty receives of the last three minutes."""
    rate = _empty_per_min(lab, lab.now_ms - 3 * MINUTE_MS)
    if rate < SHORT_POLLS_PER_MIN * 9 // 10:
        return None
    return unmended(
        f"{rate} empty receives a minute: {rate * 60 * 24 * 30:,} requests a month that bring nothing.", _wait(lab)
    )


def check(lab: Lab) -> Why | None:
    """Tickets first, then what they cost."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    told = Ledger.of(lab).report(since_ms=since_ms, now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)
    if told.served < told.judged:
        return unmended(
            f"{told.judged - told.served} of {told.judged} tickets were not printed, once, within a second.",
            _wait(lab),
            *_release(lab),
        )
    rate = _empty_per_min(lab, since_ms)
    if rate > EMPTY_PER_MIN_MAX:
        return unmended(
            f"Still {rate} empty receives a minute; 90 percent less would be at most {EMPTY_PER_MIN_MAX}.",
            _wait(lab),
            *_release(lab),
        )
    if int(lab.apps["kitchen-printer"].settings["workers"]) < WORKERS:
        return unmended("There is no longer a worker in each of the three Availability Zones.", *_release(lab))
    return None
