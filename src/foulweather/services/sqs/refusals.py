"""SQS's refusals, in its words, with the facts behind them."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact


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


def receipt_is_over(handle: str, arn: str, until_ms: int, is_in_batch: bool) -> AwsError:
    """A receipt handle whose time is over; an entry of a batch fails in other words than a single call.

    https://github.com/aws/aws-sdk-js/issues/1279, https://github.com/smaskalik/sqsmover/issues/54
    """
    fact = Fact(arn, "visibility timeout ended", until_ms)
    if is_in_batch:
        return AwsError("ReceiptHandleIsInvalid", "The receipt handle has expired", facts=(fact,))
    return invalid("ReceiptHandle", handle, "The receipt handle has expired.", fact)


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


def too_many_tags(name: str, arn: str, count: int, most: int) -> AwsError:
    """More tags than a queue takes."""
    return AwsError(
        "InvalidParameterValue",
        f"Too many tags added for queue {name}. Maximum allowed is {most}.",
        facts=(Fact(arn, "tags", count),),
    )


def too_long(arn: str, size: int, bytes_max: int) -> AwsError:
    """A message with its attributes is larger than its queue takes."""
    return AwsError(
        "InvalidParameterValue",
        f"One or more parameters are invalid. Reason: Message must be shorter than {bytes_max} bytes.",
        facts=(
            Fact("request", "bytes of the body and the attributes", size),
            Fact(arn, "MaximumMessageSize", bytes_max),
        ),
    )


def invalid_contents() -> AwsError:
    """Text has a character that XML does not allow."""
    return AwsError(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are "
        "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    )
