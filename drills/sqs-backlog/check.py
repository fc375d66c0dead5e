"""No picture lost or rendered twice, and the oldest message young, which it only is where more leaves than comes."""

from __future__ import annotations

from stack import ALARM

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.kernel.why import Fact, Why

PAGED_AGE_S = 3600
AGE_S_MAX = 60
RETENTION_S_MIN = 86_400
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def _waiting(lab: Lab, at_most: int = 1_000_000) -> list[int]:
    """The pictures that are not rendered yet, the oldest first."""
    return Ledger.of(lab).lost(lab.now_ms, 0, 0, at_most)


def _age_s(lab: Lab) -> int:
    oldest = _waiting(lab, 1)
    return (lab.now_ms - Ledger.of(lab).asked_at_ms(oldest[0])) // 1000 if oldest else 0


def _workers(lab: Lab) -> tuple[Fact, ...]:
    settings = lab.apps["renderer"].settings
    return tuple(shown(lab, "renderer", key, settings[key]) for key in ("workers", "engine", "batch"))


def _count(lab: Lab, kind: str, since_ms: int) -> int:
    arn = lab.notes["queue_arn"]
    return sum(1 for one in lab.world.journal if one.at_ms > since_ms and one.kind == kind and one.resource == arn)


def symptom(lab: Lab) -> Why | None:
    """The alarm's own words."""
    age_s = _age_s(lab)
    if age_s <= PAGED_AGE_S:
        return None
    (alarm,) = lab.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    if alarm["StateValue"] != "ALARM":
        return None
    return unmended(
        f"The oldest message is {age_s} seconds old; {len(_waiting(lab))} pictures wait.",
        Fact(lab.notes["queue_arn"], "ApproximateAgeOfOldestMessage", age_s),
        *_workers(lab),
    )


def check(lab: Lab) -> Why | None:
    """Nothing thrown away, nothing twice; then the age, and that the next backlog is kept."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    told = lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["All"])["Attributes"]
    arn = lab.notes["queue_arn"]
    waiting, queued = len(_waiting(lab)), sum(int(told[name]) for name in COUNTS)
    if waiting > queued:
        return unmended(
            f"Gone: {waiting - queued} of the pictures were neither rendered nor are they in the queue.",
            shown(lab, arn, "MessageRetentionPeriod", told["MessageRetentionPeriod"]),
            Fact(arn, "messages", queued),
        )
    again = Ledger.of(lab).duplicated(lab.struck_at_ms)
    if again:
        return unmended(
            f"{len(again)} pictures or more were rendered twice: a worker still had them when others got them again.",
            shown(lab, arn, "VisibilityTimeout", told["VisibilityTimeout"]),
            *_workers(lab),
        )
    age_s = _age_s(lab)
    if age_s >= AGE_S_MAX:
        sent, deleted = _count(lab, "sqs.MessageSent", since_ms), _count(lab, "sqs.MessageDeleted", since_ms)
        return unmended(
            f"The oldest message is {age_s} seconds old; since the change {sent} were sent and {deleted} deleted.",
            Fact(arn, "ApproximateAgeOfOldestMessage", age_s),
            *_workers(lab),
        )
    if int(told["MessageRetentionPeriod"]) < RETENTION_S_MIN:
        return unmended(
            "The queue is drained, but the next backlog would be thrown away before it is a day old.",
            shown(lab, arn, "MessageRetentionPeriod", told["MessageRetentionPeriod"]),
        )
    return None
