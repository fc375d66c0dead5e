"""What somebody breaks on purpose."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from foulweather.gates.faults import Fault, Faults
from foulweather.kernel.trace import Traces
from gates.people import queue, refusal, sending, user
from harness import START_MS, Aws, new_aws


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"kind": "gone"}, "not a fault"),
        ({}, "not a fault"),
        ({"kind": "slow"}, "needs a delay_ms"),
        ({"kind": "slow", "delay_ms": -1}, "needs a delay_ms"),
        ({"kind": "slow", "delay_ms": "long"}, "not a fault"),
        ({"kind": "slow", "delay_ms": 1.5}, "not a fault"),
        ({"kind": "quota"}, "needs a per_s"),
        ({"kind": "unavailable", "percent": 0}, "percent must be from 1 to 100"),
        ({"kind": "unavailable", "percent": 101}, "percent must be from 1 to 100"),
        ({"kind": "unavailable", "servise": "sqs"}, "a fault has no servise"),
        ({"kind": "unavailable", "delay_ms": 5}, "delay_ms"),
        ({"kind": "slow", "delay_ms": 5, "per_s": 1}, "per_s"),
        ({"kind": "unavailable", "until_ms": START_MS}, "past"),
        ({"kind": "unavailable", "service": "sqss"}, "no AWS service 'sqss'"),
        ({"kind": "unavailable", "service": "sqs", "operation": "Send"}, "sqs has no operation 'Send'"),
        ({"kind": "unavailable", "region": ""}, "region is empty"),
        ({"kind": "errors"}, "needs the code"),
        ({"kind": "errors", "code": "QueueDoesNotExist"}, "say which service's"),
        ({"kind": "errors", "code": "QueueDoesNotExist", "service": "sq*"}, "say which service's"),
        ({"kind": "errors", "code": "QueueDoesNotExist", "service": "sns"}, "sns has no error QueueDoesNotExist"),
        ({"kind": "errors", "code": "NotImplemented", "service": "sqs"}, "sqs has no error"),
        ({"kind": "errors", "code": "InternalFailure", "status": 503}, "status of InternalFailure is 500"),
        ({"kind": "unavailable", "code": "InternalFailure"}, "code is of an errors fault"),
        ({"kind": "credential", "service": "sqs"}, "has no service"),
        ({"kind": "credential", "percent": 50}, "takes no percent"),
        ({"kind": "clock"}, "needs an offset_ms"),
        ({"kind": "clock", "offset_ms": 1, "region": "eu-west-1"}, "has no region"),
        ({"kind": "slow", "delay_ms": 1, "offset_ms": 1}, "offset_ms is of a clock"),
        ({"kind": "crash"}, "before or after"),
        ({"kind": "crash", "when": "during"}, "not a fault"),
        ({"kind": "network"}, "as reset or timeout"),
        ({"kind": "network", "how": "timeout"}, "needs a delay_ms"),
        ({"kind": "network", "how": "reset", "delay_ms": 1}, "a reset comes at once"),
        ({"kind": "network", "how": "reset", "resource": "arn:*"}, "has no resource"),
        ({"kind": "unavailable", "how": "reset"}, "as is of a network"),
        ({"kind": "zone"}, "needs the name"),
        ({"kind": "zone", "zone": "use1-az1"}, "needs the name"),
        ({"kind": "zone", "zone": "us-east-1a", "region": "eu-west-1"}, "is not in eu-west-1"),
        ({"kind": "zone", "zone": "us-east-1a", "percent": 5}, "takes no percent"),
    ],
)
def test_what_makes_no_sense_is_refused(aws: Aws, members: dict[str, Any], words: str) -> None:
    faults = Faults.of(aws.world)
    with pytest.raises(ValueError, match=words):
        faults.add(**members)
    assert faults.all() == []


def test_a_fault_is_on_record_when_made_and_when_mended(aws: Aws) -> None:
    faults = Faults.of(aws.world)
    made = faults.add(kind="unavailable", service="sqs", percent=30)
    assert isinstance(made, Fault)
    assert faults.all() == [made]
    assert faults.clear() == [made]
    kinds = [(event.kind, event.resource, event.facts["percent"]) for event in aws.world.journal.kept()]
    assert kinds == [("fault.Added", made.id, 30), ("fault.Cleared", made.id, 30)]


def test_what_is_unavailable_says_why(aws: Aws) -> None:
    url = queue(aws)
    fault = Faults.of(aws.world).add(kind="unavailable", service="sqs")
    error = refusal(sending, aws, url)
    assert (error.code, error.status) == ("ServiceUnavailable", 503)
    assert error.why.decision == "faulted"
    assert error.why.facts[0].resource == fault.id
    assert error.why.remedy == (f"foulweather fault clear {fault.id}",)
    Faults.of(aws.world).clear(fault.id)
    assert sending(aws, url)["MessageId"]


def test_permission_is_asked_for_first(aws: Aws) -> None:
    url = queue(aws)
    Faults.of(aws.world).add(kind="unavailable")
    assert refusal(sending, user_without_fault(aws), url).status == 403


def user_without_fault(aws: Aws) -> Aws:
    faults = Faults.of(aws.world)
    faults.clear()
    made = user(aws, "alice")
    faults.add(kind="unavailable")
    return made


@pytest.mark.parametrize(
    ("only", "meets"),
    [
        ({"service": "sqs"}, True),
        ({"service": "sns"}, False),
        ({"operation": "Send*"}, True),
        ({"operation": "Receive*"}, False),
        ({"region": "us-east-1"}, True),
        ({"region": "eu-*"}, False),
        ({"account": "111122223333"}, True),
        ({"account": "9*"}, False),
        ({"principal": "*:root"}, True),
        ({"principal": "*:user/*"}, False),
    ],
)
def test_it_meets_the_calls_that_it_is_for(aws: Aws, only: dict[str, str], meets: bool) -> None:
    url = queue(aws)
    Faults.of(aws.world).add(kind="unavailable", **only)
    if meets:
        assert refusal(sending, aws, url).status == 503
    else:
        assert sending(aws, url)["MessageId"]


def outcomes(seed: int, percent: int) -> list[bool]:
    aws = new_aws(seed=seed)
    url = queue(aws)
    Faults.of(aws.world).add(kind="unavailable", percent=percent)
    found: list[bool] = []
    for _ in range(300):
        try:
            sending(aws, url)
        except Exception:
            found.append(False)
        else:
            found.append(True)
    return found


def test_its_share_of_calls_is_drawn_from_the_worlds_seed() -> None:
    assert outcomes(1, 30) == outcomes(1, 30)
    assert outcomes(1, 30) != outcomes(2, 30)
    assert 60 <= outcomes(1, 30).count(False) <= 120
    assert outcomes(1, 100).count(False) == 300


async def test_it_mends_by_itself(aws: Aws) -> None:
    url = queue(aws)
    Faults.of(aws.world).add(kind="unavailable", until_ms=aws.now + 10_000)
    await aws.advance(ms=9_999)
    assert refusal(sending, aws, url).status == 503
    await aws.advance(ms=1)
    assert sending(aws, url)["MessageId"]


async def test_a_slow_call_is_held_up_in_world_time_and_says_so(aws: Aws) -> None:
    url = queue(aws)
    fault = Faults.of(aws.world).add(kind="slow", service="sqs", operation="SendMessage", delay_ms=2_500)
    sent = asyncio.ensure_future(sending(aws, url))
    await asyncio.sleep(0)
    await aws.advance(ms=2_499)
    assert not sent.done()
    assert aws.sqs.receive_message({"QueueUrl": url}).get("Messages") is None
    await aws.advance(ms=1)
    assert (await sent)["MessageId"]
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.why is not None
    assert (hop.why.decision, hop.why.facts[0].resource, hop.why.facts[0].value) == ("delayed", fault.id, 2_500)
    assert hop.code == ""
    assert aws.world.in_flight == 0


def test_clearing_one_leaves_the_others(aws: Aws) -> None:
    faults = Faults.of(aws.world)
    one, two = faults.add(kind="unavailable", service="sqs"), faults.add(kind="unavailable", service="sns")
    assert faults.clear("unheard of") == []
    assert faults.clear(one.id) == [one]
    assert faults.all() == [two]


def test_faults_survive_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    url = queue(aws)
    made = Faults.of(aws.world).add(kind="unavailable", service="sqs")
    aws.world.close()
    aws = new_aws(directory=tmp_path)
    assert Faults.of(aws.world).all() == [made]
    assert refusal(sending, aws, url).status == 503
