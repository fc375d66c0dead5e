"""Reactions on the agenda, in the account and Region of the topic that they are about."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call

GUARD_MS = 3_600_000


def later(call: Call, when_ms: int, topic_arn: str, action: str, **args: Any) -> int:
    """Put a reaction down for a time, in this call's trace; whoever calls, it happens where the topic is."""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    return call.world.agenda.at(when_ms, action, args, account=account, region=region, trace_id=call.trace_id)


def guard(call: Call, topic_arn: str, delivery: str) -> int:
    """Have a delivery that is being waited for made again later; its outcome strikes this from the agenda.

    So a message whose delivery was under way when the process died is not lost.
    """
    return later(call, call.now + GUARD_MS, topic_arn, "sns.deliver", delivery=delivery)
