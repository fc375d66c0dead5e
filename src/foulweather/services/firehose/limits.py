"""Firehose's quotas.

https://docs.aws.amazon.com/firehose/latest/dev/limits.html and the API reference of each operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foulweather.kernel.service import Rate

STREAMS_MAX: Final = 5_000
TAGS_MAX: Final = 50
LISTED: Final = 10
RECORD_BYTES_MAX: Final = 1_024_000
BATCH_BYTES_MAX: Final = 4 << 20
# "up to 500 active partitions": dynamic-partitioning.html, limits.html.
PARTITIONS_MAX: Final = 500
PARTITIONED_MB_MIN: Final = 64
# "If the destination is unreachable for more than 24 hours, the data is no longer available": PutRecord.
KEPT_MS: Final = 86_400_000

# Requests and bytes a second that a stream takes: more in three Regions.
_LARGE: Final = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
MEBIBYTE: Final = 1 << 20

SIZE_MB: Final = 5
INTERVAL_S: Final = 300
LAMBDA_INTERVAL_S: Final = 60
LAMBDA_MB: Final = 1
LAMBDA_RETRIES: Final = 3
LAMBDA_MB_MAX: Final = 3

# How long AWS takes and waits is not documented; here:
CREATE_MS: Final = 10_000
DELETE_MS: Final = 5_000
KEY_MS: Final = 5_000
RETRY_MS: Final = 60_000
POLL_MS: Final = 1_000
KMS_REUSE_MS: Final = 300_000
BILLED_STEP_BYTES: Final = 5 << 10


def requests_per_s(region: str) -> int:
    """PutRecord and PutRecordBatch calls that a stream takes in a second."""
    return 2_000 if region in _LARGE else 1_000


def records_per_s(region: str) -> int:
    """Records that a stream takes in a second."""
    return 500_000 if region in _LARGE else 100_000


def bytes_per_s(region: str) -> int:
    """Bytes that a stream takes in a second."""
    return 5 * MEBIBYTE if region in _LARGE else MEBIBYTE


def billed_bytes(records: Sequence[bytes]) -> int:
    """What is charged for records: "each record rounded up to the nearest 5KB" (the pricing page)."""
    return sum([-(-len(each) // BILLED_STEP_BYTES) for each in records]) * BILLED_STEP_BYTES


def _rate(per_s: int) -> Rate:
    return Rate(per_s, per_s, "ThrottlingException", "Rate exceeded")


RATES: dict[str, Rate] = {
    name: _rate(5)
    for name in (
        "CreateDeliveryStream",
        "DeleteDeliveryStream",
        "DescribeDeliveryStream",
        "ListDeliveryStreams",
        "UpdateDestination",
        "TagDeliveryStream",
        "UntagDeliveryStream",
        "ListTagsForDeliveryStream",
        "StartDeliveryStreamEncryption",
        "StopDeliveryStreamEncryption",
    )
}
