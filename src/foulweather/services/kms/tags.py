"""Tags of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.state import Key, KmsState

if TYPE_CHECKING:
    from aws_types.kms import (
        ListResourceTagsRequest,
        ListResourceTagsResponse,
        TagResourceRequest,
        UntagResourceRequest,
    )


def tag_resource(call: Call, request: TagResourceRequest) -> None:
    """Add tags to a key, or give them other values."""
    state, key = _taggable(call, request["KeyId"])
    key.tags = limits.checked_tags(request["Tags"], key.tags)
    state.changed(key)
    call.changed("kms.KeyTagged", key.arn, Tags=key.tags)


def untag_resource(call: Call, request: UntagResourceRequest) -> None:
    """Remove tags from a key; those it has not do not matter."""
    state, key = _taggable(call, request["KeyId"])
    gone = set(request["TagKeys"])
    key.tags = {name: value for name, value in key.tags.items() if name not in gone}
    state.changed(key)
    call.changed("kms.KeyTagged", key.arn, Tags=key.tags)


def list_resource_tags(call: Call, request: ListResourceTagsRequest) -> ListResourceTagsResponse:
    """The tags of a key."""
    _, key = require_by_id(call, request["KeyId"])
    found, more = limits.page(list(key.tags.items()), request, limits.TAGS_PAGE)
    return more | {"Tags": [{"TagKey": name, "TagValue": value} for name, value in found]}


def _taggable(call: Call, key_id: str) -> tuple[KmsState, Key]:
    state, key = require_by_id(call, key_id)
    if key.state in ("PendingDeletion", "PendingReplicaDeletion", "Creating"):
        raise refusals.invalid_state(call, key)
    return state, key
