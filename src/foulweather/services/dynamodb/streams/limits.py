"""The quotas of DynamoDB Streams.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html and the API reference of each operation.
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.service import Rate

ITERATOR_MS: Final = 900_000
RECORDS_MAX: Final = 1_000
BYTES_MAX: Final = 1 << 20
LISTED_MAX: Final = 100
READS_PER_S: Final = 5
READS_BURST: Final = 10

RATES: dict[str, Rate] = {
    # "You can call DescribeStream at a maximum rate of 10 times per second."
    "DescribeStream": Rate(10, 10, "LimitExceededException", "Rate exceeded for DescribeStream."),
}
