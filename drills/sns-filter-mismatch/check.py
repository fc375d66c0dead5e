"""Each event reaches the queues that it belongs in, once, and no other."""

from __future__ import annotations

import json
from typing import Any, cast

from stack import WANTED, Consumer, Shop

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

GRACE_MS = 3 * MINUTE_MS
LOOSE = {"anything-but", "prefix", "wildcard", "exists"}
"""Rules that match types which nobody has thought of yet."""


class Column:
    """What one queue got of the events since a time."""

    def __init__(self, lab: Lab, queue: str, since_ms: int) -> None:
        published = cast(Shop, lab.apps["shop"]).published
        got = cast(Consumer, lab.apps[queue]).got
        recent = {key: kind for key, (kind, at_ms) in published.items() if at_ms >= since_ms}
        due = lab.now_ms - GRACE_MS
        self.missing = [
            key for key in recent if self._is_missing(published[key], WANTED[queue], due) and key not in got
        ]
        self.foreign = sorted({kind for key, kind in recent.items() if key in got and kind not in WANTED[queue]})
        self.twice = [key for key in recent if got.get(key, 0) > 1]

    @staticmethod
    def _is_missing(published: tuple[str, int], wanted: tuple[str, ...], due_ms: int) -> bool:
        kind, at_ms = published
        return kind in wanted and at_ms <= due_ms


def _filtered_out(lab: Lab, since_ms: int) -> int:
    """How many notifications since then were dropped because the event had no attributes at all."""
    return sum(
        1
        for event in lab.world.journal
        if event.kind == "sns.NotificationFilteredOut"
        and event.at_ms >= since_ms
        and event.facts["reason"] == "NoMessageAttributes"
    )


def _subscriptions(lab: Lab, queue: str) -> list[str]:
    arn = lab.queue_arn(queue)
    found = lab.client("sns").list_subscriptions_by_topic(TopicArn=lab.notes["topic"])["Subscriptions"]
    return [one["SubscriptionArn"] for one in found if one["Endpoint"] == arn]


def _filters(lab: Lab, queue: str) -> list[Fact]:
    """The filter policies in front of a queue, with who set them."""
    facts: list[Fact] = []
    for arn in _subscriptions(lab, queue):
        attributes: dict[str, Any] = lab.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        for name in ("FilterPolicy", "FilterPolicyScope"):
            facts.append(shown(lab, arn, name, attributes.get(name)))
    return facts or [Fact(f"queue {queue}", "subscriptions", 0)]


def symptom(lab: Lab) -> Why | None:
    """New orders that inventory has not heard of."""
    since_ms = lab.now_ms - 15 * MINUTE_MS
    missing = Column(lab, "inventory", since_ms).missing
    if len(missing) < 5:
        return None
    return unmended(
        f"{len(missing)} orders of the last quarter of an hour have no stock reserved; the queue inventory is empty.",
        Fact(lab.notes["topic"], "NumberOfNotificationsFilteredOut-NoMessageAttributes", _filtered_out(lab, since_ms)),
        *_filters(lab, "inventory"),
    )


def check(lab: Lab) -> Why | None:
    """The matrix of events and queues first, then whether the filters would hold for a new type."""
    since_ms = lab.settling_since(lab.now_ms - 60 * MINUTE_MS)
    for queue, wanted in WANTED.items():
        column, filters = Column(lab, queue, since_ms), _filters(lab, queue)
        if column.missing:
            filtered = Fact(
                lab.notes["topic"],
                "NumberOfNotificationsFilteredOut-NoMessageAttributes",
                _filtered_out(lab, since_ms),
            )
            cause = f"{len(column.missing)} events that belong in {queue} did not reach it within three minutes."
            return unmended(cause, filtered, *filters)
        if column.foreign:
            cause = (
                f"Events arrive, but {queue} also gets {', '.join(column.foreign)}; only {', '.join(wanted)} is its."
            )
            return unmended(cause, *filters)
        if column.twice:
            return unmended(f"{queue} got {len(column.twice)} events more than once.", *filters)
    return _loose(lab)


def _loose(lab: Lab) -> Why | None:
    """A filter that says who stays out, not who gets in."""
    for queue in WANTED:
        for one in _filters(lab, queue):
            policy = json.loads(one.value) if one.property == "FilterPolicy" and one.value else None
            if one.property == "FilterPolicy" and not policy:
                return unmended(f"Nothing filters what reaches {queue}: a new type of event would get in.", one)
            if policy and any(rule.keys() & LOOSE for rule in _rules(policy)):
                return unmended(f"The right events arrive, but a new type of event could get into {queue}, too.", one)
    return None


def _rules(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """What a policy says about the type, beyond plain values."""
    found: list[dict[str, Any]] = []
    for key, value in policy.items():
        if key == "$or":
            found += [rule for part in value for rule in _rules(part)]
        elif key in ("type", "event_type"):
            found += [rule for rule in value if isinstance(rule, dict)]
    return found
