"""Events of streams that are given up, and what the dead-letter target gets of them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.pipes import roles
from foulweather.services.pipes.shaping import Event, dumps, iso
from foulweather.services.pipes.state import Pipe, part

EXHAUSTED, AGED = "RetryAttemptsExhausted", "RecordAgeExceeded"


class Lost(NamedTuple):
    """Events that are given up: why, after how many attempts, and where they were."""

    condition: str
    attempts: int
    shard: str
    events: list[tuple[str, Event]]


async def discard(call: Call, pipe: Pipe, principal: Principal, lost: Lost) -> None:
    """Say that events are given up, and tell the dead-letter target where they were."""
    target: str = part(pipe.source_settings, "DeadLetterConfig").get("Arn") or ""
    settings = ("MaximumRetryAttempts", "MaximumRecordAgeInSeconds")
    call.happened(
        "pipes.Dropped", pipe.arn, pipe=pipe.name, dropped=len(lost.events), condition=lost.condition, target=target
    )
    facts = [call.fact(pipe.arn, name, pipe.source_settings[name]) for name in settings]
    why = Why(
        "dropped",
        f"{len(lost.events)} event(s) of shard {lost.shard} were given up after {lost.attempts} attempt(s): "
        f"{lost.condition}.",
        (*facts, Fact(pipe.arn, "DeadLetterConfig", target or None)),
    )
    call.explain("Discard", pipe.arn, why)
    if not target:
        return
    ports, text = roles.ports(call, principal, target), dumps(_record(call, pipe, lost))
    _, _, service, region, account, name = target.split(":", 5)
    if service == "sqs":
        url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
        await roles.answered(ports.sqs.send_message({"QueueUrl": url, "MessageBody": text}))
    else:
        await roles.answered(ports.sns.publish({"TopicArn": target, "Message": text}))


def _record(call: Call, pipe: Pipe, lost: Lost) -> dict[str, Any]:
    """Where the events were: they are in the stream for as long as it keeps them."""
    (first, oldest), (last, newest) = lost.events[0], lost.events[-1]
    return {
        "context": {"partnerResourceArn": pipe.arn, "condition": lost.condition},
        "version": "1.0",
        "timestamp": iso(call.now),
        "KinesisBatchInfo" if pipe.source_kind == "kinesis" else "DDBStreamBatchInfo": {
            "shardId": lost.shard,
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "approximateArrivalOfFirstRecord": iso(oldest.at_ms),
            "approximateArrivalOfLastRecord": iso(newest.at_ms),
            "batchSize": len(lost.events),
            "streamArn": pipe.source,
        },
    }
