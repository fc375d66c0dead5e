"""Tags of buckets and access points by their ARNs.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import tagging
from foulweather.services.s3.accounts import AccessPoint, S3ControlState, key_of
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3control import (
        ListTagsForResourceRequest,
        ListTagsForResourceResult,
        TagResourceRequest,
        UntagResourceRequest,
    )

_BUCKET = "arn:aws:s3:::"


def list_tags_for_resource(call: Call, request: ListTagsForResourceRequest) -> ListTagsForResourceResult:
    """The tags of what an ARN names."""
    return {"Tags": tagging.as_set(_found(call, request["ResourceArn"]).tags)}  # type: ignore[typeddict-item]


def tag_resource(call: Call, request: TagResourceRequest) -> dict[str, object]:
    """Add tags, or change those of the same keys."""
    found = _found(call, request["ResourceArn"])
    added = tagging.checked_bucket_tags(request["Tags"])
    _retag(call, found, tagging.checked_bucket_tags(tagging.as_set({**found.tags, **added})))
    return {}


def untag_resource(call: Call, request: UntagResourceRequest) -> dict[str, object]:
    """Take tags away by their keys; those that are not there do not matter."""
    found = _found(call, request["ResourceArn"])
    _retag(call, found, {key: value for key, value in found.tags.items() if key not in request["TagKeys"]})
    return {}


def _found(call: Call, arn: str) -> Bucket | AccessPoint:
    found: Bucket | AccessPoint | None = None
    if arn.startswith(_BUCKET):
        found = call.state(S3State).buckets.get(arn[len(_BUCKET) :])
    elif ":accesspoint/" in arn:
        region, account, rest = arn.split(":", 5)[3:]
        key = key_of(account, region, rest.partition("/")[2])
        found = call.state(S3ControlState).access_points.get(key)
    if found is None:
        raise AwsError(
            "NoSuchResource", "The specified resource doesn't exist.", 404, facts=(Fact(arn, "exists", False),)
        )
    return found


def _retag(call: Call, found: Bucket | AccessPoint, tags: dict[str, str]) -> None:
    found.tags = tags
    if isinstance(found, Bucket):
        call.state(S3State).buckets.touch(found.name)
    else:
        call.state(S3ControlState).access_points.touch(found.key)
    call.changed("s3control.ResourceTagged", found.arn, TagSet=tags)
