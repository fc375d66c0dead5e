"""How often a FIFO queue may be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.sqs import limits

if TYPE_CHECKING:
    from foulweather.services.sqs.backlog import Backlog

BUCKETS_MAX = 10_000


class Bucket:
    """Tokens that come back evenly over each second; `level` counts thousandths of a token."""

    __slots__ = ("at_ms", "level", "per_s")

    def __init__(self, per_s: int, now_ms: int) -> None:
        self.per_s = per_s
        self.level = per_s * 1000
        self.at_ms = now_ms

    def take(self, now_ms: int) -> bool:
        """Take a token if there is one."""
        self.level = min(self.per_s * 1000, self.level + (now_ms - self.at_ms) * self.per_s)
        self.at_ms = now_ms
        if self.level < 1000:
            return False
        self.level -= 1000
        return True


def check_rate(call: Call, backlog: Backlog, action: str, *groups: str) -> None:
    """Refuse a call that a FIFO queue's quota has no room for.

    A FIFO queue takes 300 calls a second of each action, a batch counting once. With high throughput
    the queue takes what its Region allows, and each message group, which lives on one partition, 300.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    """
    queue = backlog.queue
    if not queue.is_high_throughput:
        _take(call, backlog, action, limits.FIFO_CALLS_PER_S, "FifoThroughputLimit", queue.throughput_limit)
        return
    for group in set(groups):
        _take(call, backlog, f"{action}/{group}", limits.FIFO_CALLS_PER_S, "MessageGroupId", group)
    per_s = limits.HIGH_THROUGHPUT_CALLS_PER_S.get(queue.region, limits.HIGH_THROUGHPUT_ELSEWHERE_PER_S)
    _take(call, backlog, action, per_s, "FifoThroughputLimit", queue.throughput_limit)


def _take(call: Call, backlog: Backlog, key: str, per_s: int, property_name: str, value: str) -> None:
    buckets = backlog.buckets
    bucket = buckets.get(key)
    if bucket is None or bucket.per_s != per_s:
        if len(buckets) >= BUCKETS_MAX:
            buckets.clear()
        bucket = buckets[key] = Bucket(per_s, call.now)
    if bucket.take(call.now):
        return
    arn = backlog.queue.arn
    action = key.partition("/")[0]
    remedy = (
        "Send, delete and change messages in batches of ten; a batch counts as one call."
        if backlog.queue.is_high_throughput
        else f"aws sqs set-queue-attributes --queue-url {backlog.queue.name} --attributes "
        "DeduplicationScope=messageGroup,FifoThroughputLimit=perMessageGroupId"
    )
    raise AwsError(
        "RequestThrottled",
        "Request is throttled.",
        403,
        why=Why(
            "throttled",
            f"{arn} takes {per_s} {action} calls a second.",
            (call.fact(arn, property_name, value),),
            (remedy,),
        ),
    )
