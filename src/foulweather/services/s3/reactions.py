"""What S3 does by itself: when a time has come, and when something has happened to an object."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import (
    access_logs,
    inventory_reports,
    notifying,
    partitions,
    replicating,
    restored,
    upkeep_runs,
)
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storage_classes import FREQUENT, TIERED
from foulweather.services.s3.upkeep import Upkeep
from foulweather.world.journal import Event
from foulweather.world.world import World

# --- when a time has come


def keep_up(call: Call, bucket: str) -> None:
    """Do a day's work on a bucket: lifecycle rules, Intelligent-Tiering."""
    found = _due(call, bucket, upkeep_runs.WORK)
    if found is not None:
        upkeep_runs.run(call, found)


def finish_restore(call: Call, sequence: int, ready_ms: int) -> None:
    """Make a restored copy readable."""
    restored.finish(call, sequence, ready_ms)


def end_restore(call: Call, sequence: int, until_ms: int) -> None:
    """Drop a restored copy."""
    restored.end(call, sequence, until_ms)


async def notify(
    call: Call,
    bucket: str,
    event: dict[str, Any],
    name: str,
    to: list[list[str]],
    bridges: bool = False,
    attempt: int = 0,
) -> None:
    """Send an event to whoever is to be notified of it."""
    found = call.state(S3State).buckets.get(bucket)
    if found is None:
        return
    if bridges:
        notifying.bridge(call, found, notifying.event_of(call, found, event), name)
    await notifying.deliver(call, found, event, name, to, attempt)


async def replicate(call: Call, sequence: int, rule: str, asked_ms: int, is_change: bool = False) -> None:
    """Copy a version to where a replication rule says."""
    await replicating.replicate(call, sequence, rule, asked_ms, is_change=is_change)


async def write_inventory(call: Call, bucket: str, name: str) -> None:
    """Write an inventory report, and have the next one written."""
    found = _due(call, bucket, f"inventory/{name}")
    configuration: dict[str, Any] | None = found.settings.get(f"inventory/{name}") if found is not None else None
    if found is None or configuration is None:
        return
    inventory_reports.schedule(call.world, found, configuration, call.now)
    await inventory_reports.write(call, found, configuration)


async def deliver_logs(call: Call, bucket: str) -> None:
    """Deliver what a bucket's access log has gathered."""
    found = _due(call, bucket, access_logs.WORK)
    if found is not None:
        await access_logs.deliver(call, found)


def _due(call: Call, bucket: str, what: str) -> Bucket | None:
    call.state(Upkeep).begun(bucket, what)
    return call.state(S3State).buckets.get(bucket)


# --- when something has happened


def object_created(world: World, event: Event) -> None:
    """A version has come to be."""
    state, facts = world.state(S3State), event.facts
    bucket = state.buckets.get(facts["bucket"])
    if bucket is None:
        return
    settings = bucket.settings
    if "lifecycle" in settings or facts["storage_class"].startswith(TIERED):
        upkeep_runs.noted(world, bucket, facts["key"], event.at_ms)
    if "replication" in settings:
        version = state.versions_by_sequence.get(str(facts["sequence"]))
        if version is not None:
            replicating.enqueue(world, bucket, version, event)
    if "notification" in settings:
        notifying.notify(world, bucket, event)


def object_removed(world: World, event: Event) -> None:
    """A version is gone, or hidden under a delete marker."""
    state = world.state(S3State)
    bucket = state.buckets.get(event.facts["bucket"])
    if bucket is None or not bucket.settings:
        return
    if "lifecycle" in bucket.settings:
        upkeep_runs.noted(world, bucket, event.facts["key"], event.at_ms)
    # What lifecycle rules hide stays visible in replicas: only a user's delete markers are replicated.
    if "replication" in bucket.settings and event.facts["how"] == "DeleteMarkerCreated":
        marker = state.versions_by_sequence.get(str(event.facts["sequence"]))
        if marker is not None:
            replicating.enqueue(world, bucket, marker, event)
    if "notification" in bucket.settings:
        notifying.notify(world, bucket, event)


def object_changed(world: World, event: Event) -> None:
    """Something about a version was changed: tags, its list, its lock."""
    bucket, version = _changed(world, event)
    if bucket is None or version is None or not bucket.settings:
        return
    if "lifecycle" in bucket.settings:
        upkeep_runs.noted(world, bucket, version.key, event.at_ms)
    if "replication" in bucket.settings:
        replicating.enqueue(world, bucket, version, event, is_change=True)
    if "notification" in bucket.settings:
        notifying.notify(world, bucket, notifying.about(event, version))


def object_touched(world: World, event: Event) -> None:
    """S3 itself did something to a version that somebody may want to be notified of."""
    bucket = world.state(S3State).buckets.get(event.facts["bucket"])
    if bucket is None:
        return
    if event.facts.get("tier") == FREQUENT:  # from where it sinks again
        upkeep_runs.noted(world, bucket, event.facts["key"], event.at_ms)
    if "notification" in bucket.settings:
        notifying.notify(world, bucket, event)


def _changed(world: World, event: Event) -> tuple[Bucket | None, Version | None]:
    state = world.state(S3State)
    name, _, key = event.resource.removeprefix("arn:aws:s3:::").partition("/")
    bucket = state.buckets.get(name)
    if bucket is None:
        return None, None
    shelf, version_id = state.shelves[name], event.facts.get("VersionId")
    return bucket, shelf.find(key, version_id) if version_id else shelf.newest(key)


def request_served(world: World, event: Event) -> None:
    """A data request was served."""
    access_logs.moved(world, event)


def bucket_deleted(world: World, event: Event) -> None:
    """A bucket is gone, and everything that was due with it."""
    name = event.resource.removeprefix("arn:aws:s3:::")
    world.state(Upkeep).forget(world, name)
    upkeep_runs.forget(world, name)
    partitions.forget(world, name)
