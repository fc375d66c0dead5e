"""Tags of topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sns import arns, limits
from foulweather.services.sns.state import SnsState, Topic
from foulweather.services.sns.tagging import checked_tags, refuse_many, refuse_noncompliant

if TYPE_CHECKING:
    from aws_types.sns import (
        ListTagsForResourceRequest,
        ListTagsForResourceResponse,
        TagResourceRequest,
        TagResourceResponse,
        UntagResourceRequest,
        UntagResourceResponse,
    )


def list_tags_for_resource(call: Call, request: ListTagsForResourceRequest) -> ListTagsForResourceResponse:
    """A topic's tags."""
    topic, _ = _tagged(call, request)
    return {"Tags": [{"Key": key, "Value": value} for key, value in topic.tags.items()]}


def tag_resource(call: Call, request: TagResourceRequest) -> TagResourceResponse:
    """Add tags to a topic, or change their values."""
    added = checked_tags(request.get("Tags") or [])
    topic, state = _tagged(call, request)
    tags = {**topic.tags, **added}
    refuse_many(tags)
    refuse_noncompliant(call, added)
    topic.tags = tags
    state.topics.touch(topic.arn)
    call.changed("sns.TopicTagged", topic.arn, Tags=tags)
    return {}


def untag_resource(call: Call, request: UntagResourceRequest) -> UntagResourceResponse:
    """Remove tags from a topic."""
    topic, state = _tagged(call, request)
    gone = set(request.get("TagKeys") or [])
    topic.tags = {key: value for key, value in topic.tags.items() if key not in gone}
    state.topics.touch(topic.arn)
    call.changed("sns.TopicTagged", topic.arn, Tags=topic.tags)
    return {}


def _tagged(call: Call, request: Any) -> tuple[Topic, SnsState]:
    arn = arns.topic(call, limits.required(request, "ResourceArn"), "ResourceArn")
    state = call.state(SnsState, arn.account)
    topic = state.topics.get(arn.text)
    if topic is None:
        raise AwsError("ResourceNotFoundException", "Resource does not exist", 404)
    return topic, state
