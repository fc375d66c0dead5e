"""Reactions on the agenda, in the account and Region of the topic that they are about."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.sns.state import Delivery, SnsState

GUARD_MS = 5_000


def later(call: Call, when_ms: int, topic_arn: str, action: str, **args: Any) -> int:
    """Put a reaction down for a time, in this call's trace; whoever calls, it happens where the topic is."""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    return call.world.agenda.at(when_ms, action, args, account=account, region=region, trace_id=call.trace_id)


def guard(call: Call, state: SnsState, delivery: Delivery) -> None:
    """Note that a delivery is under way, and have somebody look, soon, whether it still is.

    So a message whose delivery was under way when the process died is not lost, and not late.
    """
    state.under_way[delivery.id] = look_later(call, delivery)


def look_later(call: Call, delivery: Delivery) -> int:
    """Have somebody look, soon, whether a delivery is still under way."""
    when_ms = call.world.clock.now_ms + GUARD_MS
    return later(call, when_ms, delivery.topic_arn, "sns.look_after", delivery=delivery.id)


def release(call: Call, state: SnsState, delivery: Delivery) -> None:
    """Note that an attempt is over."""
    call.world.agenda.cancel(state.under_way.pop(delivery.id, 0))
