"""A busy partition key spread over ten shards, and read from all of them."""

from __future__ import annotations

import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from catalog.configurations import code_of, refused
from catalog.tables import TABLE, item, orders, query
from foulweather.testing import Aws

SHARDS = 10
BUSY = "USER#premium"
LARGE = "x" * (110 << 10)
"""With it, an order is 111 write units."""


@pytest.fixture
def table(aws: Aws) -> Any:
    return orders(aws, read=5000, write=5000)


def shard(order: str) -> str:
    return f"{BUSY}#{zlib.crc32(order.encode()) % SHARDS}"


def test_one_key_takes_a_thousand_write_units_a_second_whatever_the_table_has(table: Any) -> None:
    codes = Counter(code_of(table.put_item, TableName=TABLE, Item=item(BUSY, f"{n}", body=LARGE)) for n in range(20))
    assert codes == {"": 10, "ProvisionedThroughputExceededException": 10}
    error = refused(table.put_item, TableName=TABLE, Item=item(BUSY, "one more"))
    assert error["Code"] == "ProvisionedThroughputExceededException"


def test_the_same_load_over_ten_shards_is_borne(table: Any) -> None:
    for n in range(20):
        table.put_item(TableName=TABLE, Item=item(f"{BUSY}#{n % SHARDS}", f"{n}", body=LARGE))


def test_orders_are_even_over_the_shards_within_a_fifth_and_all_are_found(aws: Aws, table: Any) -> None:
    numbers = [f"ORDER#{n:06}" for n in range(2000)]
    for first in range(0, len(numbers), 25):
        puts = [{"PutRequest": {"Item": item(shard(order), order)}} for order in numbers[first : first + 25]]
        assert not table.batch_write_item(RequestItems={TABLE: puts})["UnprocessedItems"]
        aws.advance("1s")

    def read(number: int) -> list[str]:
        page = query(table, "pk = :p", values={":p": f"{BUSY}#{number}"})
        assert "LastEvaluatedKey" not in page
        return [each["sk"]["S"] for each in page["Items"]]

    with ThreadPoolExecutor(SHARDS) as pool:
        found = list(pool.map(read, range(SHARDS)))
    assert sorted(order for each in found for order in each) == numbers
    even = len(numbers) // SHARDS
    assert all(even * 8 // 10 <= len(each) <= even * 12 // 10 for each in found), [len(each) for each in found]
    assert not query(table, "pk = :p", values={":p": BUSY})["Items"], "the old key alone finds nothing"
