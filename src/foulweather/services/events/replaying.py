"""A replay under way: some archived events at a time, each with the replay's name on it."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.events import routing
from foulweather.services.events.consignments import Outgoing
from foulweather.services.events.envelopes import replayed
from foulweather.services.events.state import Archive, EventsState, Replay

STEP_EVENTS = 100
STEP_MS = 1_000


def step(call: Call, state: EventsState, replay: Replay, archive: Archive | None) -> None:
    """Send the next events, and put the next step down; the last one completes the replay."""
    bus = state.bus(replay.bus, call.account, call.region)
    if archive is None or bus is None:
        _end(call, state, replay, "FAILED", "The archive or its event bus was deleted.")
        return
    replay.state = "RUNNING"
    outgoing, sent = Outgoing(call), 0
    replay.at = max(replay.at, archive.first)
    while replay.at < archive.next and sent < STEP_EVENTS:
        row = state.archived.get(f"{archive.name}/{replay.at}")
        replay.at += 1
        if row is None or not replay.since_ms <= row.at_ms < replay.until_ms:
            continue
        routing.publish(call, state, bus, replayed(row.event, replay.name), replay.rules, outgoing)
        replay.last_ms = row.at_ms
        sent += 1
    outgoing.leave()
    if replay.at < archive.next:
        state.replays.touch(replay.name)
        call.later(call.now + STEP_MS, "events.replay", name=replay.name)
    else:
        _end(call, state, replay, "COMPLETED", "")


def _end(call: Call, state: EventsState, replay: Replay, to: str, reason: str) -> None:
    replay.state, replay.ended_ms = to, call.now
    replay.reason = reason or None
    state.replays.touch(replay.name)
    call.changed("events.ReplayEnded", replay.arn, State=to)
