"""What CloudWatch Logs does by the clock, and what it makes of others' events."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.logs import expiring, exporting, forwarding, querying, scheduling, subscribing
from foulweather.services.logs.state import LogsState
from foulweather.world.journal import Event
from foulweather.world.world import World


def count_throttle(world: World, event: Event) -> None:
    """A throttled call of this service, as metrics count it."""
    operation = str(event.facts["operation"])
    if operation.startswith("logs:"):
        world.journal.append(
            event.at_ms,
            "logs.Throttled",
            event.account,
            event.region,
            event.resource,
            event.principal,
            event.request_id,
            {"operation": operation.partition(":")[2]},
        )


async def forward(call: Call, group: str, name: str, stream: str, data: str, events: int, since_ms: int) -> None:
    """Deliver what a subscription filter caught, unless group or filter are gone."""
    state = call.state(LogsState)
    found = state.groups.get(group)
    subscription = subscribing.named(state, found, name) if found is not None else None
    if found is not None and subscription is not None:
        await forwarding.deliver(call, found, subscription, stream, data, events, since_ms)


def run_export(call: Call, task: str) -> None:
    """Have an export that waited run."""
    state = call.state(LogsState)
    found = state.exports.get(task)
    if found is not None and found.status == "PENDING":
        found.status = "RUNNING"
        state.exports.touch(task)
        call.later(call.now + exporting.RUNNING_MS, "logs.end_export", task=task)


async def end_export(call: Call, task: str) -> None:
    """Have an export that runs write its files."""
    found = call.state(LogsState).exports.get(task)
    if found is not None and found.status == "RUNNING":
        await exporting.run(call, found)


def run_query(call: Call, query: str) -> None:
    """Run a query whose time has come."""
    found = call.state(LogsState).queries.get(query)
    if found is not None and found.status == "Scheduled":
        querying.run(call, found)


async def run_scheduled_query(call: Call, scheduled: str) -> None:
    """Run a scheduled query that is due."""
    found = call.state(LogsState).scheduled_queries.get(scheduled)
    if found is not None and found.is_enabled:
        await scheduling.run(call, found)


async def finish_scheduled_query(call: Call, run: str) -> None:
    """See to a scheduled query that was started, unless it is gone."""
    state = call.state(LogsState)
    made = state.scheduled_runs.get(run)
    found = state.scheduled_queries.get(made.scheduled) if made is not None else None
    if made is not None and found is not None:
        await scheduling.finish(call, found, made)


def expire_events(call: Call, group: str, due_ms: int) -> None:
    """Drop what a group does not keep any more, and look again when the next is due."""
    state = call.state(LogsState)
    found = state.groups.get(group)
    if found is not None and found.expiry_ms == due_ms:
        found.expiry_ms = 0
        state.groups.touch(group)
        expiring.expire(call, state, found)
        expiring.look_later(call, state, found)
