"""What CloudTrail does by itself when a time has come."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.cloudtrail import delivering, detecting, importing, lake_delivery, service_events
from foulweather.services.cloudtrail.consuming import LAG_MS, Consumers, histories, stopped_by
from foulweather.services.cloudtrail.records import Trail
from foulweather.services.cloudtrail.state import Lake, Trails
from foulweather.world.journal import Event
from foulweather.world.world import World

DAY_MS = 86_400_000


async def deliver(call: Call) -> None:
    """Have every trail and store take what it has coming, and the trails deliver it."""
    state, consumers = call.state(Trails), Consumers.of(call.world)
    consumers.delivering()
    consumers.collect_all(call.pipeline)
    for trail in list(state.trails.values()):
        if trail.last_request:
            _take_last(call, trail)
        if state.waiting.get(trail.arn):
            await delivering.deliver(_on_behalf(call, trail), trail, up_to_ms=call.now - LAG_MS)
    await detecting.detect(call)
    lake = call.state(Lake)
    for store in lake.stores.values():
        if lake.held.get(store.id):
            lake.sweep(store, call.now - store.retention_days * DAY_MS)
    if any(state.waiting.get(arn) for arn in state.trails) or len(state.active_insights):
        consumers.expect(call.now)


def _on_behalf(call: Call, trail: Trail) -> Call:
    """The delivery's call where a trail is at home, so that what came of it is told there."""
    return Call(
        call.pipeline,
        call.service,
        call.operation,
        trail.account,
        trail.region,
        call.principal,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )


def _take_last(call: Call, trail: Trail) -> None:
    """A trail that was stopped takes the call that stopped it, and nothing after."""
    for history in histories(call.world):
        if (history.account, history.region) == (trail.account, trail.region):
            packed = stopped_by(trail, history)
            if packed is not None:
                call.state(Trails).enqueue(trail, packed)
    trail.last_request = ""
    call.state(Trails).trails.touch(trail.arn)


async def digest(call: Call, chain: str, start_ms: int) -> None:
    """Write an hour's digest; the last one when the trail has been stopped."""
    state = call.state(Trails)
    found = state.chains.get(chain)
    if found is None or found.start_ms != start_ms:
        return  # the chain was broken, and another begun
    trail = state.trails.get(found.trail)
    if trail is None or not trail.validates:
        state.chains.delete(chain)
        return
    is_last = not trail.is_logging
    await delivering.write_digest(call, trail, found)
    now = state.chains.get(chain)
    if now is None:
        return
    if is_last:
        state.chains.delete(chain)
        return
    # Of one that was refused, the next hour's has the files, too.
    call.later(call.now + delivering.HOUR_MS, "cloudtrail.digest", chain=chain, start_ms=now.start_ms)


def note_service_event(world: World, event: Event) -> None:
    """Put on record what a service did by itself."""
    service_events.note(world, event)


def forget_store(call: Call, store: str, deleted_ms: int) -> None:
    """Delete an event data store for good, unless it was restored."""
    lake = call.state(Lake)
    found = lake.stores.get(store)
    if found is not None and found.status == "PENDING_DELETION" and found.deleted_ms == deleted_ms:
        lake.forget(found)


async def deliver_query(call: Call, query: str) -> None:
    """Save the results of a query that has ended."""
    found = call.state(Lake).queries.get(query)
    if found is not None:
        await lake_delivery.deliver(call, found)


def forget_query(call: Call, query: str) -> None:
    """Forget a query and its results."""
    lake = call.state(Lake)
    if query in lake.queries:
        lake.queries.delete(query)


async def go_on_importing(call: Call, import_id: str) -> None:
    """Read the next files of an import."""
    await importing.go_on(call, import_id)
