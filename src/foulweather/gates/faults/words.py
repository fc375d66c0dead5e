"""Faults in words: what each changes, for which calls, and the reasons of what it does."""

from __future__ import annotations

from foulweather.gates.faults.fault import ANY, Fault
from foulweather.kernel.why import Decision, Fact, Setter, Why

UNITS_MS = (("h", 3_600_000), ("min", 60_000), ("s", 1000))


def changes(fault: Fault) -> str:
    """The fact that a fault changes, as a sentence."""
    if fault.kind == "errors":
        return f"The service answers {fault.code} ({fault.status})."
    if fault.kind == "slow":
        return f"The service holds each call up for {duration(fault.delay_ms)}."
    if fault.kind == "quota":
        return f"The rate of each operation is {fault.per_s} a second."
    if fault.kind == "credential":
        return "The credentials are not valid: sessions have expired, long-term access keys are inactive."
    if fault.kind == "clock":
        side = "ahead" if fault.offset_ms > 0 else "behind"
        return f"The caller's clock is {duration(abs(fault.offset_ms))} {side}."
    if fault.kind == "crash":
        if fault.when == "before":
            return "The process dies before the operation takes effect: the connection closes without an answer."
        return "The process dies after the operation took effect: the connection closes without an answer."
    if fault.kind == "network":
        if fault.how == "reset":
            return "The network between caller and service is cut: connections are reset, no request arrives."
        return (
            "The network between caller and service is cut: no request arrives, and connections time out after "
            f"{duration(fault.delay_ms)}."
        )
    if fault.kind == "zone":
        return f"The Availability Zone {fault.zone} is impaired."
    return "The service answers 503 ServiceUnavailable."


def scope(fault: Fault) -> str:
    """Which calls a fault meets."""
    if fault.kind == "zone":
        return f"what {'any service' if fault.service == ANY else fault.service} has in {fault.zone}"
    share = "every call" if fault.percent == 100 else f"{fault.percent} % of the calls"
    parts = [share]
    if fault.service != ANY or fault.operation != ANY:
        service = "any service" if fault.service == ANY else fault.service
        parts.append(f"to {service}" + ("" if fault.operation == ANY else f" {fault.operation}"))
    for said, pattern in (
        ("on", fault.resource),
        ("in", fault.region),
        ("in account", fault.account),
        ("by", fault.principal),
        ("with access key", fault.access_key),
    ):
        if pattern != ANY:
            parts.append(f"{said} {pattern}")
    return " ".join(parts)


def clear(fault: Fault) -> str:
    """The command that mends it."""
    return f"foulweather fault clear {fault.id}"


def facts(fault: Fault) -> tuple[Fact, ...]:
    """What a reason tells of the fault behind it: its kind, its scope, and who added it when."""
    setter = Setter(fault.by or "foulweather", fault.made_at_ms, "foulweather:fault add", "")
    found = [
        Fact(fault.id, "kind", fault.kind, setter),
        Fact(fault.id, "scope", scope(fault)),
        Fact(fault.id, "made_at_ms", fault.made_at_ms),
        Fact(fault.id, "by", fault.by or "foulweather"),
    ]
    if fault.until_ms:
        found.append(Fact(fault.id, "until_ms", fault.until_ms))
    return tuple(found)


def reason(fault: Fault, cause: str, *own: Fact, decision: Decision = "faulted", because: tuple[Why, ...] = ()) -> Why:
    """The reason of something that a fault did; `own` are the facts that it changed."""
    return Why(decision, cause, (*own, *facts(fault)), (clear(fault),), because)


def duration(ms: int) -> str:
    """A duration in the largest units that tell it whole."""
    if ms % 1000:
        return f"{ms} ms"
    for unit, unit_ms in UNITS_MS:
        if ms % unit_ms == 0:
            return f"{ms // unit_ms} {unit}"
    return f"{ms} ms"
