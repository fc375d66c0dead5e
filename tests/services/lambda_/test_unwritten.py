"""Log lines that are held for a moment in real time: nobody can tell, and none is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from foulweather.services.lambda_.state import LambdaState
from foulweather.world.snapshot import Snapshot
from foulweather.world.world import World
from harness import ACCOUNT, REGION, Aws, new_aws
from services.lambda_.packaged import LOGS, function, invoke, logged, role

GROUP = "/aws/lambda/work"
CODE = "def handler(event, context):\n    return 1\n"


@pytest_asyncio.fixture
async def work() -> AsyncIterator[Aws]:
    """A function that has run once, in a world that goes on in real time (nobody drives it: its agenda waits)."""
    aws = new_aws()
    role(aws)
    await function(aws, CODE)
    await invoke(aws)
    aws.world.clock.release(1000)
    yield aws
    aws.world.close()


def unwritten(world: World) -> int:
    return len(world.state(LambdaState, ACCOUNT, REGION).unwritten)


def reports(lines: list[str]) -> int:
    return sum(line.startswith("REPORT") for line in lines)


async def test_what_is_held_is_read_at_once_in_order(work: Aws) -> None:
    for _ in range(3):
        await invoke(work)
    assert unwritten(work.world) == 3
    lines = logged(work)
    assert [line.split(" ")[0] for line in lines] == ["INIT_START", *["START", "END", "REPORT"] * 4]
    assert unwritten(work.world) == 0


async def test_many_invocations_are_one_call_of_logs(work: Aws) -> None:
    before = len(work.events("logs.Ingested"))
    for _ in range(10):
        await invoke(work)
    work.sqs.list_queues({})
    ingested = work.events("logs.Ingested")[before:]
    assert [event.facts["events"] for event in ingested] == [30]


async def test_a_role_that_may_not_write_any_more_loses_only_what_is_logged_later(work: Aws) -> None:
    await invoke(work)
    work.iam.delete_role_policy({"RoleName": "function", "PolicyName": "own"})
    await invoke(work)
    work.iam.put_role_policy(
        {
            "RoleName": "function",
            "PolicyName": "own",
            "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": LOGS}),
        }
    )
    assert reports(logged(work)) == 2
    assert [event.facts["error"] for event in work.events("lambda.LogsLost")] == ["AccessDeniedException"]


async def test_a_stream_that_was_deleted_does_not_come_back_with_what_was_logged_before(work: Aws) -> None:
    await invoke(work)
    work.logs.delete_log_group({"logGroupName": GROUP})
    assert work.logs.describe_log_groups({})["logGroups"] == []


async def test_a_world_that_went_away_has_them_as_soon_as_it_is_back(work: Aws) -> None:
    await invoke(work)
    await invoke(work)
    saved: Any = work.world.snapshot()
    assert isinstance(saved, Snapshot)
    back = new_aws(world=World.restored(saved))
    assert unwritten(back.world) == 2
    await back.advance(seconds=1)
    assert reports(logged(back)) == 3
    assert unwritten(back.world) == 0
    back.world.close()


async def test_the_moment_ends_by_itself(work: Aws) -> None:
    await invoke(work)
    work.world.clock.hold()
    await work.world.advance_to(work.now + 25)
    assert unwritten(work.world) == 0


async def test_on_a_held_clock_nothing_is_held(work: Aws) -> None:
    work.world.clock.hold()
    await invoke(work)
    assert unwritten(work.world) == 0


async def test_a_role_that_is_limited_by_the_time_of_its_session_may_write(work: Aws) -> None:
    """`aws:TokenIssueTime` is there in what Lambda itself does with the role's session."""
    condition = {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    document = {"Version": "2012-10-17", "Statement": [{**LOGS[0], "Condition": condition}]}
    work.iam.put_role_policy({"RoleName": "function", "PolicyName": "own", "PolicyDocument": json.dumps(document)})
    await invoke(work)
    assert reports(logged(work)) == 2
    assert work.events("lambda.LogsLost") == []
