"""Replays: archived events sent to their bus once more.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.events import limits, naming, paging, refusals
from foulweather.services.events.state import EventsState, Replay

Request = Mapping[str, Any]
_RUNNING = ("STARTING", "RUNNING")


def start_replay(call: Call, request: Request) -> dict[str, Any]:
    """Begin to send the archived events of a time to the bus that they came from."""
    source, destination = request["EventSourceArn"], request["Destination"]
    if ":archive/" not in source:
        raise refusals.invalid(
            "Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.", EventSourceArn=source
        )
    if ":event-bus/" not in destination["Arn"]:
        raise refusals.invalid(
            "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.", Arn=destination["Arn"]
        )
    if request["EventStartTime"] >= request["EventEndTime"]:
        raise refusals.invalid(
            "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
            EventStartTime=request["EventStartTime"],
            EventEndTime=request["EventEndTime"],
        )
    state, name = call.state(EventsState), request["ReplayName"]
    archive = state.archives.get(source.rpartition(":archive/")[2])
    if archive is None or archive.arn != source:
        raise refusals.invalid(
            f"Parameter EventSourceArn is not valid. Reason: Archive {source.rpartition('/')[2]} does not exist.",
            EventSourceArn=source,
        )
    _, bus = naming.require_bus(call, destination["Arn"])
    if bus.arn != destination["Arn"] or bus.name != archive.bus:
        raise refusals.invalid(
            "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
            Arn=destination["Arn"],
        )
    if name in state.replays:
        raise refusals.exists("Replay", name)
    running = sum(1 for each in state.replays.values() if each.state in _RUNNING)
    if running >= limits.REPLAYS_MAX:
        raise refusals.too_many(name, "Number of concurrent replays", running, limits.REPLAYS_MAX)
    replay = Replay(
        name, call.arn("events", f"replay/{name}"), archive.name, archive.arn, bus.name, bus.arn,
        request["EventStartTime"], request["EventEndTime"], call.now,
        description=request.get("Description"), rules=list(destination.get("FilterArns") or ()), at=archive.first,
    )  # fmt: skip
    state.replays.put(name, replay)
    call.later(call.now, "events.replay", name=name)
    call.changed("events.ReplayStarted", replay.arn, EventSourceArn=source)
    return {"ReplayArn": replay.arn, "State": replay.state, "ReplayStartTime": replay.started_ms}


def cancel_replay(call: Call, request: Request) -> dict[str, Any]:
    """End a replay before it is through."""
    state, replay = _require(call, request)
    if replay.state not in _RUNNING:
        raise AwsError(
            "IllegalStatusException",
            f"Replay {replay.name} is not in a valid state for this operation.",
            facts=(Fact(replay.arn, "State", replay.state),),
        )
    replay.state, replay.ended_ms = "CANCELLED", call.now
    state.replays.touch(replay.name)
    call.changed("events.ReplayCancelled", replay.arn, State=replay.state)
    return {"ReplayArn": replay.arn, "State": "CANCELLING"}


def describe_replay(call: Call, request: Request) -> dict[str, Any]:
    """A replay."""
    _, replay = _require(call, request)
    found = {**_shown(replay), "ReplayArn": replay.arn}
    destination: dict[str, Any] = {"Arn": replay.bus_arn}
    if replay.rules:
        destination["FilterArns"] = replay.rules
    found["Destination"] = destination
    if replay.description is not None:
        found["Description"] = replay.description
    return found


def list_replays(call: Call, request: Request) -> dict[str, Any]:
    """The replays by a prefix of their names, an archive or a state."""
    wanted = [name for name in ("NamePrefix", "EventSourceArn", "State") if request.get(name)]
    if len(wanted) > 1:
        raise refusals.invalid(
            "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix."
        )
    prefix, source, in_state = (request.get(name) for name in ("NamePrefix", "EventSourceArn", "State"))
    found = [
        _shown(replay)
        for name, replay in sorted(call.state(EventsState).replays.items())
        if name.startswith(prefix or "")
        and (not source or replay.archive_arn == source)
        and (not in_state or replay.state == in_state)
    ]
    listed, more = paging.page(found, request)
    return {"Replays": list(listed), **more}


def _require(call: Call, request: Request) -> tuple[EventsState, Replay]:
    state = call.state(EventsState)
    replay = state.replays.get(request["ReplayName"])
    if replay is None:
        raise refusals.missing("Replay", request["ReplayName"])
    return state, replay


def _shown(replay: Replay) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ReplayName": replay.name,
        "EventSourceArn": replay.archive_arn,
        "State": replay.state,
        "EventStartTime": replay.since_ms,
        "EventEndTime": replay.until_ms,
        "ReplayStartTime": replay.started_ms,
    }
    if replay.reason is not None:
        found["StateReason"] = replay.reason
    if replay.last_ms:
        found["EventLastReplayedTime"] = replay.last_ms
    if replay.ended_ms:
        found["ReplayEndTime"] = replay.ended_ms
    return found
