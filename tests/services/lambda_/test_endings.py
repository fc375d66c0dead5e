"""Why an invocation was ended: on record with the settings that decided it, and who set them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from foulweather.kernel.trace import Hop, Traces
from harness import Aws
from services.lambda_.packaged import function, invoke, modelled, role


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    role(aws)
    yield aws
    aws.world.close()


def ended(aws: Aws) -> list[Hop]:
    """The hops of invocations that Lambda ended."""
    traces = aws.world.state(Traces)
    found = {hop.request_id: hop for trace in traces.kept.values() for hop in trace.hops if hop.operation == "Run"}
    return list(found.values())


async def test_a_time_out_names_the_setting_and_who_set_it(work: Aws) -> None:
    arn = await modelled(work, "duration_ms = 5000\n")
    await invoke(work)
    (hop,) = ended(work)
    assert (hop.code, hop.resource, hop.parent_id != "") == ("Sandbox.Timedout", arn, True)
    assert hop.why is not None
    assert hop.why.cause == "work had not answered when its 3 s were over."
    timeout = hop.why.facts[0]
    assert (timeout.resource, timeout.property, timeout.value) == (arn, "Timeout", 3)
    assert timeout.set_by is not None
    assert timeout.set_by.operation == "lambda:CreateFunction"


async def test_real_code_that_times_out_is_explained_too(work: Aws) -> None:
    await function(work, "import time\ndef handler(event, context): time.sleep(9)\n")
    await invoke(work)
    assert [hop.code for hop in ended(work)] == ["Sandbox.Timedout"]


async def test_running_out_of_memory_names_the_memory(work: Aws) -> None:
    await modelled(work, "memory_mib = 300\n")
    await invoke(work)
    (hop,) = ended(work)
    assert hop.why is not None
    assert hop.why.cause == "work used more than the 128 MB that it has, and was killed."
    assert [fact.property for fact in hop.why.facts] == ["MemorySize", "version"]


async def test_an_exception_says_what_it_said_and_an_answer_says_nothing(work: Aws) -> None:
    arn = await modelled(work, 'error_rate = 1.0\nerror_message = "no such user"\n', "fails")
    await modelled(work, "duration_ms = 20\n")
    await invoke(work)
    assert ended(work) == []
    await invoke(work, name="fails")
    (hop,) = ended(work)
    assert hop.why is not None
    assert (hop.code, hop.why.cause) == ("ModelledError", "The code of fails ended with ModelledError.")
    assert (hop.why.facts[0].resource, hop.why.facts[0].value) == (arn, "no such user")


async def test_a_refused_call_of_the_code_is_the_reason_and_nothing_stands_before_it(work: Aws) -> None:
    await modelled(work, '[[calls]]\nservice = "sqs"\noperation = "list_queues"\n')
    await invoke(work)
    assert ended(work) == []
    wrong = work.world.state(Traces).last_wrong()
    assert wrong is not None
    first = wrong.first_wrong()
    assert first is not None
    assert (first.service, first.operation) == ("sqs", "ListQueues")
