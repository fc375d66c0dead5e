"""What SQS keeps: queues, messages, deduplication records, tasks."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.services.sqs import limits


class Queue(msgspec.Struct):
    """A queue's configuration."""

    name: str
    account: str
    region: str
    created_ms: int
    modified_ms: int
    is_fifo: bool = False
    delay_s: int = 0
    message_bytes_max: int = limits.MESSAGE_BYTES_MAX
    retention_s: int = 345_600
    wait_s: int = 0
    visibility_s: int = 30
    policy: str = ""
    redrive_policy: str = ""
    dead_letter_arn: str = ""
    receive_count_max: int = 0
    redrive_allow_policy: str = ""
    kms_key_id: str = ""
    kms_reuse_s: int = 300
    is_sqs_encrypted: bool = True
    deduplicates_content: bool = False
    deduplication_scope: str = "queue"
    throughput_limit: str = "perQueue"
    purged_ms: int = 0
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"

    @property
    def is_high_throughput(self) -> bool:
        """Whether a FIFO queue's limits are counted by message group."""
        return self.throughput_limit == "perMessageGroupId" and self.deduplication_scope == "messageGroup"


class Message(msgspec.Struct, array_like=True, gc=False):
    """One message on one queue; `visible_ms` is when it can be received (again).

    `receive_count` counts over all queues that the message was on, `received_here` on this one.
    """

    id: str
    queue: str
    sequence: int
    sent_ms: int
    visible_ms: int
    body: str
    md5: str
    size_bytes: int
    sender_id: str
    group: str = ""
    deduplication_id: str = ""
    attributes: dict[str, dict[str, Any]] = {}
    attributes_md5: str = ""
    trace_header: str = ""
    receive_count: int = 0
    received_here: int = 0
    first_received_ms: int = 0
    received_ms: int = 0
    dead_letter_source: str = ""
    data_key: bytes = b""


class Sent(msgspec.Struct, array_like=True):
    """A message that was sent to a FIFO queue lately, by deduplication id (and group)."""

    queue: str
    message_id: str
    sequence: int
    at_ms: int


class ReceiveAttempt(msgspec.Struct):
    """What a ReceiveMessage call with a ReceiveRequestAttemptId got, for its retries."""

    queue: str
    at_ms: int
    messages: list[tuple[str, int, int]]
    """Each message's id, receive count and the end of its visibility timeout."""


class DeletedQueue(msgspec.Struct):
    """A queue's name that is not free yet."""

    name: str
    at_ms: int


class MoveTask(msgspec.Struct):
    """A redrive of a dead-letter queue's messages."""

    id: str
    source_arn: str
    destination_arn: str
    per_s: int
    started_ms: int
    status: str
    to_move: int
    moved: int = 0
    failure: str = ""
