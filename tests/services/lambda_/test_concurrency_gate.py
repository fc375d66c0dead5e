"""How many run at once: reserved, unreserved, provisioned, and how fast there may be more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.lambda_.packaged import invoke, modelled, role

SLOW = "duration_ms = 1000.0\ninit_ms = 0.0\n"


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    role(aws)
    await modelled(aws, SLOW)
    yield aws
    aws.world.close()


async def at_once(aws: Aws, count: int, name: str = "work") -> list[Any]:
    """What so many invocations at once come to: the answer, or the error."""
    asked = [invoke(aws, name=name) for _ in range(count)]
    return await asyncio.gather(*asked, return_exceptions=True)


def refusals(answers: list[Any]) -> list[AwsError]:
    return [answer for answer in answers if isinstance(answer, AwsError)]


async def test_more_than_are_reserved_are_throttled_with_their_reason(work: Aws) -> None:
    work.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 3})
    refused = refusals(await at_once(work, 5))
    assert [(error.code, error.status, error.message) for error in refused] == [
        ("TooManyRequestsException", 429, "Rate Exceeded.")
    ] * 2
    assert refused[0].members["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert refused[0].members["Type"] == "User"
    assert refused[0].why.decision == "throttled"
    assert refused[0].why.facts[0].value == 3
    assert refusals(await at_once(work, 3)) == []


async def test_the_thousand_of_an_account_are_shared_by_its_functions(work: Aws) -> None:
    await modelled(work, SLOW, "other")
    first, second = await asyncio.gather(at_once(work, 600), at_once(work, 600, "other"))
    refused = refusals([*first, *second])
    assert len(refused) == 200
    assert {error.members["Reason"] for error in refused} == {"ConcurrentInvocationLimitExceeded"}


async def test_what_one_function_reserves_the_others_have_not(work: Aws) -> None:
    await modelled(work, SLOW, "other")
    work.lambda_.put_function_concurrency({"FunctionName": "other", "ReservedConcurrentExecutions": 900})
    assert len(refusals(await at_once(work, 150))) == 50


async def test_concurrency_is_counted_for_the_metrics(work: Aws) -> None:
    await at_once(work, 3)
    assert sorted(event.facts["concurrent"] for event in work.events("lambda.Invoked")) == [1, 2, 3]
    await at_once(work, 1)
    assert work.events("lambda.Invoked")[-1].facts["concurrent"] == 1


async def test_provisioned_environments_have_no_cold_start(work: Aws) -> None:
    await modelled(work, "init_ms = 900.0\n", "ready", Publish=True)
    work.lambda_.put_provisioned_concurrency_config(
        {"FunctionName": "ready", "Qualifier": "1", "ProvisionedConcurrentExecutions": 2}
    )
    await work.advance(seconds=120)
    await asyncio.gather(*[invoke(work, name="ready", Qualifier="1") for _ in range(3)])
    events = work.events("lambda.Invoked")
    assert sorted(event.facts["is_provisioned"] for event in events) == [False, True, True]
    assert sorted(event.facts["init_ms"] for event in events) == [0, 0, 900]


async def test_what_goes_on_for_minutes_is_concurrent_in_each_of_them(work: Aws) -> None:
    await modelled(work, "duration_ms = 150000\n", "long", Timeout=600)
    began_minute = work.now // 60_000
    await asyncio.gather(*[invoke(work, name="long") for _ in range(2)])
    await work.advance(seconds=120)
    told = [
        (event.at_ms // 60_000 - began_minute, event.facts["concurrent"]) for event in work.events("lambda.Running")
    ]
    assert told == [(0, 2), (1, 2)]
    found = [event.facts for event in work.events("lambda.Invoked") if event.facts["function"] == "long"]
    assert sorted((facts["in_account"], facts["unreserved"]) for facts in found) == [(1, 1), (2, 2)]


async def test_an_invocation_that_finds_no_provisioned_environment_spills_over(work: Aws) -> None:
    await modelled(work, SLOW, "ready", Publish=True)
    work.lambda_.put_provisioned_concurrency_config(
        {"FunctionName": "ready", "Qualifier": "1", "ProvisionedConcurrentExecutions": 2}
    )
    await work.advance(seconds=120)
    await asyncio.gather(*[invoke(work, name="ready", Qualifier="1") for _ in range(3)])
    facts = [event.facts for event in work.events("lambda.Invoked") if event.facts["function"] == "ready"]
    assert sorted(one["is_spillover"] for one in facts) == [False, False, True]
    assert sorted(one["utilization"] for one in facts) == [0.0, 0.5, 1.0]


async def test_what_of_the_account_is_claimed_is_told_at_the_end_of_the_minute(work: Aws) -> None:
    await modelled(work, SLOW, "other")
    work.lambda_.put_function_concurrency({"FunctionName": "other", "ReservedConcurrentExecutions": 100})
    await at_once(work, 3)
    await work.advance(seconds=60)
    (event,) = work.events("lambda.Claimed")
    assert event.facts["claimed"] == 103
    await work.advance(seconds=600)
    assert len(work.events("lambda.Claimed")) == 1


async def test_each_invocation_tells_how_many_run_in_provisioned_environments(work: Aws) -> None:
    work.lambda_.publish_version({"FunctionName": "work"})
    work.lambda_.put_provisioned_concurrency_config(
        {"FunctionName": "work", "Qualifier": "1", "ProvisionedConcurrentExecutions": 2}
    )
    await work.advance(seconds=61)
    await asyncio.gather(*(invoke(work, name="work:1") for _ in range(3)))
    assert sorted(event.facts["in_provisioned"] for event in work.events("lambda.Invoked")) == [0, 1, 2]
