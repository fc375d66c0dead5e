"""Queues as a whole: made, found, listed, emptied, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sqs import configuration, limits, refusals
from foulweather.services.sqs.addresses import url_of
from foulweather.services.sqs.applying import applied, check_tags
from foulweather.services.sqs.paging import page
from foulweather.services.sqs.records import Queue
from foulweather.services.sqs.redrive import sources_of
from foulweather.services.sqs.state import SqsState, located

if TYPE_CHECKING:
    from aws_types.sqs import (
        CreateQueueRequest,
        CreateQueueResult,
        DeleteQueueRequest,
        GetQueueUrlRequest,
        GetQueueUrlResult,
        ListDeadLetterSourceQueuesRequest,
        ListDeadLetterSourceQueuesResult,
        ListQueuesRequest,
        ListQueuesResult,
        PurgeQueueRequest,
    )


def create_queue(call: Call, request: CreateQueueRequest) -> CreateQueueResult:
    """Make a queue, or find one of the same name that has the attributes asked for."""
    attributes: dict[str, str] = dict(request.get("Attributes") or {})
    tags: dict[str, str] = dict(request.get("tags") or {})
    is_fifo = _is_fifo(attributes)
    name = limits.checked_queue_name(request.get("QueueName"), is_fifo)
    queue = Queue(name, call.account, call.region, call.now, call.now, is_fifo=is_fifo, tags=tags)
    fields = configuration.checked(attributes, queue)
    check_tags(queue.arn, tags)
    state = call.state(SqsState)
    existing = state.queues.get(name)
    if existing is not None:
        _refuse_differences(call, existing, queue, attributes, fields)
        return {"QueueUrl": url_of(call, existing)}
    deleted = state.deleted.get(name)
    if deleted is not None and call.now < deleted.at_ms + limits.NAME_WAIT_MS:
        raise refusals.deleted_recently(queue.arn, deleted.at_ms)
    applied(call, queue, fields)
    if deleted is not None:
        state.deleted.delete(name)
    state.create(queue)
    facts = {**attributes, **({"Tags": tags} if tags else {})}
    call.changed("sqs.QueueCreated", queue.arn, QueueName=name, **facts)
    return {"QueueUrl": url_of(call, queue)}


def _is_fifo(attributes: dict[str, str]) -> bool:
    """Whether a FIFO queue is asked for; a standard queue has no FifoQueue attribute, not even a false one."""
    text = attributes.pop("FifoQueue", None)
    if text is None:
        return False
    if text.lower() == "false":
        raise configuration.unknown("FifoQueue")
    if text.lower() != "true":
        raise configuration.bad_value("FifoQueue")
    return True


def _refuse_differences(
    call: Call, existing: Queue, asked: Queue, attributes: Mapping[str, str], fields: Mapping[str, object]
) -> None:
    applied(call, asked, fields)
    for name in attributes:
        field = configuration.SETTABLE[name].field
        if getattr(existing, field) != getattr(asked, field):
            raise AwsError(
                "QueueNameExists",
                f"A queue already exists with the same name and a different value for attribute {name}",
                facts=(call.fact(existing.arn, name, getattr(existing, field)),),
                remedy=(f"aws sqs set-queue-attributes --queue-url {url_of(call, existing)} --attributes {name}=...",),
            )


def delete_queue(call: Call, request: DeleteQueueRequest) -> None:
    """Delete a queue with everything in it; its name is free again after 60 seconds."""
    state, backlog = located(call, request.get("QueueUrl"))
    state.delete(backlog, call.now)
    call.changed("sqs.QueueDeleted", backlog.arn, QueueName=backlog.queue.name)
    backlog.parked.wake(len(backlog.parked))


def get_queue_url(call: Call, request: GetQueueUrlRequest) -> GetQueueUrlResult:
    """A queue's URL by its name and owner."""
    name = request.get("QueueName")
    if not name:
        raise refusals.missing("QueueName")
    account = request.get("QueueOwnerAWSAccountId") or call.account
    return {"QueueUrl": url_of(call, call.state(SqsState, account).backlog(name).queue)}


def list_queues(call: Call, request: ListQueuesRequest) -> ListQueuesResult:
    """The account's queues in this Region, in order of name."""
    prefix = request.get("QueueNamePrefix") or ""
    size = limits.checked_page_size(request.get("MaxResults"))
    state = call.state(SqsState)
    found = [state.queues[name] for name in sorted(state.queues) if name.startswith(prefix)]
    listed, token = page(found, size, request.get("NextToken"))
    result: ListQueuesResult = {}
    if listed:
        result["QueueUrls"] = [url_of(call, queue) for queue in listed]
    if token is not None:
        result["NextToken"] = token
    return result


def list_dead_letter_source_queues(
    call: Call, request: ListDeadLetterSourceQueuesRequest
) -> ListDeadLetterSourceQueuesResult:
    """The queues whose dead letters go to this one."""
    state, backlog = located(call, request.get("QueueUrl"))
    size = limits.checked_page_size(request.get("MaxResults"))
    listed, token = page(sources_of(state, backlog.arn), size, request.get("NextToken"))
    result: ListDeadLetterSourceQueuesResult = {"queueUrls": [url_of(call, queue) for queue in listed]}
    if token is not None:
        result["NextToken"] = token
    return result


def purge_queue(call: Call, request: PurgeQueueRequest) -> None:
    """Delete every message of a queue, at most once in 60 seconds."""
    state, backlog = located(call, request.get("QueueUrl"))
    queue = backlog.queue
    if queue.purged_ms and call.now < queue.purged_ms + limits.PURGE_WAIT_MS:
        raise refusals.purge_in_progress(queue.name, backlog.arn, queue.purged_ms)
    count = state.purge(backlog)
    queue.purged_ms = call.now
    state.queues.touch(queue.name)
    call.changed("sqs.QueuePurged", backlog.arn, messages=count)
