"""From an event on a bus to the rules that match it, and into the archives that take it."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.event_patterns import compiled
from foulweather.services.events.consignments import Outgoing
from foulweather.services.events.envelopes import Envelope
from foulweather.services.events.state import Archive, Archived, Bus, EventsState, Rule, Ways, ways_of


def publish(
    call: Call,
    state: EventsState,
    bus: Bus,
    event: Envelope,
    rules: list[str] | None = None,
    outgoing: Outgoing | None = None,
) -> int:
    """Offer an event to a bus's archives and rules (of a replay: those named); how many rules it matches.

    With `outgoing` it leaves with others, when the caller lets it.
    """
    if "replay-name" not in event.facts:
        # An archive's own rule has {"replay-name": [{"exists": false}]}.
        for archive in state.archives_of(bus.name).values():
            if not archive.pattern or compiled(archive.pattern).accepts(event.document):
                keep(call, state, archive, event)
    matched = 0
    source, kind = event.facts["source"], event.facts["detail-type"]
    load = Outgoing(call) if outgoing is None else outgoing
    for rule, sources, types, rest, ways in state.matchers(bus.name):
        if (sources is not None and source not in sources) or (types is not None and kind not in types):
            continue
        if (not rules or rule.arn in rules) and rest.accepts(event.document):
            matched += 1
            _note(call, state, "events.Matched", rule, event, load)
            _trigger(call, state, rule, ways, event, load)
    if outgoing is None:
        load.leave()
    return matched


def trigger(call: Call, state: EventsState, rule: Rule, event: Envelope) -> None:
    """Put an event on its way to each target of a rule."""
    outgoing = Outgoing(call)
    _trigger(call, state, rule, ways_of(rule), event, outgoing)
    outgoing.leave()


def _trigger(call: Call, state: EventsState, rule: Rule, ways: Ways, event: Envelope, outgoing: Outgoing) -> None:
    if rule.targets:
        _note(call, state, "events.Triggered", rule, event, outgoing)
        outgoing.send(state, rule, ways, event)


def keep(call: Call, state: EventsState, archive: Archive, event: Envelope) -> None:
    """Put an event into an archive; it goes when its retention is over."""
    text = event.text
    row = Archived(event.time_ms, call.world.clock.now_ms, text)
    state.archived.put(f"{archive.name}/{archive.next}", row)
    archive.next += 1
    size = len(text.encode())
    archive.size += size
    state.archives.touch(archive.name)
    call.happened("events.Archived", archive.arn, bytes=size)


def later(call: Call, when_ms: int, rule: Rule, action: str, /, **args: Any) -> int:
    """Put a reaction down where a rule is, in this call's trace."""
    _, _, _, region, account, _ = rule.arn.split(":", 5)
    return call.world.agenda.at(when_ms, action, args, account=account, region=region, trace_id=call.trace_id)


def _note(call: Call, state: EventsState, kind: str, rule: Rule, event: Envelope, outgoing: Outgoing) -> None:
    """Write down a passing fact where a rule is; metrics are made of these."""
    call.world.journal.append(
        outgoing.now_ms, kind, state.account, state.region, rule.arn, call.principal.arn, call.request_id,
        {"rule": rule.name, "bus": rule.bus, "event": event.facts["id"]},
    )  # fmt: skip
