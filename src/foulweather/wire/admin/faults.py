"""What is broken on purpose: listed, made, explained, mended."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.gates.faults import Fault, Faults, Hit, Kind, words, zones
from foulweather.gates.faults.fault import PATTERNS, How, When
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.times import parse_duration
from foulweather.world.world import World


class FaultRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"lasts": "for", "how": "as"}):
    """A fault to make: which calls it meets (patterns with `*`; `resource` of ARNs), and how.

    `percent` is the share of matching calls; `delay` how long a slow call is held up or a cut connection
    open, `for` how long the fault lasts, `ahead` or `behind` how wrong a clock is (durations: `250ms`,
    `10m`, or milliseconds); `per_s` the changed rate; `code` (and `status`, `message`) the error that is
    answered; `when` a process dies (`before` or `after` the operation took effect); `as` how a cut
    connection ends (`reset` or `timeout`); `zone` the impaired Availability Zone; `by` who breaks it.
    """

    kind: Kind
    service: str = "*"
    operation: str = "*"
    account: str = "*"
    region: str = "*"
    principal: str = "*"
    access_key: str = "*"
    resource: str = "*"
    zone: str = ""
    percent: int = 100
    delay: str | int = 0
    per_s: int = 0
    code: str = ""
    status: int = 0
    message: str = ""
    ahead: str | int = 0
    behind: str | int = 0
    when: When = ""
    how: How = ""
    lasts: str | int = 0
    by: str = ""


class FaultTold(Fault, frozen=True, omit_defaults=True, rename={"how": "as"}):
    """A fault, with how many calls it met."""

    hits: int = 0


class FaultList(msgspec.Struct, frozen=True):
    """Faults, in order of making."""

    faults: list[FaultTold]


class FaultExplained(msgspec.Struct, frozen=True):
    """A fault in words: what it changes, for which calls, since when and until when, and the calls that it met.

    `state` is `in force`, `cleared` or `expired`; `ends_ms` is 0 where nothing ends it but `clear`, the command.
    `latest` are the last calls that it met, each with its trace id; `obeyed_by` names the services that ask for
    the fact, where not all do.
    """

    fault: FaultTold
    changes: str
    scope: str
    state: str
    since_ms: int
    by: str
    ends_ms: int
    hits: int
    latest: list[Hit]
    clear: str
    obeyed_by: list[str]


def listed(asked: Asked) -> FaultList:
    """Every fault that is in force."""
    world = asked.hosted.world
    return FaultList([_told(world, fault) for fault in Faults.of(world).all()])


def shown(asked: Asked) -> FaultTold:
    """One fault that is in force."""
    return _told(asked.hosted.world, _in_force(asked))


def explained(asked: Asked) -> FaultExplained:
    """One fault in words, in force or ended."""
    world = asked.hosted.world
    found = Faults.of(world)
    fault = next((one for one in found.all() if one.id == asked.param), None)
    if fault is not None:
        state, ends_ms = "in force", fault.until_ms
    else:
        ended = next((one for one in found.ended() if one.fault.id == asked.param), None)
        if ended is None:
            raise _unknown(asked.param)
        fault, state, ends_ms = ended.fault, ended.how, ended.at_ms
    hits = found.hits(fault.id)
    return FaultExplained(
        _told(world, fault),
        words.changes(fault),
        words.scope(fault),
        state,
        fault.made_at_ms,
        fault.by or "foulweather",
        ends_ms,
        hits.count,
        hits.latest,
        words.clear(fault) if state == "in force" else "",
        zones.obeying(fault.service) if fault.kind == "zone" else [],
    )


def make(asked: Asked) -> FaultTold:
    """Break something."""
    wanted: FaultRequest = asked.body
    world = asked.hosted.world
    as_they_are = ("kind", *PATTERNS, "zone", "percent", "per_s", "code", "status", "message", "when", "how", "by")
    members: dict[str, Any] = {name: getattr(wanted, name) for name in as_they_are}
    try:
        members["delay_ms"] = _ms(wanted.delay)
        ahead_ms, behind_ms = _ms(wanted.ahead), _ms(wanted.behind)
        if ahead_ms and behind_ms:
            raise ValueError("a clock is ahead or behind, not both")
        members["offset_ms"] = ahead_ms - behind_ms
        lasts_ms = _ms(wanted.lasts)
        if lasts_ms:
            members["until_ms"] = world.clock.now_ms + lasts_ms
        return _told(world, Faults.of(world).add(**members))
    except ValueError as error:
        raise Refused(400, "BadFault", f"{error}.") from None


def mend(asked: Asked) -> FaultList:
    """Mend one fault, or all."""
    if asked.param:
        _in_force(asked)
    world = asked.hosted.world
    return FaultList([_told(world, fault) for fault in Faults.of(world).clear(asked.param)])


def _in_force(asked: Asked) -> Fault:
    found = [fault for fault in Faults.of(asked.hosted.world).all() if fault.id == asked.param]
    if not found:
        raise _unknown(asked.param)
    return found[0]


def _unknown(fault_id: str) -> Refused:
    return Refused(404, "NoSuchFault", f"There is no fault {fault_id!r}.")


def _told(world: World, fault: Fault) -> FaultTold:
    members: dict[str, Any] = {name: getattr(fault, name) for name in Fault.__struct_fields__}
    return FaultTold(**members, hits=Faults.of(world).hits(fault.id).count)


def _ms(duration: str | int) -> int:
    if isinstance(duration, str):
        return parse_duration(duration)
    if duration < 0:
        raise ValueError("a duration is not negative")
    return duration


ENDPOINTS = (
    Endpoint("GET", "faults", listed, "The faults in force", FaultList, query=("world",)),
    Endpoint("POST", "faults", make, "Break something", FaultTold, FaultRequest, query=("world",), status=201),
    Endpoint("DELETE", "faults", mend, "Mend every fault", FaultList, query=("world",)),
    Endpoint("GET", "faults/{id}", shown, "One fault", FaultTold, query=("world",)),
    Endpoint("DELETE", "faults/{id}", mend, "Mend one fault", FaultList, query=("world",)),
    Endpoint(
        "GET",
        "faults/{id}/explained",
        explained,
        "One fault in words, in force or ended, and the calls that it met",
        FaultExplained,
        query=("world",),
    ),
)
