"""Activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import checking, encryption, limits, naming, paging, refusals
from foulweather.services.stepfunctions.records import Activity
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def create_activity(call: Call, request: Request) -> dict[str, Any]:
    """Make an activity; one of that name is there already when it is."""
    name, state = naming.checked_name(request["name"]), call.state(SfnState)
    arn = call.arn("states", f"activity:{name}")
    configuration = encryption.checked(request.get("encryptionConfiguration"))
    tags = limits.checked_tags(request.get("tags") or (), {}, arn)
    held = state.activities.get(arn)
    if held is not None and held.encryption != configuration:
        raise refusals.activity_exists(arn)
    if held is None:
        checking.check_count(len(state.activities), limits.ACTIVITIES_MAX, "ActivityLimitExceeded", "activities")
        data_key = encryption.sealed(call, configuration, arn)
        held = Activity(name, arn, call.now, tags, configuration, data_key)
        state.activities.put(arn, held)
        call.changed("stepfunctions.ActivityCreated", arn, encryptionConfiguration=configuration.get("kmsKeyId"))
    return {"activityArn": arn, "creationDate": held.created_ms}


def delete_activity(call: Call, request: Request) -> dict[str, Any]:
    """Delete an activity; that it is not there does not matter."""
    arn, state = request["activityArn"], call.state(SfnState)
    naming.check_activity(arn)
    if arn in state.activities:
        state.activities.delete(arn)
        call.changed("stepfunctions.ActivityDeleted", arn)
    return {}


def describe_activity(call: Call, request: Request) -> dict[str, Any]:
    """An activity."""
    arn = request["activityArn"]
    naming.check_activity(arn)
    held = call.state(SfnState).activities.get(arn)
    if held is None:
        raise refusals.no_activity(arn)
    return {
        "activityArn": arn,
        "name": held.name,
        "creationDate": held.created_ms,
        "encryptionConfiguration": encryption.shown(held.encryption),
    }


def list_activities(call: Call, request: Request) -> dict[str, Any]:
    """The activities of the account in the Region."""
    found = sorted(call.state(SfnState).activities.values(), key=lambda each: (each.created_ms, each.name))
    listed, more = paging.page(call, found, request)
    told = [{"activityArn": each.arn, "name": each.name, "creationDate": each.created_ms} for each in listed]
    return {"activities": told, **more}
