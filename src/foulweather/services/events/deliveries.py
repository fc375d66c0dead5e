"""What becomes of a delivery: invoked, tried again, put into a dead-letter queue, or dropped, with the reason.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.events import forwarding, inputs, limits, requesting, routing, sending
from foulweather.services.events.state import Delivery, EventsState, Rule, part

GUARD_MS = 3_600_000
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


async def attempt(call: Call, state: EventsState, delivery: Delivery) -> None:
    """Make the next attempt of a delivery, and see to what comes of it."""
    rule = state.rules.get(delivery.rule)
    target = rule.targets.get(delivery.target) if rule is not None else None
    if rule is None or target is None:
        state.deliveries.delete(delivery.id)  # the rule or the target was removed meanwhile
        return
    if _is_paced(call, rule, target, delivery):
        state.deliveries.touch(delivery.id)
        return
    # So a delivery that is under way when the process dies is made again.
    guarded = routing.later(call, call.now + GUARD_MS, rule, "events.deliver", delivery=delivery.id)
    delivery.attempts += 1
    state.deliveries.touch(delivery.id)
    try:
        if ":event-bus/" in target["Arn"]:
            is_sent = await forwarding.forward(call, rule, target, delivery)
        else:
            text = inputs.shaped(rule, target, delivery.event, delivery.ingested_ms)
            send = requesting.invoke if API_DESTINATION in target["Arn"] else sending.send
            await send(call, rule, target, delivery, text)
            is_sent = True
    except AwsError as error:
        call.reread_clock()
        await _failed(call, state, rule, target, delivery, error)
    else:
        call.reread_clock()
        _forget(state, delivery)
        if is_sent:
            _note(call, "events.Invoked", rule, delivery, succeeded=True)
    call.world.agenda.cancel(guarded)


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
            routing.later(call, when_ms, rule, "events.deliver", delivery=delivery.id)
            _note(call, "events.RetryScheduled", rule, delivery, error=error.code, next_ms=when_ms)
            if delivery.attempts == 1:
                cause = f"Event {delivery.event_id} did not reach {target['Arn']} at once; it is tried again."
                call.explain("Invoke", rule.arn, Why("delayed", cause, because=(error.why,)), error.code)
            return
    _forget(state, delivery)
    _note(call, "events.Invoked", rule, delivery, succeeded=False)
    _note(call, "events.FailedInvocation", rule, delivery, error=error.code)
    await _give_up(call, rule, target, delivery, error, exhausted)


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


def _forget(state: EventsState, delivery: Delivery) -> None:
    if delivery.id in state.deliveries:
        state.deliveries.delete(delivery.id)


def _note(call: Call, kind: str, rule: Rule, delivery: Delivery, **facts: Any) -> None:
    routing.note(
        call,
        kind,
        rule,
        bus=rule.bus,
        target=delivery.target,
        event=delivery.event_id,
        attempts=delivery.attempts,
        dwell_ms=call.now - delivery.ingested_ms,
        **facts,
    )
