"""Queue attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.sqs import configuration, refusals
from foulweather.services.sqs.applying import applied
from foulweather.services.sqs.lifecycle import settle
from foulweather.services.sqs.state import located

if TYPE_CHECKING:
    from aws_types.sqs import GetQueueAttributesRequest, GetQueueAttributesResult, SetQueueAttributesRequest

_FIFO = frozenset({"FifoQueue", *(name for name, each in configuration.SETTABLE.items() if each.is_fifo_only)})
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
_KNOWN = frozenset(
    {"All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", *_COUNTS, *_FIFO, *configuration.SETTABLE}
)


def get_queue_attributes(call: Call, request: GetQueueAttributesRequest) -> GetQueueAttributesResult:
    """A queue's attributes by name, or all; none if none is named."""
    names = request.get("AttributeNames") or []
    for name in names:
        if name not in _KNOWN:
            raise configuration.unknown(name)
    state, backlog = located(call, request.get("QueueUrl"))
    if not names:
        return {}
    settle(call, state, backlog)
    known = configuration.shown(backlog.queue)
    counts = (backlog.visible, backlog.in_flight, backlog.delayed)
    known.update(zip(_COUNTS, map(str, counts), strict=True))
    if "All" not in names:
        known = {name: known[name] for name in names if name in known}
    return {"Attributes": known} if known else {}


def set_queue_attributes(call: Call, request: SetQueueAttributesRequest) -> None:
    """Change a queue's attributes; they are in force at once."""
    state, backlog = located(call, request.get("QueueUrl"))
    attributes = request.get("Attributes")
    if not attributes:
        raise refusals.missing("Attributes")
    queue = backlog.queue
    fields = configuration.checked(attributes, queue)
    settle(call, state, backlog)
    applied(call, queue, fields)
    state.configured(backlog, call.now)
    call.changed("sqs.QueueAttributesSet", backlog.arn, **attributes)
    if queue.is_fifo and "delay_s" in fields:
        # A changed delay holds for what is on a FIFO queue already, but not on a standard queue (API reference).
        for message in backlog.redelay(call.now):
            state.messages.touch(message.id)
    if backlog.parked:
        backlog.rouse(call.world)
