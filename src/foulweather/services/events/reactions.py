"""What EventBridge does later: deliveries, schedules, replays; and the events of other services that it takes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.trace import Traces
from foulweather.services.events import alarms, authorizing, deliveries, expiring, replaying, routing, schedules, trails
from foulweather.services.events.destination_state import DestinationsState
from foulweather.services.events.envelopes import made
from foulweather.services.events.source_state import PENDING, SourcesState, end
from foulweather.services.events.state import DEFAULT, EventsState
from foulweather.world.journal import Event
from foulweather.world.world import World

EXECUTION_DATA_BYTES_MAX = 248 * 1024


async def deliver(call: Call, delivery: str) -> None:
    """Make the next attempt of a delivery."""
    state = call.state(EventsState)
    found = state.deliveries.get(delivery)
    if found is not None:
        await deliveries.attempt(call, state, found)


def deliver_all(call: Call, consignment: str) -> None:
    """Make the first attempts of a consignment."""
    state = call.state(EventsState)
    found = state.consignments.get(consignment)
    if found is not None:
        deliveries.deliver_all(call, state, found)


def resume(call: Call) -> None:
    """Look for deliveries that were under way when the process ended."""
    deliveries.resume(call, call.state(EventsState))


def expire_source(call: Call, source: str) -> None:
    """End a partner event source that has been pending for two weeks."""
    state = call.state(SourcesState)
    found = state.offered.get(source)
    if found is not None and found.state == PENDING and found.expires_ms <= call.now:
        found.due = 0
        end(call, state, found, has_bus=source in call.state(EventsState).buses)


def keep_time(call: Call, rule: str, at_ms: int) -> None:
    """Run a scheduled rule."""
    state = call.state(EventsState)
    found = state.rules.get(rule)
    if found is not None and found.is_enabled and found.schedule:
        schedules.run(call, state, found, at_ms)


def replay(call: Call, name: str) -> None:
    """Send the next events of a replay."""
    state = call.state(EventsState)
    found = state.replays.get(name)
    if found is None or found.state not in ("STARTING", "RUNNING"):
        return
    archive = state.archives.get(found.archive)
    if archive is not None:
        expiring.let_go(call, state, archive)
    replaying.step(call, state, found, archive)


def ingest(call: Call, source: str, detail_type: str, resources: list[str], detail: Any, at_ms: int) -> None:
    """Put another service's event on the default bus."""
    state = call.state(EventsState)
    bus = state.bus(DEFAULT, call.account, call.region)
    assert bus is not None
    event = made(
        id=call.world.ids.uuid(),
        detail_type=detail_type,
        source=source,
        account=call.account,
        time_ms=at_ms,
        region=call.region,
        resources=resources,
        detail=json.dumps(detail, separators=(",", ":")),
    )
    routing.publish(call, state, bus, event)


def ingest_alarm(
    call: Call, source: str, detail_type: str, resources: list[str], detail: dict[str, Any], at_ms: int
) -> None:
    """Put an alarm's change of state on the default bus, with all that CloudWatch tells of it."""
    ingest(call, source, detail_type, resources, alarms.detail_of(call, detail, at_ms), at_ms)


async def authorize(call: Call, connection: str, turn: int) -> None:
    """Bring a change of a connection to its end."""
    found = call.state(DestinationsState).connections.get(connection)
    if found is not None and found.turn == turn:
        await authorizing.authorize(call, found, turn)


def look_up(call: Call) -> None:
    """Put what CloudTrail has recorded on the default bus."""
    trails.look_up(call, call.state(EventsState))


# --- other services' events, from the journal


def object_changed(world: World, event: Event) -> None:
    """Amazon S3 tells of an object, where the bucket sends its notifications to EventBridge."""
    facts = event.facts
    _take_in(world, event, facts["source"], facts["detail_type"], facts["detail"])


def alarm_changed(world: World, event: Event) -> None:
    """An alarm of CloudWatch changes its state."""
    facts = event.facts
    told = {name: facts[name] for name in ("alarm", "before", "after", "reason")}
    _take_in(world, event, "aws.cloudwatch", "CloudWatch Alarm State Change", told, action="events.ingest_alarm")


