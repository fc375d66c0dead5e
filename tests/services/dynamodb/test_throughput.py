from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.services.dynamodb import limits
from harness import Aws
from services.dynamodb.tables import attribute, item, key, made, units


async def load(aws: Aws, seconds: int, keys: list[str], per_s: int, size: int = 0) -> int:
    """Writes a second, in turn over some keys; how many were throttled."""
    throttled = 0
    for _ in range(seconds):
        for n in range(per_s):
            try:
                aws.dynamodb.put_item({"TableName": "orders", "Item": item(keys[n % len(keys)], body="x" * size)})
            except AwsError as error:
                throttled += error.code == "ProvisionedThroughputExceededException"
        await aws.advance(seconds=1)
    return throttled


def throttle(aws: Aws, request: dict[str, Any], operation: str = "put_item") -> AwsError:
    """Ask until it is refused."""
    for _ in range(5000):
        try:
            getattr(aws.dynamodb, operation)(request)
        except AwsError as error:
            return error
    raise AssertionError("never throttled")


async def test_a_table_has_300_seconds_of_burst_and_then_what_is_provisioned(aws: Aws) -> None:
    await made(aws, read=1, write=2)
    keys = [f"k{n}" for n in range(50)]
    assert await load(aws, 1, keys, 600) == 0
    throttled = await load(aws, 20, keys, 10)
    assert 150 <= throttled <= 161


async def test_a_throttle_tells_the_reason_as_aws_does(aws: Aws) -> None:
    await made(aws, read=1, write=1)
    error = throttle(aws, {"TableName": "orders", "Item": item("a")})
    assert error.code == "ProvisionedThroughputExceededException"
    assert error.message.startswith("The level of configured provisioned throughput for the table was exceeded.")
    (reason,) = error.members["ThrottlingReasons"]
    assert reason["reason"] == "TableWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith(":table/orders")
    assert any(fact.property == "WriteCapacityUnits" and fact.set_by is not None for fact in error.why.facts)
    (event, *_) = aws.events("dynamodb.Throttled")
    assert event.facts["operation"] == "PutItem"
    assert event.facts["direction"] == "write"


async def test_one_key_meets_its_partitions_limit_while_the_table_has_capacity_left(aws: Aws) -> None:
    # ddb-hot-partition: 5,000 WCU provisioned, all of the traffic on one key.
    await made(aws, read=5000, write=5000)
    throttled = await load(aws, 3, ["USER#premium"], 300, size=5000)
    assert throttled > 250
    (event, *_) = aws.events("dynamodb.Throttled")
    assert event.facts["reason"] == "TableWriteKeyRangeThroughputExceeded"
    assert event.facts["key"] == "USER#premium"


async def test_sharding_the_hot_key_ends_it(aws: Aws) -> None:
    await made(aws, read=5000, write=5000)
    assert await load(aws, 3, [f"USER#premium#{n}" for n in range(10)], 300, size=5000) == 0


async def test_why_names_the_partition_the_key_and_its_share(aws: Aws) -> None:
    await made(aws, read=5000, write=5000)
    error = throttle(aws, {"TableName": "orders", "Item": item("hot", body="x" * 9000)})
    facts = {fact.property: fact.value for fact in error.why.facts}
    assert facts["partition"].endswith("of 5")
    assert facts["partition key"] == "hot"
    assert facts["key's share of the partition's traffic (percent)"] == 100
    assert facts["limit"] == "KeyRangeThroughput 1000 WCU/s"
    assert "hot#0" in error.why.remedy[0]


async def test_a_hot_partition_with_many_keys_is_split(aws: Aws) -> None:
    await made(aws, read=1000, write=1000)
    keys = [f"k{n}" for n in range(10)]
    for _ in range(5):
        for _ in range(12):
            await load(aws, 5, keys, 60, size=17_500)
    assert len(aws.dynamodb.describe_table({"TableName": "orders"})["Table"]) > 0
    from foulweather.services.dynamodb.state import DynamoState

    live = aws.world.state(DynamoState, aws.account, aws.region).live["orders"]
    assert len(live.meter.partitions.all) > 1


async def test_on_demand_begins_with_4000_write_units_in_four_partitions(aws: Aws) -> None:
    await made(aws)
    error = throttle(aws, {"TableName": "orders", "Item": item("hot", body="x" * 9000)})
    assert error.code == "ThrottlingException"
    assert error.members["throttlingReasons"][0]["reason"] == "TableWriteKeyRangeThroughputExceeded"
    assert "1 of 4" in error.why.cause or "of 4" in error.why.cause


async def test_a_maximum_limits_on_demand(aws: Aws) -> None:
    await made(aws, OnDemandThroughput={"MaxReadRequestUnits": 2, "MaxWriteRequestUnits": 2})
    error = throttle(aws, {"TableName": "orders", "Key": item("a")}, "get_item")
    assert error.members["throttlingReasons"][0]["reason"] == "TableReadMaxOnDemandThroughputExceeded"


async def test_an_index_without_capacity_pushes_back_on_its_table(aws: Aws) -> None:
    index = {
        "IndexName": "weak",
        "KeySchema": [key("g")],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": units(1, 1),
    }
    await made(
        aws,
        read=1000,
        write=1000,
        AttributeDefinitions=[attribute("pk"), attribute("g")],
        GlobalSecondaryIndexes=[index],
    )
    refused = None
    for n in range(400):
        try:
            aws.dynamodb.put_item({"TableName": "orders", "Item": item(f"k{n}", g="one")})
        except AwsError as error:
            refused = error
            break
    assert refused is not None
    (reason,) = refused.members["ThrottlingReasons"]
    assert reason["reason"] == "IndexWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith("table/orders/index/weak")
    program, service, operation, *options = shlex.split(refused.why.remedy[0])
    assert (program, service, operation) == ("aws", "dynamodb", "update-table")
    told = dict(zip(options[::2], options[1::2], strict=True))
    (update,) = json.loads(told["--global-secondary-index-updates"])
    assert update["Update"] == {"IndexName": "weak", "ProvisionedThroughput": units(1, 2)}, "a command to paste"
    # Nothing was written, and writes that do not touch the index go on.
    assert aws.dynamodb.get_item({"TableName": "orders", "Key": item(f"k{n}")}) == {}
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("without")})


