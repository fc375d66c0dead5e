from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drilling.load.labs import MINUTE_MS, new_lab, pass_ms
from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even, Ledger
from foulweather.drilling.load.functions import (
    LOGGING,
    Caller,
    allowed,
    answered,
    caller,
    configure,
    failing,
    function,
    function_arn,
    function_of,
    may,
    package,
    release,
    unserved,
)
from foulweather.drilling.load.storage import wide_role

BRIEF = "duration_ms = 40\ninit_ms = 200\n"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"
SENDS = """
[[calls]]
service = "sqs"
operation = "send_message"
request = {QueueUrl = "https://sqs.us-east-1.amazonaws.com/111122223333/orders", MessageBody = "x"}
"""


async def at_work(lab: Lab, model: str = BRIEF, **more: Any) -> Caller:
    """A function, and who calls it every half minute, for three minutes."""
    function(lab, "work", model, **more)
    lab.add(Caller(lab, "shop", function="work", arrivals=Even(per_min=2)))
    await pass_ms(lab, 3 * MINUTE_MS)
    return caller(lab, "shop")


async def test_a_call_is_served_in_the_functions_time_and_takes_effect() -> None:
    lab = new_lab()
    shop = await at_work(lab)
    assert [served.took_ms for served in shop.served] == [240, 40, 40, 40, 40]
    assert shop.failures == []
    assert Ledger.of(lab).report(now_ms=lab.now_ms, deadline_ms=1_000).served == 5


async def test_callers_wait_and_move_no_held_clock() -> None:
    lab = new_lab()
    began = lab.now_ms
    shop = await at_work(lab, "duration_ms = 8000\n", Timeout=20)
    assert lab.now_ms == began + 3 * MINUTE_MS
    assert len(shop.served) == 5
    assert shop.asked == 6  # the sixth waits until time goes on
    await asyncio.sleep(0.01)
    assert lab.now_ms == began + 3 * MINUTE_MS
    await pass_ms(lab, 10_000)
    assert len(shop.served) == 6


async def test_an_error_of_the_function_is_a_failure_of_its_caller() -> None:
    lab = new_lab()
    shop = await at_work(lab, "duration_ms = 5000\n")
    assert {failure.error.code for failure in shop.failures} == {"Sandbox.Timedout"}
    assert shop.served == []
    why = failing(lab, "shop", "{} orders were lost", at_least=1)
    assert why is None  # nothing has struck yet
    lab.struck_at_ms = lab.now_ms - 2 * MINUTE_MS
    why = failing(lab, "shop", "{} orders were lost", at_least=1)
    assert why is not None
    assert why.cause.startswith("3 orders were lost: Sandbox.Timedout: ")
    assert failing(lab, "shop", "{} orders were lost", at_least=4) is None


async def test_a_throttled_call_is_a_failure_with_lambdas_code() -> None:
    lab = new_lab()
    function(lab, "work", BRIEF)
    lab.client("lambda").put_function_concurrency(FunctionName="work", ReservedConcurrentExecutions=0)
    lab.add(Caller(lab, "shop", function="work", arrivals=Even(per_min=2)))
    await pass_ms(lab, MINUTE_MS)
    assert {failure.error.code for failure in caller(lab, "shop").failures} == {"TooManyRequestsException"}


async def test_what_was_asked_at_the_mend_or_before_is_not_judged() -> None:
    lab = new_lab()
    shop = await at_work(lab, "duration_ms = 5000\n")
    mended = shop.failures[-1].asked_ms
    configure(lab, "work", Timeout=20)
    await pass_ms(lab, 2 * MINUTE_MS)
    assert unserved(lab, "shop", mended + 30_000) is None
    assert unserved(lab, "shop", mended - 1) is not None


async def test_nobody_served_is_unwell_too() -> None:
    lab = new_lab()
    await at_work(lab)
    why = unserved(lab, "shop", lab.now_ms)
    assert why is not None
    assert why.cause == "Nobody has had an answer of work since."


async def test_a_release_changes_what_the_function_does_with_its_role() -> None:
    lab = new_lab()
    lab.client("sqs").create_queue(QueueName="orders")
    shop = await at_work(lab)
    before = function_of(lab, "work")["Configuration"]["CodeSha256"]
    release(lab, "work", BRIEF + SENDS)
    assert function_of(lab, "work")["Configuration"]["CodeSha256"] != before
    await pass_ms(lab, MINUTE_MS)
    assert "not authorized to perform: sqs:sendmessage" in shop.failures[-1].error.message
    assert not allowed(lab, "work-role", "sqs:SendMessage", QUEUE)
    policy = document(may("sqs:SendMessage", QUEUE, "Send"))
    lab.client("iam").put_role_policy(RoleName="work-role", PolicyName="send", PolicyDocument=policy)
    assert allowed(lab, "work-role", "sqs:SendMessage", QUEUE)
    mended_ms = lab.now_ms
    await pass_ms(lab, MINUTE_MS + 1_000)
    assert shop.failed_since(mended_ms) == []
    assert len(shop.served_since(mended_ms)) == 2


async def test_the_policy_for_logs_is_not_too_wide_for_a_function() -> None:
    lab = new_lab()
    function(lab, "work", BRIEF, may("sqs:SendMessage", QUEUE))
    assert wide_role(lab, "work-role", but=LOGGING) is None
    assert wide_role(lab, "work-role") is not None


async def test_what_waits_is_no_answer() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waits for something"):
        answered(waits())
    assert answered({"a": 1}) == {"a": 1}


def test_the_same_model_is_the_same_package() -> None:
    assert package(BRIEF) == package(BRIEF) != package(SENDS)
    assert function_arn(new_lab(), "work") == "arn:aws:lambda:us-east-1:111122223333:function:work"
