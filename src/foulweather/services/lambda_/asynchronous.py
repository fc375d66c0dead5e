"""Asynchronous invocations: events queue up, are tried again, and go where the function's owner wants them in the end.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_ import destinations, invoking, lineages, naming
from foulweather.services.lambda_.destinations import Outcome
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.naming import Reference
from foulweather.services.lambda_.queued import QueuedEvent
from foulweather.services.lambda_.records import AsyncConfig, Function
from foulweather.services.lambda_.state import LambdaState

RETRIES = 2
RETRY_MS = (60_000, 120_000)
""""A one-minute wait between the first two attempts, and two minutes between the second and third attempts"."""
AGE_S_MAX = 6 * 3600
BACK_OFF_MS_FIRST, BACK_OFF_MS_MAX = 1_000, 300_000
""""The retry interval increases exponentially from 1 second after the first attempt to a maximum of 5 minutes"."""
GUARD_MS = 60_000


def accept(call: Call, found: Reference, payload: bytes, lineage: dict[str, int]) -> None:
    """Queue an event; its first attempt is due at once."""
    function = found.function
    arn = function.qualified(found.qualifier)
    event = QueuedEvent(
        id=call.request_id,
        function_arn=arn,
        payload=payload,
        accepted_ms=call.now,
        lineage=lineage,
        source=call.principal.arn,
        trace_header=str(tracing.carried(call) or tracing.Header(tracing.root_of(call.request_id, call.now))),
    )
    call.state(LambdaState, function.account, function.region).queued.put(event.id, event)
    call.happened("lambda.AsyncEventReceived", function.arn, function=function.name, bytes=len(payload))
    _later(call, event, call.now)


async def deliver(call: Call, event_id: str) -> None:
    """Try a queued event once, and see to what comes of it."""
    state = call.state(LambdaState)
    event = state.queued.get(event_id)
    if event is None:
        return
    try:
        found = naming.resolve(call, event.function_arn, None)
    except AwsError as error:
        _drop(call, state, event, None, error.why)
        return
    function = found.function
    config = _config(found)
    age_s_max = config.age_s_max if config is not None and config.age_s_max is not None else AGE_S_MAX
    outcome: Outcome | None = None
    if call.now - event.accepted_ms >= age_s_max * 1000:
        call.happened("lambda.AsyncEventAge", function.arn, function=function.name, age_ms=call.now - event.accepted_ms)
        outcome = Outcome("EventAgeExceeded")
    elif function.reserved == 0:
        # "Lambda begins sending new events to the configured dead-letter queue [...] without any retries".
        outcome = Outcome("ZeroReservedConcurrency")
    elif lineages.is_loop(function, event.lineage):
        call.happened("lambda.RecursiveInvocationDropped", function.arn, source=event.source)
        outcome = Outcome("RecursionDetected")
    if outcome is not None:
        await _ended(call, state, event, found, outcome)
        return
    try:
        invoked = await _attempt(call, state, event, found)
    except AwsError as error:
        _put_off(call, state, event, function, error)
        return
    await _settle(call, state, event, found, invoked)


async def _attempt(call: Call, state: LambdaState, event: QueuedEvent, found: Reference) -> Invoked:
    """Run the function; should this process die meanwhile the event is tried again."""
    age_ms = call.now - event.accepted_ms
    timeout_ms = found.configuration.timeout_s * 1000
    call.world.agenda.cancel(event.guard)  # of an attempt that the process did not survive
    event.guard = _later(call, event, call.now + timeout_ms + GUARD_MS)
    state.queued.touch(event.id)
    asked = invoking.asked_of(
        found, event.payload, event.id, source="async", lineage=event.lineage, trace_header=event.trace_header
    )
    try:
        invoked = await invoking.carry_out(lineages.apart(call), asked)
    finally:
        call.world.agenda.cancel(event.guard)
        event.guard = 0
        if event.id in state.queued:
            state.queued.touch(event.id)
        call.reread_clock()
    function = found.function
    call.happened("lambda.AsyncEventAge", function.arn, function=function.name, age_ms=age_ms)
    return invoked


async def _settle(call: Call, state: LambdaState, event: QueuedEvent, found: Reference, invoked: Invoked) -> None:
    event.attempts += 1
    config = _config(found)
    if not invoked.function_error:
        await _ended(call, state, event, found, Outcome("Success", invoked))
        return
    retries = config.retries_max if config is not None and config.retries_max is not None else RETRIES
    if event.attempts > retries:
        await _ended(call, state, event, found, Outcome("RetriesExhausted", invoked))
        return
    delay_ms = RETRY_MS[min(event.attempts, len(RETRY_MS)) - 1]
    age_s_max = config.age_s_max if config is not None and config.age_s_max is not None else AGE_S_MAX
    if call.now + delay_ms - event.accepted_ms >= age_s_max * 1000:
        await _ended(call, state, event, found, Outcome("EventAgeExceeded", invoked))
        return
    state.queued.touch(event.id)
    _later(call, event, call.now + delay_ms)


def _put_off(call: Call, state: LambdaState, event: QueuedEvent, function: Function, error: AwsError) -> None:
    """It could not be run (throttled, or something of Lambda's failed): later, with growing intervals."""
    event.throttled += 1
    delay_ms = min(BACK_OFF_MS_FIRST << min(event.throttled - 1, 20), BACK_OFF_MS_MAX)
    state.queued.touch(event.id)
    _later(call, event, call.now + delay_ms)
    if event.throttled == 1:
        why = Why("delayed", f"The event waits in the queue of {function.name}.", because=(error.why,))
        call.explain("Deliver", function.arn, why, error.code)


async def _ended(call: Call, state: LambdaState, event: QueuedEvent, found: Reference, outcome: Outcome) -> None:
    """It is done with: its record goes to a destination, or the event to the dead-letter queue."""
    function = found.function
    if outcome.condition != "Success":
        call.explain("Deliver", function.arn, _why(call, event, function, outcome), outcome.condition)
    await destinations.send(call, event, found, _config(found), outcome)
    if event.id in state.queued:
        state.queued.delete(event.id)
    if outcome.condition != "Success":
        call.happened("lambda.AsyncEventDropped", function.arn, function=function.name, reason=outcome.condition)


def _drop(call: Call, state: LambdaState, event: QueuedEvent, function: Function | None, why: Why) -> None:
    """The function is no more, and nobody knows where its events should go."""
    state.queued.delete(event.id)
    call.explain("Deliver", event.function_arn, Why("dropped", "The event's function is gone.", because=(why,)))
    call.happened("lambda.AsyncEventDropped", event.function_arn, reason="FunctionDeleted")


def _config(found: Reference) -> AsyncConfig | None:
    """How asynchronous invocations of the version or alias are treated."""
    return found.function.async_configs.get(found.qualifier or "$LATEST") or found.function.async_configs.get(
        found.qualifier
    )


def _why(call: Call, event: QueuedEvent, function: Function, outcome: Outcome) -> Why:
    if outcome.condition == "RecursionDetected":
        return lineages.why_stopped(call, function, event.lineage, event.source)
    facts = [
        Fact(event.id, "attempts", event.attempts),
        Fact(event.id, "throttled", event.throttled),
        Fact(event.id, "age_ms", call.now - event.accepted_ms),
    ]
    if outcome.invoked is not None and outcome.invoked.function_error:
        facts.append(Fact(function.arn, "error", outcome.invoked.payload[:1000].decode("utf-8", "replace")))
    if outcome.condition == "ZeroReservedConcurrency":
        facts.append(call.fact(function.arn, "ReservedConcurrentExecutions", 0))
    return Why("dropped", f"Lambda gave the event up: {outcome.condition}.", tuple(facts))


def _later(call: Call, event: QueuedEvent, when_ms: int) -> int:
    """Have an event tried, where its function is."""
    _, _, _, region, account, _ = event.function_arn.split(":", 5)
    return call.world.agenda.at(
        when_ms,
        "lambda.deliver",
        {"event_id": event.id},
        account=account,
        region=region,
        trace_id=call.trace_id,
    )
