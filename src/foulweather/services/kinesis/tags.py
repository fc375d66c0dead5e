"""Tags of streams and consumers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.kinesis import tagging
from foulweather.services.kinesis.naming import Owned, owned, owned_stream

Request = Mapping[str, Any]


def add_tags_to_stream(call: Call, request: Request) -> None:
    """Add tags to a stream, or change their values."""
    _add(call, owned_stream(call, request), request["Tags"])


def remove_tags_from_stream(call: Call, request: Request) -> None:
    """Remove tags from a stream; those it has not are no error."""
    _remove(call, owned_stream(call, request), request["TagKeys"])


def list_tags_for_stream(call: Call, request: Request) -> dict[str, Any]:
    """A stream's tags in order of their keys, page by page."""
    found = owned_stream(call, request).row.tags
    after = request.get("ExclusiveStartTagKey", "")
    keys = [key for key in sorted(found) if key > after]
    limit = request.get("Limit", 50)
    tags = [{"Key": key, "Value": found[key]} for key in keys[:limit]]
    return {"Tags": tags, "HasMoreTags": len(keys) > limit}


def tag_resource(call: Call, request: Request) -> None:
    """Add tags to a stream or a consumer, or change their values."""
    _add(call, owned(call, request["ResourceARN"]), request["Tags"])


def untag_resource(call: Call, request: Request) -> None:
    """Remove tags from a stream or a consumer."""
    _remove(call, owned(call, request["ResourceARN"]), request["TagKeys"])


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """The tags of a stream or a consumer."""
    found = owned(call, request["ResourceARN"]).row.tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(found.items())]}


def _add(call: Call, found: Owned, tags: Mapping[str, str]) -> None:
    found.row.tags = tagging.checked(tags, found.row.tags)
    found.touch()
    call.changed("kinesis.Tagged", found.row.arn, Tags=found.row.tags)


def _remove(call: Call, found: Owned, keys: list[str]) -> None:
    found.row.tags = {key: value for key, value in found.row.tags.items() if key not in keys}
    found.touch()
    call.changed("kinesis.Untagged", found.row.arn, Tags=found.row.tags)