def parameter_changed(world: World, event: Event) -> None:
    """A parameter of Parameter Store is set or deleted.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-eventbridge-events.html
    """
    change, kind = event.facts.get("change"), event.facts.get("Type")
    if not change:
        return
    detail = {"operation": change, "name": _parameter_name(event), "type": kind}
    _take_in(world, event, "aws.ssm", "Parameter Store Change", detail)


def parameter_policy_applied(world: World, event: Event) -> None:
    """A policy of a parameter is carried out."""
    facts = event.facts
    detail = {
        "parameter-name": _parameter_name(event),
        "parameter-type": facts["type"],
        "policy-type": facts["policy"],
        "policy-content": facts["content"],
        "action-status": facts["status"],
    }
    _take_in(world, event, "aws.ssm", "Parameter Store Policy Action", detail)


def _parameter_name(event: Event) -> str:
    rest = event.resource.rpartition(":parameter/")[2]
    return f"/{rest}" if "/" in rest else rest


def trail_delivered(world: World, event: Event) -> None:
    """A trail has written what was recorded, or has tried to: rules that wait for API calls are to see it too."""
    trails.expect(world, event.at_ms, event.request_id)


def execution_changed(world: World, event: Event) -> None:
    """An execution of a Standard Workflow begins or ends: "Express Workflows do not emit events to EventBridge".

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    facts = event.facts
    if facts["kind"] != "STANDARD" or not _listens(world, event):
        return
    detail: dict[str, Any] = {
        "executionArn": event.resource,
        "stateMachineArn": facts["machine"],
        "name": facts["name"],
        "status": facts["status"],
        "startDate": facts["started_ms"],
        "stopDate": facts["stopped_ms"] or None,
        "input": facts["input"],
        "output": facts["output"],
        "stateMachineVersionArn": facts["version"] or None,
        "stateMachineAliasArn": facts["alias"] or None,
        "redriveCount": facts["redrives"],
        "error": facts["error"],
        "cause": facts["cause"],
        "inputDetails": {"included": True},
        "outputDetails": None if facts["output"] is None else {"included": True},
    }
    # "If the combined escaped input and escaped output sent to EventBridge exceeds 248 KiB, the input is excluded."
    output = len(json.dumps(facts["output"]))
    if len(json.dumps(facts["input"])) + output > EXECUTION_DATA_BYTES_MAX:
        detail["input"], detail["inputDetails"] = None, {"included": False}
    if output > EXECUTION_DATA_BYTES_MAX:
        detail["output"], detail["outputDetails"] = None, {"included": False}
    _take_in(world, event, "aws.states", "Step Functions Execution Status Change", detail)


def durable_execution_changed(world: World, event: Event) -> None:
    """A durable execution of a function of Lambda begins or ends.

    https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
    """
    facts = event.facts
    function, _, _ = facts["arn"].partition("/durable-execution/")
    detail: dict[str, Any] = {
        "durableExecutionArn": facts["arn"],
        "durableExecutionName": facts["name"],
        "functionArn": function,
        "status": facts["status"],
        "startTimestamp": _moment(facts["started_ms"]),
    }
    if facts["ended_ms"]:
        detail["endTimestamp"] = _moment(facts["ended_ms"])
    _take_in(world, event, "aws.lambda", "Durable Execution Status Change", detail, resources=[])


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def certificate_told(world: World, event: Event) -> None:
    """ACM tells of a certificate: that it is there, expires, is renewed or revoked.

    https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html
    """
    _take_in(world, event, "aws.acm", event.facts["detail_type"], event.facts["detail"])


def _take_in(
    world: World,
    event: Event,
    source: str,
    detail_type: str,
    detail: dict[str, Any],
    *,
    action: str = "events.ingest",
    resources: list[str] | None = None,
) -> None:
    if not _listens(world, event):
        return
    args = {
        "source": source,
        "detail_type": detail_type,
        "resources": [event.resource] if resources is None else resources,
        "detail": detail,
        "at_ms": event.at_ms,
    }
    # What a call sets off is part of its trace.
    trace_id = world.state(Traces).trace_of(event.request_id)
    world.agenda.at(event.at_ms, action, args, account=event.account, region=event.region, trace_id=trace_id)


def _listens(world: World, event: Event) -> bool:
    """Whether anybody might want an event of the default bus."""
    state = world.state(EventsState, event.account, event.region)
    return bool(state.rules_on(DEFAULT) or state.archives_of(DEFAULT))
