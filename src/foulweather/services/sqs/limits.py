"""SQS's quotas, and what is checked against them.

Numbers: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
(queue, FIFO queue, message and policy quotas) and the API reference of each operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from foulweather.kernel.errors import AwsError
from foulweather.services.sqs import refusals

# Queue quotas (quotas-queues.html, quotas-fifo.html).
LISTED_MAX: Final = 1000
TAGS_MAX: Final = 50
IN_FLIGHT_MAX: Final = 120_000
FIFO_WINDOW: Final = 120_000
NAME_WAIT_MS: Final = 60_000
PURGE_WAIT_MS: Final = 60_000

# Message quotas (quotas-messages.html).
MESSAGE_BYTES_MAX: Final = 1_048_576
BATCH_BYTES_MAX: Final = 1_048_576
BATCH_ENTRIES_MAX: Final = 10
RECEIVED_AT_ONCE_MAX: Final = 10
DELAY_S_MAX: Final = 900
WAIT_S_MAX: Final = 20
VISIBILITY_S_MAX: Final = 43_200
DEDUPLICATION_MS: Final = 300_000
ATTEMPT_MS: Final = 300_000
FIFO_CALLS_PER_S: Final = 300
HIGH_THROUGHPUT_CALLS_PER_S: Final[Mapping[str, int]] = {
    "us-east-1": 70_000, "us-west-2": 70_000, "eu-west-1": 70_000,
    "us-east-2": 19_000, "eu-central-1": 19_000,
    "ap-south-1": 9_000, "ap-southeast-1": 9_000, "ap-southeast-2": 9_000, "ap-northeast-1": 9_000,
    "eu-west-2": 4_500, "sa-east-1": 4_500,
}  # fmt: skip
HIGH_THROUGHPUT_ELSEWHERE_PER_S: Final = 2_400

# Policy quotas (quotas-policies.html).
POLICY_BYTES_MAX: Final = 8_192
POLICY_STATEMENTS_MAX: Final = 20
POLICY_PRINCIPALS_MAX: Final = 50
POLICY_CONDITIONS_MAX: Final = 10
POLICY_ACTIONS_MAX: Final = 7

# StartMessageMoveTask, ListMessageMoveTasks (API reference).
MOVED_PER_S_MAX: Final = 500
TASKS_LISTED_MAX: Final = 10
MOVE_STEP_MS: Final = 1000

SEQUENCE_BASE: Final = 10**19
SEQUENCE_SHIFT: Final = 20

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+\.fifo")
_TOKEN = re.compile(r"[!-~]{1,128}")
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")

# --- names


def checked_queue_name(name: str | None, is_fifo: bool) -> str:
    """A new queue's name."""
    if not name:
        raise refusals.missing("QueueName")
    if is_fifo and not _FIFO_NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length.",
        )
    if not is_fifo and not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    return name


def checked_label(label: str | None) -> str:
    """A permission's label."""
    if not label:
        raise refusals.missing("Label")
    if not _NAME.fullmatch(label):
        raise refusals.invalid(
            "Label", label, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        )
    return label


def checked_page_size(given: int | None) -> int | None:
    """How many results a listing returns at most."""
    if given is not None and not 1 <= given <= LISTED_MAX:
        raise refusals.invalid("MaxResults", given, f"Must be between 1 and {LISTED_MAX}, if provided.")
    return given


# --- messages


def checked_body(body: str | None, arn: str, bytes_max: int) -> bytes:
    """A message's body in UTF-8, of the characters that XML allows."""
    if not body:
        raise refusals.missing("MessageBody")
    encoded = check_characters(body)
    if len(encoded) > bytes_max:
        raise refusals.too_long(arn, len(encoded), bytes_max)
    return encoded


def check_characters(text: str) -> bytes:
    """Text in UTF-8, refused if it has a character that XML does not allow."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise refusals.invalid_contents() from None
    # Bytes below 0x20 stand for themselves in UTF-8, so one pass over the bytes finds every control character.
    if len(encoded.translate(None, _CONTROLS)) != len(encoded):
        raise refusals.invalid_contents()
    if not text.isascii() and ("\ufffe" in text or "\uffff" in text):
        raise refusals.invalid_contents()
    return encoded


def checked_token(parameter: str, value: str) -> str:
    """A message group id, deduplication id or receive attempt id."""
    if not _TOKEN.fullmatch(value):
        raise refusals.invalid(
            parameter,
            value,
            f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        )
    return value


def checked_delay(delay_s: int) -> int:
    """A message's own delay."""
    if not 0 <= delay_s <= DELAY_S_MAX:
        raise refusals.invalid("DelaySeconds", delay_s, f"DelaySeconds must be >= 0 and <= {DELAY_S_MAX}.")
    return delay_s


def checked_visibility(visibility_s: int) -> int:
    """A visibility timeout."""
    if not 0 <= visibility_s <= VISIBILITY_S_MAX:
        raise refusals.invalid(
            "VisibilityTimeout", visibility_s, f"Must be between 0 and {VISIBILITY_S_MAX}, if provided."
        )
    return visibility_s


def checked_count(count: int) -> int:
    """How many messages a receive call wants."""
    if not 1 <= count <= RECEIVED_AT_ONCE_MAX:
        raise refusals.invalid(
            "MaxNumberOfMessages", count, f"Must be between 1 and {RECEIVED_AT_ONCE_MAX}, if provided."
        )
    return count


def checked_wait(wait_s: int) -> int:
    """How long a receive call waits."""
    if not 0 <= wait_s <= WAIT_S_MAX:
        raise refusals.invalid("WaitTimeSeconds", wait_s, f"Must be >= 0 and <= {WAIT_S_MAX}, if provided.")
    return wait_s