async def test_a_batch_gives_back_what_was_throttled(aws: Aws) -> None:
    await made(aws, read=1, write=1)
    writes = [{"PutRequest": {"Item": item(f"k{n}", body="x" * 20_000)}} for n in range(25)]
    left = aws.dynamodb.batch_write_item({"RequestItems": {"orders": writes}})["UnprocessedItems"]["orders"]
    stored = aws.dynamodb.scan({"TableName": "orders", "Select": "COUNT"})["Count"]
    assert 0 < len(left) < 25
    assert stored == 25 - len(left)
    with pytest.raises(AwsError, match="ProvisionedThroughputExceeded"):
        aws.dynamodb.batch_write_item({"RequestItems": {"orders": left}})


def last_why(aws: Aws) -> Why:
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert trace.hops[0].code == "", "the batch itself succeeded"
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.why is not None
    return hop.why


async def test_what_comes_back_of_a_batch_write_names_the_partition_and_its_limit(aws: Aws) -> None:
    await made(aws, sort="sk", read=5000, write=5000)
    hot = [{"PutRequest": {"Item": item("hot", sk=str(n), body="x" * 200_000)}} for n in range(12)]
    cold = [{"PutRequest": {"Item": item(f"cold{n}", sk="0", body="x" * 1_000)}} for n in range(10)]
    told = aws.dynamodb.batch_write_item({"RequestItems": {"orders": [*hot, *cold]}})
    left = told["UnprocessedItems"]["orders"]
    assert left
    assert all(each["PutRequest"]["Item"]["pk"] in ({"S": "hot"}, {"S": "cold8"}) for each in left[:6])
    why = last_why(aws)
    assert why.decision == "throttled"
    assert why.cause.startswith(f"{len(left)} of 22 came back in UnprocessedItems: {len(left)} met KeyRangeThroughput")
    facts = {fact.property: fact.value for fact in why.because[0].facts}
    assert facts["partition"].endswith("of 5")
    assert facts["partition key"] == "hot"
    assert facts["limit"] == "KeyRangeThroughput 1000 WCU/s"
    assert "backoff" in why.remedy[0]


async def test_what_comes_back_of_a_batch_get_names_each_table_and_its_limit(aws: Aws) -> None:
    for name in ("small", "smaller"):
        await made(aws, name, read=1, write=1000)
        for n in range(50):
            aws.dynamodb.put_item({"TableName": name, "Item": item(f"k{n}", body="x" * 30_000)})
            await aws.advance(seconds=1)
    keys = {"Keys": [item(f"k{n}") for n in range(50)], "ConsistentRead": True}
    left = aws.dynamodb.batch_get_item({"RequestItems": {"small": keys, "smaller": keys}})["UnprocessedKeys"]
    assert set(left) == {"small", "smaller"}
    why = last_why(aws)
    counts = {fact.resource.rpartition("/")[2]: fact.value for fact in why.facts}
    assert counts == {name: len(each["Keys"]) for name, each in left.items()}
    assert [cause.facts[0].resource.rpartition("/")[2] for cause in why.because] == ["small", "smaller"]
    events = {event.facts["table"]: event.facts["count"] for event in aws.events("dynamodb.Unprocessed")}
    assert events == counts


async def test_what_does_not_fit_into_the_response_of_a_batch_get_says_so(aws: Aws) -> None:
    await made(aws, read=40_000, write=40_000)
    for n in range(45):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item(f"k{n}", body="x" * 400_000)})
        await aws.advance(seconds=1)
    keys = {"Keys": [item(f"k{n}") for n in range(45)]}
    left = aws.dynamodb.batch_get_item({"RequestItems": {"orders": keys}})["UnprocessedKeys"]["orders"]["Keys"]
    why = last_why(aws)
    assert why.decision == "delayed"
    assert why.cause.endswith(f"{len(left)} did not fit into the response")


async def test_statements_of_a_batch_that_fail_leave_their_reasons(aws: Aws) -> None:
    await made(aws, read=100, write=100)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    statements = [
        {"Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': '{pk}'}}"}
        for table, pk in (("orders", "a"), ("orders", "b"), ("missing", "c"))
    ]
    told = aws.dynamodb.batch_execute_statement({"Statements": statements})["Responses"]
    assert [each.get("Error", {}).get("Code") for each in told] == ["DuplicateItem", None, "ResourceNotFound"]
    why = last_why(aws)
    assert why.cause == "2 of 3 statements of a batch failed."
    assert [each.cause.partition(":")[0] for each in why.because] == [
        "DuplicateItemException",
        "ResourceNotFoundException",
    ]


async def test_capacity_can_be_lowered_four_times_and_then_once_an_hour(aws: Aws) -> None:
    await made(aws, read=100, write=100)

    async def lower(to: int) -> None:
        aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": units(to, 100)})
        await aws.advance(ms=limits.UPDATE_MS)

    for to in (90, 80, 70, 60):
        await lower(to)
    with pytest.raises(AwsError) as refused:
        await lower(50)
    assert refused.value.code == "LimitExceededException"
    await aws.advance(seconds=3600)
    await lower(50)
    described = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["ProvisionedThroughput"]
    assert described["ReadCapacityUnits"] == 50
    assert described["NumberOfDecreasesToday"] == 5
