"""A batch on its way: enriched, shaped, sent, and what of it has to go once more.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.pipes import roles, sending, shaping
from foulweather.services.pipes.enriching import ENRICHERS
from foulweather.services.pipes.logging import Exchange, Log
from foulweather.services.pipes.sending import Item, Sending, Sent
from foulweather.services.pipes.shaping import Event
from foulweather.services.pipes.state import Pipe, part

ENRICHMENT, TARGET = "Enrichment", "Target"
_THROTTLED = ("Throttl", "TooManyRequests", "ProvisionedThroughputExceeded", "RequestLimitExceeded")


class Outcome(NamedTuple):
    """What of a batch is to be tried again, by place, and why; `stage` is where it failed."""

    failed: frozenset[int] = frozenset()
    error: AwsError | None = None
    stage: str = ""


async def carry(call: Call, pipe: Pipe, principal: Principal, events: Sequence[Event]) -> Outcome:
    """Take a batch through the pipe once."""
    began_ms, log = call.now, Log(call, pipe)
    log.step("EXECUTION_STARTED", payload=[event.record for event in events])
    outcome = await _carried(call, pipe, principal, events, log)
    call.reread_clock()
    log.step(_ending(outcome, len(events)), error=outcome.error)
    call.happened(
        "pipes.Executed",
        pipe.arn,
        pipe=pipe.name,
        events=len(events),
        bytes=sum(len(shaping.dumps(event.record)) for event in events),
        took_ms=call.now - began_ms,
        failed=len(outcome.failed),
        stage=outcome.stage,
        throttled=outcome.error is not None and is_throttled(outcome.error),
    )
    await log.deliver()
    return outcome


def _ending(outcome: Outcome, count: int) -> str:
    if outcome.error is None:
        return "EXECUTION_SUCCEEDED"
    if is_throttled(outcome.error):
        return "EXECUTION_THROTTLED"
    return "EXECUTION_FAILED" if len(outcome.failed) == count else "EXECUTION_PARTIALLY_FAILED"


async def _carried(call: Call, pipe: Pipe, principal: Principal, events: Sequence[Event], log: Log) -> Outcome:
    everything = frozenset(range(len(events)))
    try:
        items, is_one_each = await _enriched(call, pipe, principal, events, log)
    except AwsError as error:
        log.step("ENRICHMENT_STAGE_FAILED", error=error)
        return Outcome(everything, error, ENRICHMENT)
    call.reread_clock()
    if not items:
        call.happened("pipes.TargetSkipped", pipe.arn, pipe=pipe.name)
        log.step("TARGET_STAGE_SKIPPED")
        return Outcome()
    exchange = Exchange(roles.ports(call, principal, pipe.target))
    _note_target(log, pipe, items)
    try:
        sent = await sending.send(Sending(call, exchange.watched(), pipe, sending.own_settings(pipe)), items)
        outcome = _after(events, sent, pipe.target, is_one_each=is_one_each)
    except AwsError as error:
        outcome = Outcome(everything, error, TARGET)
    ending = "SUCCEEDED" if outcome.error is None else "FAILED"
    if outcome.error is not None and len(outcome.failed) < len(events):
        ending = "PARTIALLY_FAILED"
    log.step(f"TARGET_INVOCATION_{ending}", exchange=exchange, error=outcome.error)
    payload = [shaping.as_json(item.text) for item in items] if outcome.error is None else None
    log.step(f"TARGET_STAGE_{ending}", payload=payload, error=outcome.error)
    return outcome


def _note_target(log: Log, pipe: Pipe, items: Sequence[Item]) -> None:
    log.step("TARGET_STAGE_ENTERED")
    if part(pipe.settings, "TargetParameters").get("InputTemplate"):
        log.step("TARGET_TRANSFORMATION_STARTED")
        log.step("TARGET_TRANSFORMATION_SUCCEEDED", payload=[shaping.as_json(item.text) for item in items])
    log.step("TARGET_INVOCATION_STARTED")


def _after(events: Sequence[Event], sent: Sent, target: str, *, is_one_each: bool) -> Outcome:
    """What a target did not take of a batch."""
    everything = frozenset(range(len(events)))
    if sent.places:
        failed = frozenset(sent.places) if is_one_each else everything
        return Outcome(failed, next(iter(sent.places.values())), TARGET)
    told = frozenset(place for place, event in enumerate(events) if event.id in sent.ids)
    if len(told) < len(sent.ids):
        told = everything  # an identifier that is none of the batch's: nothing is known to have gone well
    if told:
        facts = tuple(Fact(target, "batchItemFailures", each) for each in sorted(sent.ids))
        return Outcome(told, AwsError("CustomerInvocationError", "The target told of failures.", facts=facts), TARGET)
    return Outcome()


async def _enriched(
    call: Call, pipe: Pipe, principal: Principal, events: Sequence[Event], log: Log
) -> tuple[list[Item], bool]:
    """What goes to the target, and whether it is an item for each event."""
    arn: str = pipe.settings.get("Enrichment") or ""
    if not arn:
        return [_item(call, pipe, event.document, event.record) for event in events], True
    template: str = part(pipe.settings, "EnrichmentParameters").get("InputTemplate") or ""
    log.step("ENRICHMENT_STAGE_ENTERED")
    if template:
        log.step("ENRICHMENT_TRANSFORMATION_STARTED")
    asked = [
        shaping.as_json(shaping.shaped(pipe, template, event.document, event.record, call.now))
        if template
        else event.record
        for event in events
    ]
    if template:
        log.step("ENRICHMENT_TRANSFORMATION_SUCCEEDED", payload=asked)
    enrich, exchange = ENRICHERS[arn.split(":", 3)[2]], Exchange(roles.ports(call, principal, arn))
    log.step("ENRICHMENT_INVOCATION_STARTED")
    try:
        answer = await enrich(call, exchange.watched(), arn, shaping.dumps(asked))
    except AwsError as error:
        log.step("ENRICHMENT_INVOCATION_FAILED", exchange=exchange, error=error)
        raise
    log.step("ENRICHMENT_INVOCATION_SUCCEEDED", exchange=exchange)
    call.reread_clock()
    told = shaping.items_of(answer)
    log.step("ENRICHMENT_STAGE_SUCCEEDED", payload=told)
    return [_item(call, pipe, each, each) for each in told], len(told) == len(events)


def _item(call: Call, pipe: Pipe, document: Any, plain: Any) -> Item:
    template: str = part(pipe.settings, "TargetParameters").get("InputTemplate") or ""
    text = shaping.shaped(pipe, template, document, plain, call.now) if template else shaping.text_of(plain)
    return Item(text, shaping.mapping_of(document))


def is_throttled(error: AwsError) -> bool:
    """Whether it was only too fast."""
    return error.status == 429 or any(word in error.code for word in _THROTTLED)


def explain(call: Call, pipe: Pipe, outcome: Outcome, count: int, then: str) -> None:
    """Put on record why events did not reach the target, and what becomes of them."""
    error = outcome.error
    assert error is not None
    arn = pipe.target if outcome.stage == TARGET else pipe.settings.get("Enrichment")
    facts = (call.fact(pipe.arn, outcome.stage, arn), call.fact(pipe.arn, "RoleArn", pipe.role))
    cause = f"{len(outcome.failed)} of {count} event(s) of {pipe.source} failed at the {outcome.stage.lower()}: {then}"
    call.explain(outcome.stage, pipe.arn, Why("failed", cause, facts, error.why.remedy, (error.why,)), error.code)
