"""Archives: a bus's events, kept to be replayed.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.events import expiring, limits, naming, paging, refusals
from foulweather.services.events.state import Archive, EventsState

Request = Mapping[str, Any]


def create_archive(call: Call, request: Request) -> dict[str, Any]:
    """Have a bus's events kept from now on."""
    if request.get("KmsKeyIdentifier"):
        raise not_implemented("events", "CreateArchive.KmsKeyIdentifier")
    if request.get("EventPattern"):
        limits.checked_pattern(request["EventPattern"])
    if ":event-bus/" not in request["EventSourceArn"]:
        raise refusals.invalid(
            "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.",
            EventSourceArn=request["EventSourceArn"],
        )
    state, bus = naming.require_bus(call, request["EventSourceArn"])
    name = request["ArchiveName"]
    if name in state.archives:
        raise refusals.exists("Archive", name)
    archive = Archive(name, call.arn("events", f"archive/{name}"), bus.name, call.now)
    archive.description = request.get("Description")
    archive.pattern = request.get("EventPattern") or ""
    archive.retention_days = request.get("RetentionDays") or 0
    state.add_archive(archive)
    call.changed("events.ArchiveCreated", archive.arn, **_facts(archive))
    return {"ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": archive.created_ms}


def update_archive(call: Call, request: Request) -> dict[str, Any]:
    """Change what an archive takes, and for how long it keeps it."""
    if request.get("KmsKeyIdentifier"):
        raise not_implemented("events", "UpdateArchive.KmsKeyIdentifier")
    if request.get("EventPattern"):
        limits.checked_pattern(request["EventPattern"])
    state, archive = _require(call, request)
    archive.description = request.get("Description", archive.description)
    archive.pattern = request.get("EventPattern", archive.pattern)
    archive.retention_days = request.get("RetentionDays", archive.retention_days)
    state.archives.touch(archive.name)
    call.changed("events.ArchiveUpdated", archive.arn, **_facts(archive))
    return {"ArchiveArn": archive.arn, "State": "ENABLED", "CreationTime": archive.created_ms}


def delete_archive(call: Call, request: Request) -> dict[str, Any]:
    """Delete an archive with its events."""
    state, archive = _require(call, request)
    state.remove_archive(archive)
    call.changed("events.ArchiveDeleted", archive.arn)
    return {}


def describe_archive(call: Call, request: Request) -> dict[str, Any]:
    """An archive."""
    state, archive = _require(call, request)
    found = {**_shown(call, state, archive), "ArchiveArn": archive.arn}
    if archive.description is not None:
        found["Description"] = archive.description
    if archive.pattern:
        found["EventPattern"] = archive.pattern
    return found


def list_archives(call: Call, request: Request) -> dict[str, Any]:
    """The archives by a prefix of their names, a bus or a state."""
    wanted = [name for name in ("NamePrefix", "EventSourceArn", "State") if request.get(name)]
    if len(wanted) > 1:
        raise refusals.invalid(
            "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."
        )
    state, prefix = call.state(EventsState), request.get("NamePrefix") or ""
    source, in_state = request.get("EventSourceArn"), request.get("State") or "ENABLED"
    found = [
        shown
        for shown in (_shown(call, state, archive) for _, archive in sorted(state.archives.items()))
        if shown["ArchiveName"].startswith(prefix)
        and (not source or shown["EventSourceArn"] == source)
        and shown["State"] == in_state
    ]
    listed, more = paging.page(found, request)
    return {"Archives": list(listed), **more}


def _require(call: Call, request: Request) -> tuple[EventsState, Archive]:
    state = call.state(EventsState)
    archive = state.archives.get(request["ArchiveName"])
    if archive is None:
        raise refusals.missing("Archive", request["ArchiveName"])
    return state, archive


def _facts(archive: Archive) -> dict[str, Any]:
    return {"EventPattern": archive.pattern, "RetentionDays": archive.retention_days}


def _shown(call: Call, state: EventsState, archive: Archive) -> dict[str, Any]:
    expiring.let_go(call, state, archive)
    return {
        "ArchiveName": archive.name,
        "EventSourceArn": call.arn("events", f"event-bus/{archive.bus}"),
        "State": "ENABLED",
        "RetentionDays": archive.retention_days,
        "SizeBytes": archive.size,
        "EventCount": archive.next - archive.first,
        "CreationTime": archive.created_ms,
    }
