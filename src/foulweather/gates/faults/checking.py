"""Whether the description of a fault makes sense: a fault that could never have its effect is refused."""

from __future__ import annotations

import re

from foulweather.gates.faults import codes, zones
from foulweather.gates.faults.fault import ANY, PATTERNS, Fault, Kind
from foulweather.kernel.model import ServiceModel, catalogue

# What belongs to which kinds, beside the patterns of the scope.
OWN: dict[str, tuple[Kind, ...]] = {
    "delay_ms": ("slow", "network"),
    "per_s": ("quota",),
    "code": ("errors",),
    "status": ("errors",),
    "message": ("errors",),
    "offset_ms": ("clock",),
    "when": ("crash",),
    "how": ("network",),
    "zone": ("zone",),
}
# Where a fact is not about every call, what its scope may be.
SCOPES: dict[Kind, tuple[tuple[str, ...], str]] = {
    "credential": (("account", "principal", "access_key"), "a credential holds for every service alike"),
    "clock": (("account", "principal", "access_key"), "a clock is wrong for every service alike"),
    "network": (
        ("service", "operation", "account", "region", "principal", "access_key"),
        "a network leads to a service, whatever the resource",
    ),
    "zone": (("service", "region"), "a zone is impaired for everybody in it"),
}
STATES: tuple[Kind, ...] = ("credential", "clock", "zone")
"""Kinds that are so or not so: no share of calls."""
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")


def checked(fault: Fault, now_ms: int) -> Fault:
    """The fault, complete; raises ValueError where it makes no sense."""
    kind = fault.kind
    for name, kinds in OWN.items():
        if getattr(fault, name) and kind not in kinds:
            article = "an" if kinds[0][0] in "aeiou" else "a"
            raise ValueError(f"{_named(name)} is of {article} {' or '.join(kinds)} fault, not of one of kind {kind}")
    _check_scope(fault)
    if fault.until_ms and fault.until_ms <= now_ms:
        raise ValueError("until_ms is in the past: this fault would never meet a call")
    if not 0 < fault.percent <= 100:
        raise ValueError("percent must be from 1 to 100")
    if fault.percent != 100 and kind in STATES:
        raise ValueError(f"a {kind} fault is there or not: it takes no percent")
    if kind == "slow" and fault.delay_ms <= 0:
        raise ValueError("a slow fault needs a delay_ms above 0")
    if kind == "quota" and fault.per_s <= 0:
        raise ValueError("a quota fault needs a per_s above 0")
    if kind == "errors":
        return codes.checked(fault)
    if kind == "clock" and not fault.offset_ms:
        raise ValueError("a clock fault needs an offset_ms: above 0 for a clock that is ahead, below for one behind")
    if kind == "crash" and not fault.when:
        raise ValueError("a crash fault needs to know when: before or after the operation took effect")
    if kind == "network":
        _check_cut(fault)
    if kind == "zone":
        _check_zone(fault)
    return fault


def _named(name: str) -> str:
    return "as" if name == "how" else name


def _check_scope(fault: Fault) -> None:
    allowed, because = SCOPES.get(fault.kind, (PATTERNS, ""))
    for name in PATTERNS:
        if getattr(fault, name) != ANY and name not in allowed:
            raise ValueError(f"a {fault.kind} fault has no {name}: {because}")
        if not getattr(fault, name):
            raise ValueError(f"{name} is empty: leave it out to meet any")
    service = fault.service
    if _is_pattern(service):
        return
    if service not in catalogue():
        raise ValueError(f"there is no AWS service {service!r}: name it as boto3 does, or give a pattern with *")
    operation = fault.operation
    if not _is_pattern(operation) and operation not in ServiceModel.load(service).operations():
        raise ValueError(f"{service} has no operation {operation!r}: name it as the API does, or give a pattern with *")


def _is_pattern(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def _check_cut(fault: Fault) -> None:
    if not fault.how:
        raise ValueError("a network fault needs to know how connections end: as reset or timeout")
    if fault.how == "timeout" and fault.delay_ms <= 0:
        raise ValueError("a network fault that ends in a timeout needs a delay_ms above 0: how long it takes")
    if fault.how == "reset" and fault.delay_ms:
        raise ValueError("delay_ms is of a network fault that ends in a timeout: a reset comes at once")


def _check_zone(fault: Fault) -> None:
    found = _ZONE.fullmatch(fault.zone)
    if found is None:
        raise ValueError("a zone fault needs the name of an Availability Zone, such as us-east-1a")
    if fault.region not in (ANY, found[1]):
        raise ValueError(f"the zone {fault.zone} is not in {fault.region}")
    if not zones.obeying(fault.service):
        which = "no service that is built here" if fault.service == ANY else f"nothing that is built of {fault.service}"
        raise ValueError(f"{which} runs in an Availability Zone yet: this fault would change nothing")
