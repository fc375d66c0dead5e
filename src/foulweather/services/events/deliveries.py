"""What becomes of a delivery: invoked, tried again, put into a dead-letter queue, or dropped, with the reason.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.events import api_endpoints, forwarding, inputs, limits, requesting, routing, sending
from foulweather.services.events.state import Consignment, Delivery, EventsState, Parcel, Rule, part, takes_at_once

GUARD_MS = 5_000
API_DESTINATION = ":api-destination/"
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "KmsThrottled",
        "KMSThrottlingException",
    }
)


def deliver_all(call: Call, state: EventsState, consignment: Consignment) -> None:
    """Make the first attempt of every delivery of a consignment; those that fail go on by themselves."""
    tracing.carry(call, tracing.read(consignment.trace_header), is_of_caller=False)
    for owed in consignment.owed:
        rule = state.rules.get(owed.rule)
        target = rule.targets.get(owed.target) if rule is not None else None
        if rule is None or target is None:
            continue  # the rule or the target was removed meanwhile
        events = [consignment.events[place] for place in owed.events]
        if takes_at_once(target):
            _deliver_at_once(call, state, rule, target, consignment, events)
            continue
        for event in events:  # another target has its id by now
            delivery = _delivery(call, rule, target, consignment, event)
            state.deliveries.put(delivery.id, delivery)
            routing.later(call, call.now, rule, "events.deliver", delivery=delivery.id)
    state.consignments.delete(consignment.id)


def _deliver_at_once(
    call: Call,
    state: EventsState,
    rule: Rule,
    target: dict[str, Any],
    consignment: Consignment,
    events: list[Parcel],
) -> None:
    send, name, ingested_ms = sending.at_once(call, rule, target), target["Id"], consignment.ingested_ms
    for event in events:
        try:
            answer = send(inputs.shaped(rule, target, event.text, ingested_ms))
        except AwsError as error:
            answer = _raised(error)
        else:
            if answer.__class__ is dict or not inspect.isawaitable(answer):
                call.happened(
                    "events.Invoked", rule.arn, rule=rule.name, bus=rule.bus, target=name, event=event.id,
                    attempts=1, dwell_ms=call.now - ingested_ms, succeeded=True,
                )  # fmt: skip
                continue
        delivery = _delivery(call, rule, target, consignment, event)
        delivery.attempts = 1
        _begin(call, state, delivery)
        call.world.started()
        task = asyncio.ensure_future(_settle(call, state, rule, target, delivery, answer))
        state.running.add(task)
        task.add_done_callback(state.running.discard)


async def _raised(error: AwsError) -> None:
    raise error


async def _settle(
    call: Call, state: EventsState, rule: Rule, target: dict[str, Any], delivery: Delivery, answer: Awaitable[Any]
) -> None:
    """Wait for the answer to an attempt, and see to what comes of it."""
    call.world.ended()
    with call.world.flight():
        await _concluded(call, state, rule, target, delivery, answer)


async def attempt(call: Call, state: EventsState, delivery: Delivery) -> None:
    """Make the next attempt of a delivery, and see to what comes of it."""
    if delivery.id in state.under_way:
        return
    rule = state.rules.get(delivery.rule)
    target = rule.targets.get(delivery.target) if rule is not None else None
    if rule is None or target is None:
        state.deliveries.delete(delivery.id)  # the rule or the target was removed meanwhile
        return
    if _is_paced(call, rule, target, delivery):
        state.deliveries.touch(delivery.id)
        return
    # "EventBridge passes the original trace header to the target" (eb-xray-integ), and to a dead-letter queue.
    tracing.carry(call, tracing.read(delivery.trace_header), is_of_caller=False)
    delivery.attempts += 1
    _begin(call, state, delivery)
    await _concluded(call, state, rule, target, delivery, _invoked(call, rule, target, delivery))


async def _invoked(call: Call, rule: Rule, target: dict[str, Any], delivery: Delivery) -> bool:
    """Invoke a target; False where an event is not sent on at all."""
    if ":event-bus/" in target["Arn"]:
        return await forwarding.forward(call, rule, target, delivery)
    text = inputs.shaped(rule, target, delivery.event, delivery.ingested_ms)
    send = requesting.invoke if API_DESTINATION in target["Arn"] else sending.send
    if sending.kind_of(target["Arn"]) == api_endpoints.KIND:
        send = api_endpoints.invoke
    await send(call, rule, target, delivery, text)
    return True


async def _concluded(
    call: Call, state: EventsState, rule: Rule, target: dict[str, Any], delivery: Delivery, answer: Awaitable[Any]
) -> None:
    try:
        is_sent = await answer is not False
    except AwsError as error:
        call.reread_clock()
        await _failed(call, state, rule, target, delivery, error)
    else:
        call.reread_clock()
        _forget(state, delivery)
        if is_sent:
            _note(call, "events.Invoked", rule, delivery, succeeded=True)


def _delivery(call: Call, rule: Rule, target: dict[str, Any], consignment: Consignment, event: Parcel) -> Delivery:
    id, at_ms = call.world.ids.uuid(), consignment.ingested_ms
    return Delivery(
        id, rule.key, target["Id"], event.id, event.text, at_ms, at_ms, event.crossed,
        trace_header=consignment.trace_header,
    )  # fmt: skip


def _begin(call: Call, state: EventsState, delivery: Delivery) -> None:
    """Note that an attempt has begun: if the process dies before it ends, it is made again."""
    delivery.is_under_way = True
    state.under_way.add(delivery.id)
    state.deliveries.put(delivery.id, delivery)
    keep_guard(call, state)


def keep_guard(call: Call, state: EventsState) -> None:
    """Have somebody look, soon after a restart, for what was under way: one entry of the agenda for all of it."""
    if not state.guard:
        state.guard = call.later(call.world.clock.now_ms + GUARD_MS, "events.resume")


def resume(call: Call, state: EventsState) -> None:
    """Make the attempts anew that were under way when the process ended."""
    state.guard = 0
    stale, state.stale = state.stale, []
    for id in stale:
        if id in state.deliveries:
            call.later(call.now, "events.deliver", delivery=id)
    if state.under_way:
        keep_guard(call, state)


def _is_paced(call: Call, rule: Rule, target: dict[str, Any], delivery: Delivery) -> bool:
    """Put a delivery off to when its API destination's rate allows it."""
    if API_DESTINATION not in target["Arn"]:
        return False
    if 0 < delivery.slot_ms <= call.now:
        delivery.slot_ms = 0  # another attempt needs another slot
        return False
    slot_ms = requesting.slot_ms(call, target["Arn"], call.now)
    if slot_ms <= call.now:
        return False
    delivery.slot_ms = slot_ms
    routing.later(call, slot_ms, rule, "events.deliver", delivery=delivery.id)
    return True


