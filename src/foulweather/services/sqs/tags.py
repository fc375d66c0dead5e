"""Queue tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.sqs import refusals
from foulweather.services.sqs.applying import check_tags
from foulweather.services.sqs.state import located

if TYPE_CHECKING:
    from aws_types.sqs import ListQueueTagsRequest, ListQueueTagsResult, TagQueueRequest, UntagQueueRequest


def tag_queue(call: Call, request: TagQueueRequest) -> None:
    """Add tags to a queue, or change their values."""
    state, backlog = located(call, request.get("QueueUrl"))
    tags = request.get("Tags")
    if not tags:
        raise refusals.missing("Tags")
    queue = backlog.queue
    merged = {**queue.tags, **tags}
    check_tags(backlog.arn, merged)
    queue.tags = merged
    state.queues.touch(queue.name)
    call.changed("sqs.QueueTagged", backlog.arn, Tags=merged)


def untag_queue(call: Call, request: UntagQueueRequest) -> None:
    """Remove tags from a queue; those it does not have are no error."""
    state, backlog = located(call, request.get("QueueUrl"))
    keys = request.get("TagKeys")
    if not keys:
        raise refusals.missing("TagKeys")
    queue = backlog.queue
    queue.tags = {key: value for key, value in queue.tags.items() if key not in keys}
    state.queues.touch(queue.name)
    call.changed("sqs.QueueUntagged", backlog.arn, Tags=dict(queue.tags))


def list_queue_tags(call: Call, request: ListQueueTagsRequest) -> ListQueueTagsResult:
    """A queue's tags."""
    _, backlog = located(call, request.get("QueueUrl"))
    return {"Tags": dict(backlog.queue.tags)} if backlog.queue.tags else {}
