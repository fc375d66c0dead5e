"""Imports of a trail's files into an event data store: begun, stopped, taken up again, told; `importing` does the work.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartImport.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import finding, importing, paging, refusals
from foulweather.services.cloudtrail.eagerly import Answer, at_once
from foulweather.services.cloudtrail.records import Import
from foulweather.services.cloudtrail.state import Lake

Request = Mapping[str, Any]
LISTED_MAX: Final = 1000
UNDER_WAY: Final = ("INITIALIZING", "IN_PROGRESS")


def start_import(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Begin an import, or take up one again that failed or was stopped."""
    return at_once(_started(call, request))


async def _started(call: Call, request: Request) -> Answer:
    lake = call.state(Lake)
    import_id = request.get("ImportId")
    new = [name for name in ("Destinations", "ImportSource") if request.get(name)]
    if import_id is not None:
        if new:
            message = f"{new[0]} cannot be specified when you retry an import."
            raise refusals.bad_parameter(message, new[0], request[new[0]])
        found = _found(call, import_id)
        if found.status not in ("FAILED", "STOPPED"):
            raise refusals.bad_parameter(f"The import {import_id} is {found.status}.", "ImportId", import_id)
        _check_alone(call, lake)
        importing.take_up(call, found)
        return _told(found)
    if len(new) < 2:
        message = "Destinations and ImportSource are required for a new import."
        raise refusals.bad_parameter(message, "ImportId", None)
    start_ms, end_ms = request.get("StartEventTime", 0), request.get("EndEventTime", 0)
    if start_ms and end_ms and start_ms > end_ms:
        raise refusals.bad_parameter("StartEventTime must be before EndEventTime.", "StartEventTime", start_ms)
    store = finding.active_store(call, request["Destinations"][0])
    source: dict[str, str] = dict(request["ImportSource"]["S3"])
    _check_alone(call, lake)
    await importing.check(call, store, source)
    _check_alone(call, lake)
    made = Import(
        id=call.world.ids.uuid(),
        account=call.account,
        region=call.region,
        store=store.id,
        source=source,
        created_ms=call.now,
        updated_ms=call.now,
        start_ms=start_ms,
        end_ms=end_ms,
    )
    lake.imports.put(made.id, made)
    call.changed("cloudtrail.ImportStarted", store.arn, ImportSource=source)
    importing.schedule(call, made)
    return _told(made)


def _check_alone(call: Call, lake: Lake) -> None:
    """An account has one import at a time in a Region."""
    for each in lake.imports.values():
        if (each.account, each.region) == (call.account, call.region) and each.status in UNDER_WAY:
            raise refusals.refused(
                "AccountHasOngoingImport",
                "The account has an ongoing import. Stop it or wait until it has ended, and then try again.",
                Fact(each.id, "ImportStatus", each.status),
                remedy=(f"aws cloudtrail stop-import --import-id {each.id}",),
            )


def stop_import(call: Call, request: Request) -> dict[str, Any]:
    """Stop an import; what it has brought stays."""
    found = _found(call, request["ImportId"])
    if found.status in UNDER_WAY:
        found.status, found.updated_ms = "STOPPED", call.now
        call.state(Lake).imports.touch(found.id)
        call.changed("cloudtrail.ImportStopped", _store_arn(found), ImportStatus="STOPPED")
    return {**_told(found), "ImportStatistics": _statistics(found)}


def get_import(call: Call, request: Request) -> dict[str, Any]:
    """An import, and how far it has come."""
    found = _found(call, request["ImportId"])
    return {**_told(found), "ImportStatistics": _statistics(found)}


def list_imports(call: Call, request: Request) -> dict[str, Any]:
    """The imports of this place, the newest first: all, those to a store, those of a status."""
    destination, status = request.get("Destination"), request.get("ImportStatus")
    store = finding.store_named(call, destination).id if destination else None
    found = [
        each
        for each in call.state(Lake).imports.values()
        if (each.account, each.region) == (call.account, call.region)
        and store in (None, each.store)
        and status in (None, each.status)
    ]
    found.sort(key=lambda each: (-each.created_ms, each.id))
    listed, token = paging.page(found, request.get("NextToken"), request.get("MaxResults", LISTED_MAX), "imports")
    members = ("ImportId", "ImportStatus", "Destinations", "CreatedTimestamp", "UpdatedTimestamp")
    told = [{name: value for name, value in _told(each).items() if name in members} for each in listed]
    return {"Imports": told, "NextToken": token} if token else {"Imports": told}


def list_import_failures(call: Call, request: Request) -> dict[str, Any]:
    """The files that an import could not read, and what came of them since."""
    found = _found(call, request["ImportId"])
    told = [
        {
            "Location": location,
            "Status": each.status,
            "ErrorType": each.kind,
            "ErrorMessage": each.message,
            "LastUpdatedTime": each.updated_ms,
        }
        for location, each in sorted(found.failures.items())
    ]
    size = request.get("MaxResults", LISTED_MAX)
    listed, token = paging.page(told, request.get("NextToken"), size, f"failures {found.id}")
    return {"Failures": listed, "NextToken": token} if token else {"Failures": listed}


def _found(call: Call, import_id: str) -> Import:
    found = call.state(Lake).imports.get(import_id)
    if found is None or (found.account, found.region) != (call.account, call.region):
        raise AwsError(
            "ImportNotFoundException", "The import was not found.", facts=(Fact(import_id, "exists", False),)
        )
    return found


def _store_arn(found: Import) -> str:
    return f"arn:aws:cloudtrail:{found.region}:{found.account}:eventdatastore/{found.store}"


def _told(found: Import) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ImportId": found.id,
        "Destinations": [_store_arn(found)],
        "ImportSource": {"S3": found.source},
        "ImportStatus": found.status,
        "CreatedTimestamp": found.created_ms,
        "UpdatedTimestamp": found.updated_ms,
    }
    if found.start_ms:
        told["StartEventTime"] = found.start_ms
    if found.end_ms:
        told["EndEventTime"] = found.end_ms
    return told


def _statistics(found: Import) -> dict[str, int]:
    return {
        "PrefixesFound": len(found.prefixes),
        "PrefixesCompleted": sum(not left for left in found.prefixes.values()),
        "FilesCompleted": found.files,
        "EventsCompleted": found.events,
        "FailedEntries": sum(each.status == "FAILED" for each in found.failures.values()),
    }
