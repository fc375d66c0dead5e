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