def is_retried(error: AwsError) -> bool:
    """Whether an error is one that may pass: "missing permissions to a target" or a target that is gone do not."""
    if error.code == "NotImplemented":
        return False
    return error.code in THROTTLED or error.status == 429 or error.status >= 500


async def _failed(
    call: Call, state: EventsState, rule: Rule, target: dict[str, Any], delivery: Delivery, error: AwsError
) -> None:
    exhausted = ""
    if is_retried(error):
        if error.code in THROTTLED or error.status == 429:
            _note(call, "events.Throttled", rule, delivery, error=error.code)
        delay_ms = limits.retry_delay_ms(delivery.attempts - 1)
        exhausted = _exhausted(call, target, delivery, delay_ms)
        if not exhausted:
            when_ms = call.now + delay_ms
            _end(state, delivery)
            state.deliveries.touch(delivery.id)
            routing.later(call, when_ms, rule, "events.deliver", delivery=delivery.id)
            _note(call, "events.RetryScheduled", rule, delivery, error=error.code, next_ms=when_ms)
            if delivery.attempts == 1:
                cause = f"Event {delivery.event_id} did not reach {target['Arn']} at once; it is tried again."
                call.explain("Invoke", rule.arn, Why("delayed", cause, because=(error.why,)), error.code)
            return
    _note(call, "events.Invoked", rule, delivery, succeeded=False)
    _note(call, "events.FailedInvocation", rule, delivery, error=error.code)
    await _give_up(call, rule, target, delivery, error, exhausted)
    _forget(state, delivery)  # not before: it is under way until it is where it stays


