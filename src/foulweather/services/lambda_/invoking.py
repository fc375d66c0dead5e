"""Runs a function for whoever asks: through the concurrency gate, in an environment, and on record.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-invocation.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import endings, lineages, modelled, naming, refusals, tracing
from foulweather.services.lambda_.concurrency_gate import Gate, Ticket
from foulweather.services.lambda_.environments import Fleet
from foulweather.services.lambda_.models import Models
from foulweather.services.lambda_.naming import Reference
from foulweather.services.lambda_.running import Asked, Ran, run
from foulweather.world.world import World


class Invoked(msgspec.Struct, frozen=True, kw_only=True):
    """What an invocation answered."""

    payload: bytes
    function_error: str
    status: int
    request_id: str
    version: str = ""
    error_type: str = ""
    content_type: str = ""
    tail: bytes = b""
    is_modelled: bool = False
    durable_execution_arn: str = ""


async def invoke_from(call: Call, function_arn: str, payload: bytes, *, source: str) -> Invoked:
    """Run a function for an event source, once; raises AwsError where it cannot be run (throttled, not there)."""
    found = naming.resolve(call, function_arn, None)
    lineage = lineages.of_records(payload)
    if lineages.is_loop(found.function, lineage):
        raise lineages.refusal(call, found.function, lineage, source)
    call = lineages.apart(call)
    if "DurableConfig" in found.configuration.told:
        # Durable executions are run by invocations.
        from foulweather.services.lambda_ import durable_starting

        return await durable_starting.run(call, found, payload, source=source, lineage=lineage)
    asked = asked_of(found, payload, call.world.ids.uuid(), source=source, lineage=lineage)
    return await carry_out(call, asked)


def asked_of(
    found: Reference,
    payload: bytes,
    request_id: str,
    *,
    source: str,
    client_context: str = "",
    lineage: dict[str, int] | None = None,
    trace_header: str = "",
) -> Asked:
    """What is to be run, of the version that was found; with the header that it was handed over with, if it was."""
    own = lineages.passed_on(found.function.arn, lineage or {})
    return Asked(
        function=found.function,
        configuration=found.configuration,
        qualifier=found.qualifier,
        payload=payload,
        request_id=request_id,
        source=source,
        client_context=client_context,
        lineage=own,
        trace_header=trace_header,
    )


class Waiting:
    """A call that waits for an invocation in another task, and is not in flight meanwhile."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_parked = False

    @contextmanager
    def parked(self) -> Generator[None]:
        """Wait in here."""
        self._is_parked = True
        self._world.ended()
        try:
            yield
        finally:
            self.resume()

    def resume(self) -> None:
        """Be in flight again: what was waited for is there, and nothing may come between."""
        if self._is_parked:
            self._is_parked = False
            self._world.started()


def begin(call: Call, asked: Asked, waiting: Waiting) -> asyncio.Future[Invoked]:
    """Run what was asked for in a task of its own, in flight on its own account: it goes on whoever waits for it."""
    return _begun(call, carry_out(call, asked), waiting)


def _begun(call: Call, work: Coroutine[Any, Any, Invoked], waiting: Waiting) -> asyncio.Future[Invoked]:
    running = Fleet.of(call.world).running
    task = asyncio.ensure_future(_counted(call, work, waiting))
    running.add(task)
    task.add_done_callback(running.discard)
    return task


async def finish(call: Call, asked: Asked) -> Invoked:
    """Run what was asked for, and wait for it; a caller who leaves does not end it."""
    return await finished(call, carry_out(call, asked))


async def finished(call: Call, work: Coroutine[Any, Any, Invoked]) -> Invoked:
    """Wait for work that comes to an answer of a function, and goes on when the caller leaves."""
    waiting = Waiting(call.world)
    task = _begun(call, work, waiting)
    await asyncio.sleep(0)  # it is in flight from here on
    if task.done():
        return task.result()
    with waiting.parked():
        return await asyncio.shield(task)


async def _counted(call: Call, work: Coroutine[Any, Any, Invoked], waiting: Waiting) -> Invoked:
    with call.world.flight():
        try:
            return await work
        finally:
            waiting.resume()


async def carry_out(call: Call, asked: Asked) -> Invoked:
    """Run what was asked for. While somebody outside waits for it, a held clock moves by itself when all else waits."""
    function, configuration = asked.function, asked.configuration
    if configuration.state not in ("Active", "Inactive"):
        raise refusals.not_ready(call, function, configuration)
    lineages.begin(call, asked.lineage)
    traced, asked = tracing.begin(call, asked)
    gate = Gate.of(call.world)
    ticket = gate.enter(call, function, configuration, asked.qualifier)
    try:
        with call.world.awaited():
            model = Models.of(call.world).model(call, function, configuration.code.file_id)
            if model is not None:
                ran = await modelled.run(call, model, asked, ticket.kind)
            else:
                ran = await _in_environment(call, asked, ticket)
    finally:
        gate.leave(ticket)
        call.reread_clock()
    _on_record(call, asked, ticket, ran)
    await tracing.end(call, asked, traced, ran)
    endings.explain(call, asked, ran)
    return Invoked(
        payload=ran.payload,
        function_error=ran.function_error,
        status=200,
        request_id=asked.request_id,
        version=configuration.version,
        error_type=ran.error_type,
        content_type=ran.content_type,
        tail=ran.tail,
        is_modelled=ran.report.is_modelled,
    )


async def _in_environment(call: Call, asked: Asked, ticket: Ticket) -> Ran:
    fleet = Fleet.of(call.world)
    while True:
        instance = await fleet.take(call, asked.function, asked.configuration, ticket.kind)
        if ticket.provisioned:
            instance.init_ms = None  # it was ready before: nobody waited for its initialization
        ran = await run(call, fleet, instance, asked)
        if ran is not None:
            return ran


def _on_record(call: Call, asked: Asked, ticket: Ticket, ran: Ran) -> None:
    """What AWS's metrics count."""
    report = ran.report
    function = asked.function
    call.happened(
        "lambda.Invoked",
        function.arn,
        function=function.name,
        qualifier=asked.qualifier,
        version=asked.configuration.version,
        source=asked.source,
        duration_ms=report.duration_ms,
        billed_ms=report.billed_ms,
        init_ms=report.init_ms or 0,
        memory_mib=report.memory_mib,
        used_mib=report.used_mib,
        error=ran.error_type if ran.function_error else "",
        is_cold=report.init_ms is not None,
        is_provisioned=bool(ticket.provisioned),
        is_modelled=report.is_modelled,
        is_spillover=ticket.is_spillover,
        utilization=ticket.utilization,
        in_provisioned=ticket.in_provisioned,
        concurrent=ticket.concurrent,
        in_account=ticket.in_account,
        unreserved=ticket.unreserved,
        architecture=asked.configuration.architectures[0],
    )
