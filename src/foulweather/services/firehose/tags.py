"""Tags of delivery streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.firehose import tagging
from foulweather.services.firehose.state import FirehoseState, Live, located

Request = Mapping[str, Any]


def tag_delivery_stream(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or change their values."""
    state, live = located(call, request["DeliveryStreamName"])
    given = {each["Key"]: each.get("Value", "") for each in request["Tags"]}
    _set(call, state, live, tagging.checked(given, live.stream.tags))
    return {}


def untag_delivery_stream(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; those that are not there are no error."""
    state, live = located(call, request["DeliveryStreamName"])
    keys = request["TagKeys"]
    _set(call, state, live, {key: value for key, value in live.stream.tags.items() if key not in keys})
    return {}


def list_tags_for_delivery_stream(call: Call, request: Request) -> dict[str, Any]:
    """A page of a delivery stream's tags, in order of their keys."""
    tags = located(call, request["DeliveryStreamName"])[1].stream.tags
    after = request.get("ExclusiveStartTagKey", "")
    keys = [key for key in sorted(tags) if key > after]
    limit = request.get("Limit", 50)
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in keys[:limit]], "HasMoreTags": len(keys) > limit}


def _set(call: Call, state: FirehoseState, live: Live, tags: dict[str, str]) -> None:
    live.stream.tags = tags
    state.streams.touch(live.stream.name)
    call.changed("firehose.Tagged", live.stream.arn, Tags=tags)
