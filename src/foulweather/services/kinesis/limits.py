"""Kinesis' quotas.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html and the API reference of each operation.
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.service import Rate

HASH_KEYS: Final = 1 << 128
DAY_MS: Final = 86_400_000

# A shard (service-sizes-and-limits.html).
WRITE_BYTES_PER_S: Final = 1 << 20
WRITE_RECORDS_PER_S: Final = 1_000
READ_BYTES_PER_S: Final = 2 << 20
READS_PER_S: Final = 5
READ_BYTES_MAX: Final = 10 << 20
READ_RECORDS_MAX: Final = 10_000
ITERATORS_PER_S: Final = 5

# Requests (PutRecords: "up to a limit of 10 MiB for the entire request, including partition keys").
PUT_BYTES_MAX: Final = 10 << 20
# "A record is counted in 25KB payload 'chunks' that comprise a PUT Payload Unit": the pricing page.
PAYLOAD_UNIT_BYTES: Final = 25 << 10

ITERATOR_MS: Final = 300_000
LIST_TOKEN_MS: Final = 300_000
RETENTION_H_MIN: Final = 24
RETENTION_H_MAX: Final = 8_760
TAGS_MAX: Final = 50
LISTED_STREAMS: Final = 100
LISTED_SHARDS: Final = 1_000
DESCRIBED_SHARDS: Final = 100
LISTED_CONSUMERS: Final = 100

# "By default, you can create up to 50 data streams with the on-demand capacity mode."
ON_DEMAND_STREAMS_MAX: Final = 50
CREATING_MAX: Final = 5
_SHARDS_MAX: Final = {"us-east-1": 20_000, "us-west-2": 20_000, "eu-west-1": 20_000}
SHARDS_ELSEWHERE_MAX: Final = 1_000
STREAM_SHARDS_MAX: Final = 10_000
SCALINGS_A_DAY: Final = 10
SEALINGS_A_DAY: Final = 25
# "you can switch between on-demand and provisioned twice within 24 hours": how-do-i-size-a-stream.html
SWITCHES_A_DAY: Final = 2

# On demand (how-do-i-size-a-stream.html): 4 MB/s at first; "up to double its previous peak write throughput" of the
# last 30 days; throttled where traffic more than doubles within 15 minutes.
ON_DEMAND_SHARDS: Final = 4
ON_DEMAND_PEAK_DAYS: Final = 30
ON_DEMAND_DOUBLING_MS: Final = 900_000
# "scale up to 10 GB/s of write" in three Regions, 200 MB/s elsewhere.
_ON_DEMAND_SHARDS_MAX: Final = {"us-east-1": 10_240, "us-west-2": 10_240, "eu-west-1": 10_240}
ON_DEMAND_SHARDS_ELSEWHERE_MAX: Final = 200

# Enhanced fan-out.
CONSUMERS_MAX: Final = 20
CONSUMERS_CREATING_MAX: Final = 5
SUBSCRIPTION_MS: Final = 300_000
SUBSCRIBED_AGAIN_MS: Final = 5_000
PUSH_BYTES_PER_S: Final = 2 << 20
PUSH_BYTES_MAX: Final = 1 << 20

# How long AWS takes is not documented ("normally takes a few seconds"); here:
CREATE_MS: Final = 6_000
DELETE_MS: Final = 5_000
UPDATE_MS: Final = 4_000
RESHARD_MS: Final = 10_000
CONSUMER_MS: Final = 3_000

POLICY_BYTES_MAX: Final = 20_480
KMS_REUSE_MS: Final = 300_000
KMS_OPENERS_MAX: Final = 10_000


def shards_max(region: str) -> int:
    """How many shards an account may have in a Region by default."""
    return _SHARDS_MAX.get(region, SHARDS_ELSEWHERE_MAX)


def on_demand_shards_max(region: str) -> int:
    """How far a stream on demand scales in a Region."""
    return _ON_DEMAND_SHARDS_MAX.get(region, ON_DEMAND_SHARDS_ELSEWHERE_MAX)


def _rate(per_s: int) -> Rate:
    return Rate(per_s, per_s, "LimitExceededException", "Rate exceeded for account.")


def _by_stream(per_s: int) -> Rate:
    return Rate(per_s, per_s, "LimitExceededException", "Rate exceeded for stream.", by="resource")


RATES: dict[str, Rate] = {
    "AddTagsToStream": _rate(5),
    "CreateStream": _rate(5),
    "DecreaseStreamRetentionPeriod": _by_stream(5),
    "DeleteResourcePolicy": _rate(5),
    "DeleteStream": _rate(5),
    "DeregisterStreamConsumer": _by_stream(5),
    "DescribeLimits": _rate(1),
    "DescribeStream": _rate(10),
    "DescribeStreamConsumer": _by_stream(20),
    "DescribeStreamSummary": _rate(20),
    "DisableEnhancedMonitoring": _by_stream(5),
    "EnableEnhancedMonitoring": _by_stream(5),
    "GetResourcePolicy": _rate(5),
    "IncreaseStreamRetentionPeriod": _by_stream(5),
    "ListShards": _by_stream(1_000),
    "ListStreamConsumers": _by_stream(5),
    "ListStreams": _rate(5),
    "ListTagsForResource": _rate(5),
    "ListTagsForStream": _rate(5),
    "MergeShards": _by_stream(5),
    "PutResourcePolicy": _rate(5),
    "RegisterStreamConsumer": _rate(5),
    "RemoveTagsFromStream": _rate(5),
    "SplitShard": _by_stream(5),
    "StartStreamEncryption": _by_stream(5),
    "StopStreamEncryption": _by_stream(5),
    "TagResource": _rate(5),
    "UntagResource": _rate(5),
    "UpdateShardCount": _rate(10),
    "UpdateStreamMode": _by_stream(5),
}
