"""Dead-letter queues: which queue names which, and whether it may."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.sqs import refusals
from foulweather.services.sqs.addresses import parsed_arn
from foulweather.services.sqs.configuration import bad_value
from foulweather.services.sqs.records import Queue
from foulweather.services.sqs.state import SqsState

RECEIVE_COUNT_MAX = 1000
RECEIVE_COUNT_DEFAULT = 10
SOURCES_MAX = 10
PERMISSIONS = ("allowAll", "denyAll", "byQueue")


class RedrivePolicy(NamedTuple):
    """A checked RedrivePolicy: as it is shown, and what it says."""

    text: str
    dead_letter_arn: str
    receive_count_max: int


NO_REDRIVE = RedrivePolicy("", "", 0)


def checked_redrive_policy(call: Call, text: str, queue: Queue) -> RedrivePolicy:
    """A queue's RedrivePolicy; an empty one removes it.

    The dead-letter queue exists, is of the same type, in the same account and Region, and its
    RedriveAllowPolicy lets this queue be a source.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if not text:
        return NO_REDRIVE
    policy = _json_map(text)
    if policy is None:
        raise _refused(text, "Redrive policy is not a valid JSON map.")
    if policy.keys() - {"deadLetterTargetArn", "maxReceiveCount"}:
        raise _refused(text, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
    if "deadLetterTargetArn" not in policy:
        raise _refused(text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
    count = policy.get("maxReceiveCount", RECEIVE_COUNT_DEFAULT)
    if isinstance(count, str) and count.isascii() and count.isdigit():
        count = int(count)
    if type(count) is not int or not 1 <= count <= RECEIVE_COUNT_MAX:
        raise _refused(
            text,
            f"Invalid value for maxReceiveCount: {count}, "
            f"valid values are from 1 to {RECEIVE_COUNT_MAX} both inclusive.",
        )
    target = str(policy["deadLetterTargetArn"])
    place = parsed_arn(target)
    if place is None:
        raise _refused(text, "Invalid value for deadLetterTargetArn.")
    region, account, name = place
    if account != queue.account:
        raise _refused(text, "Dead letter target owner should be same as the source.")
    if region != queue.region:
        raise _refused(text, "Dead-letter target must be in same region as the source.")
    dead_letters = call.state(SqsState, account).queues.get(name)
    if dead_letters is None:
        raise _refused(text, "Dead letter target does not exist.", Fact(target, "exists", False))
    if dead_letters.is_fifo != queue.is_fifo:
        raise _refused(text, "Dead-letter queue must be same type of queue as the source.")
    if not allows_source(dead_letters, queue.arn):
        raise _refused(
            text,
            "The redrive allow policy of the dead-letter queue does not permit this source queue.",
            call.fact(target, "RedriveAllowPolicy", dead_letters.redrive_allow_policy),
        )
    shown = msgspec.json.encode({"deadLetterTargetArn": target, "maxReceiveCount": count}).decode()
    return RedrivePolicy(shown, target, count)


def checked_allow_policy(text: str) -> str:
    """A dead-letter queue's RedriveAllowPolicy; an empty one removes it."""
    if not text:
        return ""
    policy = _json_map(text)
    if policy is None or policy.keys() - {"redrivePermission", "sourceQueueArns"}:
        raise bad_value("RedriveAllowPolicy")
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in PERMISSIONS or (permission == "byQueue") != (sources is not None):
        raise bad_value("RedriveAllowPolicy")
    if sources is not None:
        listed = cast("list[Any]", sources) if isinstance(sources, list) else []
        if not 1 <= len(listed) <= SOURCES_MAX or not all(_is_arn(source) for source in listed):
            raise bad_value("RedriveAllowPolicy")
    return msgspec.json.encode(policy).decode()


def allows_source(dead_letters: Queue, source_arn: str) -> bool:
    """Whether a queue lets another one use it for dead letters."""
    if not dead_letters.redrive_allow_policy:
        return True
    policy = msgspec.json.decode(dead_letters.redrive_allow_policy)
    if policy["redrivePermission"] == "byQueue":
        return source_arn in policy["sourceQueueArns"]
    return policy["redrivePermission"] == "allowAll"


def sources_of(state: SqsState, arn: str) -> list[Queue]:
    """The queues whose dead letters go to a queue, by name."""
    return sorted(
        (queue for queue in state.queues.values() if queue.dead_letter_arn == arn), key=lambda queue: queue.name
    )


def _json_map(text: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError):
        return None


def _is_arn(value: Any) -> bool:
    return isinstance(value, str) and parsed_arn(value) is not None


def _refused(text: str, reason: str, *facts: Fact) -> AwsError:
    return refusals.invalid("RedrivePolicy", text, reason, *facts)
