"""Workflows out of a grammar, with a queue that comes back after a while and a world that is forked under way, agree
with a naive interpreter; a failure prints the seed that replays it."""

from __future__ import annotations

import json
import random

import pytest

from foulweather.gates.faults import Faults
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws, new_aws
from services.stepfunctions.workflows import Workflows
from worlds.workflow_model import DAY_MS, ITEMS, Grammar, Naive

SPAN_MS = 40 * DAY_MS
ENTERED, LEFT = "StateEntered", ("StateExited", "StateAborted", "StateFailed")


def prepared(seed: int) -> Workflows:
    flows = Workflows(new_aws(seed=seed))
    flows.queue("good")
    flows.queue("flaky")
    return flows


def saved() -> World:
    """A world with queues and a role, to begin from."""
    flows = prepared(1)
    flows.role("sqs:SendMessage")
    return flows.aws.world


async def agree(origin: World, seed: int) -> None:
    draws = random.Random(seed)
    definition = Grammar(draws).flow(2)
    mended_ms = START_MS + draws.choice([0, 500, 15_000, DAY_MS])
    forked_ms = START_MS + draws.choice([1, 1_000, 20_000, DAY_MS])
    flows = Workflows(new_aws(world=origin.fork(f"w{seed}")))
    role = flows.aws.iam.get_role({"RoleName": "workflow"})["Role"]["Arn"]
    flaky = f"arn:aws:sqs:us-east-1:{ACCOUNT}:flaky"
    faults = Faults.of(flows.aws.world)
    fault = faults.add(kind="unavailable", service="sqs", operation="SendMessage", resource=flaky)
    given = {"n": draws.randint(0, 20), "items": ITEMS}
    arn = flows.start(flows.machine(definition, role=role), given)
    for until_ms in sorted((mended_ms, forked_ms)):
        await flows.aws.world.advance_to(until_ms)
        if until_ms == mended_ms:
            Faults.of(flows.aws.world).clear(fault.id)
        if until_ms == forked_ms:
            flows = Workflows(new_aws(world=flows.aws.world.fork(f"f{seed}")))
    await flows.aws.world.advance_to(START_MS + SPAN_MS)
    compare(flows, arn, definition, given, mended_ms, seed)


def compare(flows: Workflows, arn: str, definition: dict, given: dict, mended_ms: int, seed: int) -> None:
    naive = Naive(mended_ms)
    expected = naive.flow(definition, given, START_MS)
    found = flows.execution(arn)
    told = f"seed {seed}: {json.dumps(definition)}"
    assert found["status"] == ("SUCCEEDED" if expected.is_good else "FAILED"), told
    assert found["stopDate"] == expected.at_ms, told
    if expected.is_good:
        assert json.loads(found["output"]) == expected.value, told
    events = flows.events(arn)
    assert [each["id"] for each in events] == list(range(1, len(events) + 1)), told
    assert all(each["previousEventId"] < each["id"] for each in events), told
    times = [each["timestamp"] for each in events]
    assert times == sorted(times), told
    assert not any(branch for branch in leftover(flows.aws, arn)) or not expected.is_good, told
    assert flows.aws.world.agenda.next_ms() is None, told


def leftover(aws: Aws, arn: str) -> list[str]:
    from foulweather.services.stepfunctions.state import SfnState

    return [key for key in aws.world.state(SfnState, aws.account, aws.region).branches if key.startswith(f"{arn}#")]


async def taken_up(origin: World, seed: int) -> None:
    """Stop an execution somewhere, perhaps restart, and redrive it until it ends well or cannot."""
    draws = random.Random(seed)
    definition = Grammar(draws).flow(2)
    flows = Workflows(new_aws(world=origin.fork(f"w{seed}")))
    role = flows.aws.iam.get_role({"RoleName": "workflow"})["Role"]["Arn"]
    arn = flows.start(flows.machine(definition, role=role), {"n": draws.randint(0, 20), "items": ITEMS})
    await flows.aws.world.advance_to(START_MS + draws.choice([0, 1_000, 8_000, DAY_MS]))
    if flows.execution(arn)["status"] == "RUNNING":
        flows.sfn.stop_execution({"executionArn": arn})
    if draws.random() < 0.5:
        flows = Workflows(new_aws(world=flows.aws.world.fork(f"f{seed}")))
    is_mended = draws.random() < 0.7
    if is_mended:
        flows.queue("none")
    told = f"seed {seed}: {json.dumps(definition)}"
    if flows.execution(arn)["status"] != "SUCCEEDED":
        flows.sfn.redrive_execution({"executionArn": arn})
        await flows.aws.world.advance_to(flows.aws.now + SPAN_MS)
    status = flows.execution(arn)["status"]
    assert status in ("SUCCEEDED", "FAILED"), told
    if is_mended and "Fail" not in json.dumps(definition):
        assert status == "SUCCEEDED", told
    events = flows.events(arn)
    assert [each["id"] for each in events] == list(range(1, len(events) + 1)), told
    assert flows.aws.world.agenda.next_ms() is None, told


async def test_random_workflows_are_stopped_and_redriven() -> None:
    origin = saved()
    for seed in range(80):
        await taken_up(origin, seed)


async def test_random_workflows_agree_with_a_naive_interpreter() -> None:
    origin = saved()
    for seed in range(100):
        await agree(origin, seed)


@pytest.mark.slow
async def test_many_random_workflows_agree_with_a_naive_interpreter() -> None:
    origin = saved()
    for seed in range(100, 1_100):
        await agree(origin, seed)
