"""Token buckets on the world's clock."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.gates.throttle import Buckets, throttle
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.service import Rate
from foulweather.kernel.services import Operation
from kernel.toy_world import new_call, new_pipeline

RATE = Rate(2, 3)
KEY = ("1", "r", "sqs", "SendMessage")


def test_a_bucket_begins_full_and_holds_its_burst() -> None:
    buckets = Buckets()
    assert [buckets.take(KEY, RATE, 0) for _ in range(4)] == [True, True, True, False]


def test_it_refills_by_the_millisecond() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take(KEY, RATE, 0)
    assert not buckets.take(KEY, RATE, 499)
    assert buckets.take(KEY, RATE, 500)
    assert not buckets.take(KEY, RATE, 999)
    assert buckets.take(KEY, RATE, 1_000)


def test_what_is_asked_in_between_costs_nothing_and_loses_nothing() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take(KEY, RATE, 0)
    for ms in range(1, 500):
        assert not buckets.take(KEY, RATE, ms)
    assert buckets.take(KEY, RATE, 500)


def test_it_never_holds_more_than_its_burst() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take(KEY, RATE, 0)
    assert [buckets.take(KEY, RATE, 3_600_000) for _ in range(4)] == [True, True, True, False]


def test_over_a_long_time_the_rate_is_kept() -> None:
    buckets = Buckets()
    taken = sum(buckets.take(KEY, RATE, ms) for ms in range(0, 60_000, 7))
    assert taken == 3 + 2 * 60 - 1


def test_keys_have_buckets_of_their_own() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take(KEY, RATE, 0)
    assert buckets.take(("2", *KEY[1:]), RATE, 0)


def passes(pipeline: Pipeline, operation: str = "SendMessage", account: str = "", **request: Any) -> bool:
    call = new_call(pipeline, "sqs", operation)
    call.account = account or call.account
    try:
        throttle(call, pipeline.services.operation("sqs", operation), {"QueueUrl": "q", **request})
    except AwsError:
        return False
    return True


def burst(pipeline: Pipeline, **more: Any) -> int:
    return sum(passes(pipeline, **more) for _ in range(20))


def test_the_refusal_is_in_the_operations_own_words() -> None:
    pipeline = new_pipeline()
    assert burst(pipeline) == 3
    call = new_call(pipeline, "sqs", "SendMessage")
    with pytest.raises(AwsError) as caught:
        throttle(call, pipeline.services.operation("sqs", "SendMessage"), {})
    error = caught.value
    assert (error.code, error.message, error.status) == ("TooMuch", "Slow down", 429)
    assert error.why.decision == "throttled"
    assert [fact.value for fact in error.why.facts] == ["2/s", 3]
    assert error.why.facts[0].resource == call.account
    (event, *_) = [event for event in pipeline.world.journal if event.kind == "api.Throttled"]
    assert event.facts == {"operation": "sqs:SendMessage"}


async def test_time_in_the_world_refills_it() -> None:
    pipeline = new_pipeline()
    assert burst(pipeline) == 3
    await pipeline.world.advance_to(1_000)
    assert burst(pipeline) == 2


def test_accounts_are_throttled_apart_and_operations_without_a_rate_never() -> None:
    pipeline = new_pipeline()
    assert (burst(pipeline), burst(pipeline, account="9")) == (3, 3)
    assert burst(pipeline, operation="ReceiveMessage") == 20


def test_a_rate_by_resource() -> None:
    pipeline = new_pipeline()
    assert burst(pipeline, operation="PurgeQueue", QueueUrl="one") == 1
    assert burst(pipeline, operation="PurgeQueue", QueueUrl="two") == 1
    assert burst(pipeline, operation="PurgeQueue", QueueUrl="one") == 0


async def test_a_fault_lowers_a_rate_until_it_is_mended() -> None:
    pipeline = new_pipeline()
    faults = Faults.of(pipeline.world)
    fault = faults.add(kind="quota", service="sqs", operation="SendMessage", per_s=1)
    assert burst(pipeline) == 1
    with pytest.raises(AwsError) as caught:
        throttle(new_call(pipeline, "sqs", "SendMessage"), pipeline.services.operation("sqs", "SendMessage"), {})
    assert caught.value.code == "TooMuch", "in the operation's own words"
    assert any("fault" in str(fact.value) for fact in caught.value.why.facts)
    assert caught.value.why.remedy == (f"foulweather fault clear {fault.id}",)
    faults.clear()
    await pipeline.world.advance_to(10_000)
    assert burst(pipeline) == 3


def test_a_fault_gives_a_rate_to_what_had_none() -> None:
    pipeline = new_pipeline()
    Faults.of(pipeline.world).add(kind="quota", operation="ReceiveMessage", per_s=4)
    assert burst(pipeline, operation="ReceiveMessage") == 4


def test_a_fault_on_a_rate_by_resource_leaves_it_by_resource() -> None:
    pipeline = new_pipeline()
    Faults.of(pipeline.world).add(kind="quota", operation="PurgeQueue", per_s=2)
    assert burst(pipeline, operation="PurgeQueue", QueueUrl="one") == 2
    assert burst(pipeline, operation="PurgeQueue", QueueUrl="two") == 2


def test_operations_of_one_category_share_a_bucket() -> None:
    shared = Rate(1, 2, shared="UserPoolUpdate")
    pipeline = new_pipeline()
    found = pipeline.services.operation("sqs", "SendMessage")
    operation = Operation(found.service, found.model, found.run, found.access, shared)
    throttle(new_call(pipeline, "sqs", "CreateQueue"), operation, {})
    throttle(new_call(pipeline, "sqs", "DeleteQueue"), operation, {})
    with pytest.raises(AwsError) as refused:
        throttle(new_call(pipeline, "sqs", "CreateQueue"), operation, {})
    assert "sqs:UserPoolUpdate came faster than 1 a second" in refused.value.why.cause
