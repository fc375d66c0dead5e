"""A pipeline over the toy services, and calls through it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.pipeline import Delay, Gate, Gates, Pipeline
from foulweather.kernel.services import Services
from foulweather.kernel.trace import Trace, Traces
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.world.world import World

ACCOUNT = "111122223333"
TOYS = Services("kernel.toys")


def new_pipeline(gates: Sequence[Gate] = (), delay: Delay | None = None, directory: Path | None = None) -> Pipeline:
    return Pipeline(World(seed=1, mode="held", start_ms=0, directory=directory), TOYS, Gates(tuple(gates), delay))


def new_call(pipeline: Pipeline, service: str, operation: str, who: Principal | None = None, **more: Any) -> Call:
    return Call(pipeline, service, operation, ACCOUNT, "eu-west-1", who or principals.root(ACCOUNT), **more)


def run(pipeline: Pipeline, operation: str = "SendMessage", service: str = "sqs", **request: Any) -> tuple[Call, Any]:
    """A call, and what its operation answered (or an awaitable of it)."""
    call = new_call(pipeline, service, operation)
    return call, pipeline.run(call, pipeline.services.operation(service, operation), request)


def trace_of(pipeline: Pipeline, request_id: str) -> Trace:
    found = pipeline.world.state(Traces).find(request_id)
    assert found is not None
    return found
