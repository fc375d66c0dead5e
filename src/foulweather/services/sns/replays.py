"""ReplayPolicy: which archived messages a subscription wants again.

https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import msgspec

from foulweather.services.sns.limits import invalid_parameter
from foulweather.services.sns.state import Subscription, Topic
from foulweather.services.sns.topic_attributes import kept_days

PENDING, IN_PROGRESS, COMPLETED = "Pending", "In progress", "Completed"


class Replay(NamedTuple):
    """The span of time whose messages are replayed; without an end, new messages follow."""

    from_ms: int
    until_ms: int | None


def checked_replay(topic: Topic, text: str, prefix: str) -> None:
    """A ReplayPolicy: a starting point, and perhaps an ending point, by time."""
    if not topic.is_fifo:
        raise invalid_parameter(f"{prefix}ReplayPolicy: ReplayPolicy is only supported for FIFO topics")
    replay = replay_of(text, prefix)
    if replay is not None and not kept_days(topic):
        raise invalid_parameter(f"{prefix}ReplayPolicy: The topic does not have an ArchivePolicy")
    if replay is not None and replay.until_ms is not None and replay.until_ms <= replay.from_ms:
        raise invalid_parameter(f"{prefix}ReplayPolicy: EndingPoint must be after StartingPoint")


def replay_of(text: str | None, prefix: str = "") -> Replay | None:
    """The span of a ReplayPolicy."""
    if not text:
        return None
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise invalid_parameter(f"{prefix}ReplayPolicy: failed to parse JSON.") from None
    if document == {}:
        return None
    members = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if members.get("PointType") != "Timestamp":
        raise invalid_parameter(f"{prefix}ReplayPolicy: PointType must be Timestamp")
    start, end = _ms(members.get("StartingPoint")), _ms(members.get("EndingPoint"))
    if start is None:
        raise invalid_parameter(f"{prefix}ReplayPolicy: StartingPoint must be a timestamp")
    if end is None and members.get("EndingPoint") is not None:
        raise invalid_parameter(f"{prefix}ReplayPolicy: EndingPoint must be a timestamp")
    return Replay(start, end)


def follows_new(subscription: Subscription) -> bool:
    """Whether newly published messages go to a subscription: not during a replay, nor after one with an end."""
    if not subscription.replay_status:
        return True
    replay = replay_of(subscription.attributes.get("ReplayPolicy"))
    return subscription.replay_status == COMPLETED and (replay is None or replay.until_ms is None)


def _ms(value: Any) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1000 + moment.microsecond // 1000
