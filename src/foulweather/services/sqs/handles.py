"""Handles: which receipt of which message, which move task."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from typing import NamedTuple

import msgspec

from foulweather.kernel.errors import AwsError
from foulweather.services.sqs.records import Message, MoveTask, Queue

_MARK = b"\x01\x01\x01"  # so that a handle begins with "AQEB", as AWS's do


class Handle(NamedTuple):
    """What a receipt handle says."""

    message_id: str
    receive_count: int
    received_ms: int
    queue: str


def handle_of(message: Message) -> str:
    """The handle of a message's latest receipt; it stays the same until the next one."""
    told = f"{message.id} {message.receive_count} {message.received_ms} {message.queue}"
    return b2a_base64(_MARK + told.encode(), newline=False).decode()


def parsed(handle: str, queue: Queue) -> Handle:
    """What a handle says, or the refusal of what is no handle of that queue."""
    try:
        told = a2b_base64(handle, strict_mode=True)
        message_id, count, received_ms, name = told[3:].decode().split(" ")
        found = Handle(message_id, int(count), int(received_ms), name)
    except (Error, ValueError):
        raise _no_handle(handle) from None
    if told[:3] != _MARK or name != queue.name:
        raise _no_handle(handle)
    return found


def _no_handle(handle: str) -> AwsError:
    return AwsError(
        "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.', 404
    )


def task_handle(task: MoveTask) -> str:
    """The handle of a message move task."""
    told = msgspec.json.encode({"taskId": task.id, "sourceArn": task.source_arn})
    return b2a_base64(told, newline=False).decode()


def parsed_task(handle: str) -> tuple[str, str]:
    """The task id and the source's ARN in a handle of a message move task."""
    try:
        told = msgspec.json.decode(a2b_base64(handle, strict_mode=True), type=dict[str, str])
        return told["taskId"], told["sourceArn"]
    except (Error, ValueError, KeyError):
        raise AwsError("InvalidParameterValue", "Value for parameter TaskHandle is invalid.") from None
