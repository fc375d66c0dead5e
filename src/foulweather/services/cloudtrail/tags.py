"""Tags of trails and event data stores.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import finding, limits, paging, refusals
from foulweather.services.cloudtrail.records import EventDataStore, Trail
from foulweather.services.cloudtrail.state import Lake, Trails

Request = Mapping[str, Any]
RESOURCES_MAX = 20


def add_tags(call: Call, request: Request) -> dict[str, Any]:
    """Set tags."""
    found = _found(call, request["ResourceId"])
    _set(call, found, limits.checked_tags(request["TagsList"], found.tags))
    return {}


def remove_tags(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; removing one that is not there is no error."""
    found = _found(call, request["ResourceId"])
    keys = {tag.get("Key") for tag in request["TagsList"]}
    _set(call, found, {key: value for key, value in found.tags.items() if key not in keys})
    return {}


def list_tags(call: Call, request: Request) -> dict[str, Any]:
    """The tags of up to twenty resources."""
    ids: list[str] = request["ResourceIdList"]
    if len(ids) > RESOURCES_MAX:
        raise refusals.bad_parameter(f"You can specify up to {RESOURCES_MAX} resources.", "ResourceIdList", len(ids))
    some, token = paging.page(ids, request.get("NextToken"), RESOURCES_MAX)
    shown = [
        {"ResourceId": each, "TagsList": [{"Key": k, "Value": v} for k, v in _found(call, each).tags.items()]}
        for each in some
    ]
    return {"ResourceTagList": shown, **({"NextToken": token} if token else {})}


def _found(call: Call, arn: str) -> Trail | EventDataStore:
    if ":eventdatastore/" in arn:
        return finding.active_store(call, arn)
    if ":channel/" in arn or ":dashboard/" in arn:
        raise not_implemented("cloudtrail", "AddTags.Channel")
    if not arn.startswith("arn:"):
        message = f"Arn is not valid: {arn}"
        raise refusals.refused("CloudTrailARNInvalid", message, Fact("request", "ResourceId", arn))
    if ":trail/" not in arn:
        message = "The specified resource type is not supported."
        raise refusals.refused("ResourceTypeNotSupported", message, Fact("request", "ResourceId", arn))
    found = call.state(Trails).trails.get(arn)
    if found is None or found.account != call.account:
        message = f"Resource {arn} is not found."
        raise refusals.refused("ResourceNotFound", message, Fact(arn, "exists", False))
    if found.region != call.region:
        raise refusals.wrong_region(arn, call.region)
    return found


def _set(call: Call, found: Trail | EventDataStore, tags: dict[str, str]) -> None:
    found.tags = tags
    if isinstance(found, Trail):
        call.state(Trails).trails.touch(found.arn)
    else:
        call.state(Lake).stores.touch(found.id)
    call.changed("cloudtrail.TagsSet", found.arn, Tags=tags)
