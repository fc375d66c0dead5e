"""From an event on a bus to the targets of the rules that match it, and into the archives that take it."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.event_patterns import compiled
from foulweather.services.events.envelopes import Envelope
from foulweather.services.events.state import Archive, Archived, Bus, Delivery, EventsState, Rule

# From bus to bus an event takes some time; so two rules that send it back and forth do not hold the clock up.
FORWARD_MS = 100


def publish(call: Call, state: EventsState, bus: Bus, event: Envelope, rules: list[str] | None = None) -> int:
    """Offer an event to a bus's archives and rules (of a replay: those named); how many rules it matches."""
    if "replay-name" not in event.facts:
        # An archive's own rule has {"replay-name": [{"exists": false}]}.
        for archive in state.archives_of(bus.name).values():
            if not archive.pattern or compiled(archive.pattern).accepts(event.document):
                keep(call, state, archive, event)
    matched = 0
    source, kind = event.facts["source"], event.facts["detail-type"]
    for rule, pattern, sources, types in state.matchers(bus.name):
        if (sources is not None and source not in sources) or (types is not None and kind not in types):
            continue
        if (not rules or rule.arn in rules) and pattern.accepts(event.document):
            matched += 1
            note(call, "events.Matched", rule, bus=bus.name, event=event.id)
            trigger(call, state, rule, event)
    return matched


def trigger(call: Call, state: EventsState, rule: Rule, event: Envelope) -> None:
    """Put an event on its way to each target of a rule."""
    if not rule.targets:
        return
    note(call, "events.Triggered", rule, bus=rule.bus, event=event.id)
    now_ms = call.world.clock.now_ms
    for target in list(rule.targets):
        delivery = Delivery(
            call.world.ids.uuid(), rule.key, target, event.id, event.text, now_ms, now_ms, event.crossed
        )
        state.deliveries.put(delivery.id, delivery)
        when_ms = now_ms + (FORWARD_MS if ":event-bus/" in rule.targets[target]["Arn"] else 0)
        later(call, when_ms, rule, "events.deliver", delivery=delivery.id)


def keep(call: Call, state: EventsState, archive: Archive, event: Envelope) -> None:
    """Put an event into an archive; it goes when its retention is over."""
    text = event.text
    row = Archived(event.time_ms, call.world.clock.now_ms, text)
    state.archived.put(f"{archive.name}/{archive.next}", row)
    archive.next += 1
    archive.size += len(text.encode())
    state.archives.touch(archive.name)


def later(call: Call, when_ms: int, rule: Rule, action: str, /, **args: Any) -> int:
    """Put a reaction down where a rule is, in this call's trace."""
    _, _, _, region, account, _ = rule.arn.split(":", 5)
    return call.world.agenda.at(when_ms, action, args, account=account, region=region, trace_id=call.trace_id)


def note(call: Call, kind: str, rule: Rule, /, **facts: Any) -> None:
    """Write down a passing fact where a rule is; metrics are made of these."""
    _, _, _, region, account, _ = rule.arn.split(":", 5)
    call.world.journal.append(
        call.world.clock.now_ms, kind, account, region, rule.arn, call.principal.arn, call.request_id,
        {"rule": rule.name, **facts},
    )  # fmt: skip
