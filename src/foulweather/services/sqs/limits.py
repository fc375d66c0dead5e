"""SQS's quotas and the words of its refusals.

Numbers: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
(queue, FIFO queue, message and policy quotas) and the API reference of each operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

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

# --- refusals


def missing(parameter: str) -> AwsError:
    """A required parameter is absent or empty."""
    return AwsError("MissingParameter", f"The request must contain the parameter {parameter}.")


def invalid(parameter: str, value: object, reason: str, *facts: Fact) -> AwsError:
    """A parameter's value will not do."""
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {parameter} is invalid. Reason: {reason}", facts=facts
    )


def no_such_queue(arn: str) -> AwsError:
    """There is no queue of that name."""
    name = arn.rpartition(":")[2]
    return AwsError(
        "QueueDoesNotExist",
        "The specified queue does not exist.",
        facts=(Fact(arn, "exists", False),),
        remedy=(f"aws sqs create-queue --queue-name {name}",),
    )


def wrong_queue_type(parameter: str, value: object) -> AwsError:
    """A parameter that this type of queue (standard or FIFO) does not take."""
    return invalid(parameter, value, "The request include parameter that is not valid for this queue type.")


def over_in_flight_limit(arn: str, in_flight: int) -> AwsError:
    """A standard queue has as many messages in flight as it may."""
    return AwsError(
        "OverLimit",
        "The maximum number of in flight messages is reached.",
        403,
        facts=(Fact(arn, "ApproximateNumberOfMessagesNotVisible", in_flight),),
        remedy=("Delete messages when they are processed, or shorten the queue's VisibilityTimeout.",),
    )


def receipt_is_over(handle: str, arn: str, until_ms: int) -> AwsError:
    """A receipt handle whose time is over."""
    return invalid(
        "ReceiptHandle", handle, "The receipt handle has expired.", Fact(arn, "visibility timeout ended", until_ms)
    )


def not_in_flight(arn: str, message_id: str, visible_ms: int) -> AwsError:
    """A message that was received is visible again."""
    return AwsError(
        "MessageNotInflight",
        "The specified message isn't in flight.",
        facts=(Fact(arn, "MessageId", message_id), Fact(arn, "visibility timeout ended", visible_ms)),
    )


def deleted_recently(arn: str, deleted_ms: int) -> AwsError:
    """A queue's name is not free yet."""
    return AwsError(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        facts=(Fact(arn, "deleted", deleted_ms),),
    )


def purge_in_progress(name: str, arn: str, purged_ms: int) -> AwsError:
    """A queue was purged less than 60 seconds ago."""
    return AwsError(
        "PurgeQueueInProgress",
        f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.",
        403,
        facts=(Fact(arn, "purged", purged_ms),),
    )


def over_policy_limit(what: str, found: int, most: int) -> AwsError:
    """A queue policy with more of something than the quota."""
    return AwsError("OverLimit", f"{found} {what} were found, maximum allowed is {most}.", 403)


def too_many_tags(name: str, arn: str, count: int) -> AwsError:
    """More tags than a queue takes."""
    return AwsError(
        "InvalidParameterValue",
        f"Too many tags added for queue {name}. Maximum allowed is {TAGS_MAX}.",
        facts=(Fact(arn, "tags", count),),
    )


# --- names


def checked_queue_name(name: str | None, is_fifo: bool) -> str:
    """A new queue's name."""
    if not name:
        raise missing("QueueName")
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
        raise missing("Label")
    if not _NAME.fullmatch(label):
        raise invalid(
            "Label", label, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        )
    return label


def checked_page_size(given: int | None) -> int | None:
    """How many results a listing returns at most."""
    if given is not None and not 1 <= given <= LISTED_MAX:
        raise invalid("MaxResults", given, f"Must be between 1 and {LISTED_MAX}, if provided.")
    return given


# --- messages


def checked_body(body: str | None, bytes_max: int) -> bytes:
    """A message's body in UTF-8, of the characters that XML allows."""
    if not body:
        raise missing("MessageBody")
    encoded = check_characters(body)
    if len(encoded) > bytes_max:
        raise too_long(bytes_max)
    return encoded


def check_characters(text: str) -> bytes:
    """Text in UTF-8, refused if it has a character that XML does not allow."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise _invalid_contents() from None
    # Bytes below 0x20 stand for themselves in UTF-8, so one pass over the bytes finds every control character.
    if len(encoded.translate(None, _CONTROLS)) != len(encoded):
        raise _invalid_contents()
    if not text.isascii() and ("\ufffe" in text or "\uffff" in text):
        raise _invalid_contents()
    return encoded


def too_long(bytes_max: int) -> AwsError:
    """A message with its attributes is larger than its queue takes."""
    return AwsError(
        "InvalidParameterValue",
        f"One or more parameters are invalid. Reason: Message must be shorter than {bytes_max} bytes.",
    )


def _invalid_contents() -> AwsError:
    return AwsError(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are "
        "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    )


def checked_token(parameter: str, value: str) -> str:
    """A message group id, deduplication id or receive attempt id."""
    if not _TOKEN.fullmatch(value):
        raise invalid(
            parameter,
            value,
            f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
        )
    return value


def checked_delay(delay_s: int) -> int:
    """A message's own delay."""
    if not 0 <= delay_s <= DELAY_S_MAX:
        raise invalid("DelaySeconds", delay_s, f"DelaySeconds must be >= 0 and <= {DELAY_S_MAX}.")
    return delay_s


def checked_visibility(visibility_s: int) -> int:
    """A visibility timeout."""
    if not 0 <= visibility_s <= VISIBILITY_S_MAX:
        raise invalid("VisibilityTimeout", visibility_s, f"Must be between 0 and {VISIBILITY_S_MAX}, if provided.")
    return visibility_s


def checked_count(count: int) -> int:
    """How many messages a receive call wants."""
    if not 1 <= count <= RECEIVED_AT_ONCE_MAX:
        raise invalid("MaxNumberOfMessages", count, f"Must be between 1 and {RECEIVED_AT_ONCE_MAX}, if provided.")
    return count


def checked_wait(wait_s: int) -> int:
    """How long a receive call waits."""
    if not 0 <= wait_s <= WAIT_S_MAX:
        raise invalid("WaitTimeSeconds", wait_s, f"Must be >= 0 and <= {WAIT_S_MAX}, if provided.")
    return wait_s