def _exhausted(call: Call, target: dict[str, Any], delivery: Delivery, delay_ms: int) -> str:
    """The limit of the target's retry policy that forbids another attempt; empty when none does."""
    policy: dict[str, int] = part(target, "RetryPolicy")
    if delivery.attempts > policy.get("MaximumRetryAttempts", limits.RETRIES_MAX):
        return "MaximumRetryAttempts"
    age_s = policy.get("MaximumEventAgeInSeconds", limits.AGE_S_MAX)
    return "MaximumEventAgeInSeconds" if call.now + delay_ms - delivery.first_ms > age_s * 1000 else ""


async def _give_up(
    call: Call, rule: Rule, target: dict[str, Any], delivery: Delivery, error: AwsError, exhausted: str
) -> None:
    queue = part(target, "DeadLetterConfig").get("Arn")
    facts = _facts(call, rule, target, delivery, exhausted)
    if not queue:
        cause = f"Event {delivery.event_id} did not reach {target['Arn']}, and the target has no dead-letter queue."
        call.explain("Invoke", rule.arn, Why("dropped", cause, facts, error.why.remedy, (error.why,)), error.code)
        return
    try:
        await _bury(call, rule, target, delivery, queue, error, exhausted)
    except AwsError as refusal:
        call.reread_clock()
        _note(call, "events.DeadLetterFailed", rule, delivery, queue=queue, error=refusal.code)
        cause = f"Event {delivery.event_id} reached neither {target['Arn']} nor its dead-letter queue {queue}."
        because = (refusal.why, error.why)
        call.explain("Invoke", rule.arn, Why("dropped", cause, facts, refusal.why.remedy, because), error.code)
        return
    call.reread_clock()
    _note(call, "events.DeadLettered", rule, delivery, queue=queue, error=error.code)
    cause = f"Event {delivery.event_id} did not reach {target['Arn']}; it is in the dead-letter queue {queue}."
    call.explain("Invoke", rule.arn, Why("failed", cause, facts, error.why.remedy, (error.why,)), error.code)


async def _bury(
    call: Call,
    rule: Rule,
    target: dict[str, Any],
    delivery: Delivery,
    queue: str,
    error: AwsError,
    exhausted: str,
) -> None:
    """Send the event itself to the dead-letter queue, with what went wrong as message attributes."""
    said = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message or error.code,
    }
    if exhausted:
        said["EXHAUSTED_RETRY_CONDITION"] = exhausted
        said["RETRY_ATTEMPTS"] = str(delivery.attempts - 1)
    _, _, _, region, account, _ = queue.split(":", 5)
    ports = call.acting_as(
        sending.PRINCIPAL, source_arn=rule.arn, source_account=call.account, account=account, region=region
    )
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in said.items()}
    request = {
        "QueueUrl": sending.queue_url(queue),
        "MessageBody": delivery.event,
        "MessageAttributes": attributes,
    }
    await sending.answered(ports.sqs.send_message(request))


def _facts(call: Call, rule: Rule, target: dict[str, Any], delivery: Delivery, exhausted: str) -> tuple[Fact, ...]:
    found = (
        call.fact(rule.arn, f"target {delivery.target}", target["Arn"]),
        Fact(delivery.event_id, "attempts", delivery.attempts),
    )
    if exhausted:
        policy = part(target, "RetryPolicy")
        default = limits.RETRIES_MAX if exhausted == "MaximumRetryAttempts" else limits.AGE_S_MAX
        found += (Fact(rule.arn, exhausted, policy.get(exhausted, default)),)
    return found


def _end(state: EventsState, delivery: Delivery) -> None:
    delivery.is_under_way = False
    state.under_way.discard(delivery.id)


def _forget(state: EventsState, delivery: Delivery) -> None:
    _end(state, delivery)
    if delivery.id in state.deliveries:
        state.deliveries.delete(delivery.id)


def _note(call: Call, kind: str, rule: Rule, delivery: Delivery, **facts: Any) -> None:
    call.happened(
        kind,
        rule.arn,
        rule=rule.name,
        bus=rule.bus,
        target=delivery.target,
        event=delivery.event_id,
        attempts=delivery.attempts,
        dwell_ms=call.now - delivery.ingested_ms,
        **facts,
    )
