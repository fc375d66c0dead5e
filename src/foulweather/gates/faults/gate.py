"""The faults that a call meets at the service, once it is let in: unavailable, errors, crash, slow."""

from __future__ import annotations

from typing import Any

from foulweather.gates.faults import words
from foulweather.gates.faults.book import Faults
from foulweather.gates.faults.fault import Fault, Kind
from foulweather.kernel.call import Call
from foulweather.kernel.connections import ConnectionBroken
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Operation
from foulweather.kernel.why import Fact, Why
from foulweather.policy import principal as principals


def faults(call: Call, operation: Operation, request: dict[str, Any]) -> None:
    """Refuse a call to something that is unavailable or answers errors; break its connection where a process dies."""
    found = Faults.of(call.world)
    if not found.active:
        return
    resources = found.resources_of(call, operation, request)
    for kind in ("unavailable", "errors", "crash"):
        fault = found.meeting(call, kind, resources)
        if fault is None:
            continue
        found.met(fault, call)
        if fault.kind == "unavailable":
            raise _unavailable(fault, call)
        if fault.kind == "errors":
            raise _error(fault, call)
        broken = _crash(fault, call)
        if fault.when == "before":
            raise broken
        call.pipeline.lose_answer(call, broken)


def delay(call: Call, operation: Operation) -> int:
    """Milliseconds of world time by which a fault holds this call up, on record when there are any."""
    found = Faults.of(call.world)
    if not found.active:
        return 0
    fault = found.meeting(call, "slow", found.resources_seen(call))
    if fault is None:
        return 0
    found.met(fault, call)
    why = words.reason(
        fault,
        f"{call.service} is slow in {call.region}: {fault.id} holds each call up for {fault.delay_ms} ms.",
        Fact(fault.id, "delay_ms", fault.delay_ms),
        decision="delayed",
    )
    call.explain("Fault", call.resource, why)
    return fault.delay_ms


def unreachable(call: Call, service: str, region: str) -> Why | None:
    """Why what a call's service sends to a service in another region does not arrive: a cut, or an outage there."""
    found = Faults.of(call.world)
    if not found.active:
        return None
    sent = Call(
        call.pipeline,
        service,
        call.operation,
        call.account,
        region,
        principals.service(f"{call.service}.amazonaws.com"),
    )
    ways: tuple[tuple[Kind, str], ...] = (("network", "The network to"), ("unavailable", "The service"))
    for kind, cause in ways:
        fault = found.meeting(sent, kind)
        if fault is not None:
            found.met(fault, sent)
            what = "is cut" if kind == "network" else "is unavailable"
            return words.reason(
                fault, f"{cause} {service} in {region} {what}, because of {fault.id}.", decision="delayed"
            )
    return None


def _unavailable(fault: Fault, call: Call) -> AwsError:
    cause = f"{call.service} is unavailable in {call.region} for {words.scope(fault)}, because of {fault.id}."
    # https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
    return AwsError("ServiceUnavailable", "Service is unable to handle request.", 503, why=words.reason(fault, cause))


def _error(fault: Fault, call: Call) -> AwsError:
    cause = f"{call.service} answers {fault.code} to {words.scope(fault)}, because of {fault.id}."
    why = words.reason(fault, cause, Fact(fault.id, "code", fault.code), Fact(fault.id, "status", fault.status))
    return AwsError(fault.code, fault.message, fault.status, why=why)


def _crash(fault: Fault, call: Call) -> ConnectionBroken:
    effect = "took effect, and whoever tries again does it twice" if fault.when == "after" else "did not take effect"
    cause = f"A process died during {call.service}:{call.operation}, because of {fault.id}: the operation {effect}."
    return ConnectionBroken(
        call.request_id,
        "ConnectionClosed",
        "The connection was closed before there was an answer.",
        why=words.reason(fault, cause, Fact(fault.id, "when", fault.when)),
    )
