"""One invocation in one environment: its time, its end, and what its log says of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec

from foulweather.engines.functions.deadlines import Deadline
from foulweather.engines.functions.outcomes import Invocation, Outcome
from foulweather.kernel.call import Call
from foulweather.services.lambda_ import telling
from foulweather.services.lambda_.environments import Fleet, wait_until
from foulweather.services.lambda_.instances import Instance
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.reports import SNAP_START, Report
from foulweather.services.lambda_.roles import RoleSession

UNHANDLED = "Unhandled"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run: which version, on which event, for whom."""

    function: Function
    configuration: Configuration
    qualifier: str
    payload: bytes
    request_id: str
    source: str
    client_context: str = ""
    trace_header: str = ""
    lineage: dict[str, int] = {}
    streamed: Callable[[bytes, str], None] | None = None
    """Takes each piece of an answer that is streamed, with the content type of the whole."""

    @property
    def arn(self) -> str:
        """The ARN that it was invoked by."""
        return self.function.qualified(self.qualifier)


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What an invocation came to."""

    payload: bytes
    function_error: str = ""
    error_type: str = ""
    content_type: str = ""
    report: Report
    session: RoleSession | None = None
    tail: bytes = b""
    segments: tuple[str, ...] = ()
    """What its code has sent to X-Ray's daemon."""


async def run(call: Call, fleet: Fleet, instance: Instance, asked: Asked) -> Ran | None:
    """Have an event handled in an environment, and give the environment back or let it go.

    None where the runtime has ended since the invocation before, and another environment is to handle it.
    """
    world, configuration, log = call.world, asked.configuration, instance.log
    mark, began_ms = log.mark(), world.clock.now_ms
    limit_ms = configuration.timeout_s * 1000
    init_ms, instance.init_ms = instance.init_ms, None
    outcome: Outcome | None = None
    used_mib, segments = 0, ()
    try:
        if instance.failed is not None:
            again = await fleet.initialize_again(instance, call, asked.function, limit_ms)
            outcome = again if again.kind != "response" else None
        log.add(world.clock.now_ms, instance.writer.start(world.clock.now_ms, asked.request_id))
        telling.began(instance, asked)
        if outcome is None:
            outcome = await _handled(call, fleet, instance, asked, began_ms + limit_ms)
        if instance.environment is not None:
            used_mib = instance.environment.usage_mib()
            segments = instance.environment.segments()
    except BaseException:
        fleet.end(instance)
        raise
    call.reread_clock()
    if outcome.kind == "gone" and instance.turns:
        log.cut(mark)
        fleet.end(instance, "failure")
        return None
    instance.turns += 1
    duration_ms = min(call.now - began_ms, limit_ms)
    used_mib = configuration.memory_mib if outcome.kind == "memory" else min(used_mib, configuration.memory_mib)
    report = Report(
        request_id=asked.request_id,
        duration_ms=duration_ms,
        billed_ms=max(1, duration_ms + (init_ms or 0)),
        memory_mib=configuration.memory_mib,
        used_mib=used_mib,
        init_ms=init_ms,
        status=_status(outcome),
        error_type="Runtime.OutOfMemory" if outcome.kind == "memory" else outcome.error_type,
        is_restored=instance.kind == SNAP_START,
    )
    payload = outcome.payload if outcome.kind in ("response", "error") else _told(instance, asked, outcome, call.now)
    for line in instance.writer.end(call.now, report):
        log.add(call.now, line)
    telling.ended(instance, asked, report, outcome)
    tail = log.tail(mark)
    assert instance.session is not None
    log.put(call, instance.session, is_quiet=outcome.kind != "response")
    if outcome.kind in ("response", "error") and instance.environment is not None:
        fleet.give_back(instance)
    else:
        fleet.end(instance, "timeout" if outcome.kind == "timeout" else "failure")
    return Ran(
        payload=payload,
        function_error="" if outcome.kind == "response" else UNHANDLED,
        error_type=outcome.error_type,
        content_type=outcome.content_type,
        report=report,
        session=instance.session,
        tail=tail,
        segments=segments,
    )


async def _handled(call: Call, fleet: Fleet, instance: Instance, asked: Asked, deadline_ms: int) -> Outcome:
    world, environment = call.world, instance.environment
    assert environment is not None
    deadline = Deadline(world, instance.flight, deadline_ms - world.clock.now_ms, environment.time_out)
    api, streamed = environment.api, asked.streamed
    api.streamed = None if streamed is None else lambda piece: streamed(piece, api.streamed_type)
    instance.flight.trace_header = asked.trace_header
    invocation = Invocation(
        asked.request_id,
        asked.payload,
        deadline.at_ms,
        asked.arn,
        asked.trace_header,
        asked.client_context,
    )
    try:
        outcome = await environment.invoke(invocation)
    finally:
        deadline.lift()
        instance.flight.take_back()
    if outcome.kind == "timeout":
        # What computed for so long in real time has used up its time in the world's, too.
        fleet.stop(instance, "timeout")
        await wait_until(call, deadline.at_ms)
    return outcome


def _status(outcome: Outcome) -> str:
    """What REPORT says; an exception that the handler raised is no failure of the environment."""
    if outcome.kind == "timeout":
        return "timeout"
    if outcome.kind in ("exited", "gone", "memory") or outcome.error_type.startswith(("Runtime.", "Extension.")):
        return "error"
    return "success"


def _told(instance: Instance, asked: Asked, outcome: Outcome, now_ms: int) -> bytes:
    """The error that Lambda tells of a function that did not answer, which it also logs."""
    request_id = asked.request_id
    if outcome.kind == "timeout":
        timeout_s = asked.configuration.timeout_s
        instance.log.add(now_ms, instance.writer.timed_out(now_ms, request_id, timeout_s))
        words = f"Task timed out after {timeout_s:.2f} seconds"
    else:
        reason = (
            f"with error: {outcome.exit_words}"
            if outcome.exit_words != "exit status 0"
            else "without providing a reason"
        )
        words = f"Runtime exited {reason}"
        instance.log.add(now_ms, f"RequestId: {request_id} Error: {words}\n{outcome.error_type}")
    told = {"errorType": outcome.error_type, "errorMessage": f"RequestId: {request_id} Error: {words}"}
    return json.dumps(told).encode()
