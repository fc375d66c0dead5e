from __future__ import annotations

import asyncio
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.logs.tails import Tails
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, make, put

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}"


def tail(aws: Aws, **more: Any) -> Any:
    return aws.logs.start_live_tail({"logGroupIdentifiers": [ARN], **more})["responseStream"]


async def test_a_session_is_sent_what_matches_every_second(aws: Aws) -> None:
    make(aws, GROUP, "a", "b")
    put(aws, "ERROR before", stream="a")
    session = tail(aws, logEventFilterPattern="ERROR", logStreamNames=["a"])
    name, start = await anext(session)
    assert (name, start["logGroupIdentifiers"]) == ("sessionStart", [ARN])
    put(aws, "ERROR one", "fine", stream="a")
    put(aws, "ERROR elsewhere", stream="b")
    waiting = asyncio.ensure_future(anext(session))
    await asyncio.sleep(0)
    await aws.advance(seconds=1)
    name, update = await waiting
    assert name == "sessionUpdate"
    assert [event["message"] for event in update["sessionResults"]] == ["ERROR one"]
    assert update["sessionResults"][0]["logGroupIdentifier"] == f"{ACCOUNT}:{GROUP}"
    assert update["sessionMetadata"] == {"sampled": False}
    await session.aclose()
    assert Tails.of(aws.world).open == []


async def updated(aws: Aws, session: Any) -> dict[str, Any]:
    """What a session is sent for the next second."""
    waiting = asyncio.ensure_future(anext(session))
    await asyncio.sleep(0)
    await aws.advance(seconds=1)
    _, update = await waiting
    return update


async def test_more_than_500_events_in_a_second_are_sampled_and_none_are_an_empty_update(aws: Aws) -> None:
    make(aws)
    session = tail(aws)
    await anext(session)
    put(aws, *[f"line {number}" for number in range(501)])
    update = await updated(aws, session)
    assert (len(update["sessionResults"]), update["sessionMetadata"]) == (500, {"sampled": True})
    assert await updated(aws, session) == {"sessionResults": [], "sessionMetadata": {"sampled": False}}
    await session.aclose()


async def test_a_session_ends_after_three_hours_with_the_exception_in_its_stream(aws: Aws) -> None:
    make(aws)
    session, updates = tail(aws), 0

    async def follow() -> None:
        nonlocal updates
        async for name, _ in session:
            updates += name == "sessionUpdate"

    following = asyncio.ensure_future(follow())
    await asyncio.sleep(0)
    await aws.advance(seconds=3 * 3600)
    with pytest.raises(AwsError, match="3 hours") as caught:
        await following
    assert updates == 3 * 3600
    assert caught.value.code == "SessionTimeoutException"
    assert Tails.of(aws.world).open == []


async def test_sessions_have_their_limits(aws: Aws) -> None:
    make(aws)
    for more, message in (
        ({"logGroupIdentifiers": [GROUP]}, "specify the ARN"),
        ({"logStreamNames": ["a"], "logStreamNamePrefixes": ["b"]}, "mutually exclusive"),
        ({"logEventFilterPattern": "a:b"}, "Invalid character"),
        ({"logGroupIdentifiers": [ARN + "x"]}, "does not exist"),
    ):
        with pytest.raises(AwsError, match=message):
            tail(aws, **more)
    sessions = [tail(aws) for _ in range(15)]
    with pytest.raises(AwsError, match="LimitExceededException"):
        tail(aws)
    for session in sessions:
        await anext(session)
        await session.aclose()
    tail(aws)
