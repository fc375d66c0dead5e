"""Starts durable executions: for clients that wait, for those that do not, for event sources, and for other executions.

https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
"""

from __future__ import annotations

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.lambda_ import (
    durable_endings,
    durable_history,
    durable_limits,
    durable_running,
    durable_timers,
    invoking,
    lineages,
)
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution, Operation
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.naming import Reference


def is_durable(found: Reference) -> bool:
    """Whether an invocation of a version is a durable execution."""
    return durable_limits.config_of(found.configuration) is not None


async def run(
    call: Call, found: Reference, payload: bytes, *, source: str, name: str = "", lineage: dict[str, int] | None = None
) -> Invoked:
    """Start an execution, or join the one of that name, and wait for its end."""
    durable_limits.check_invocation(call, found, name, is_sync=source == "lambda")
    text = payload.decode()
    execution = named(call, found, name, text)
    if execution is not None:
        return await invoking.finished(call, _joined(call, execution))
    execution = _begun(call, found, text, name, lineage or {}, source=source)
    return await invoking.finished(call, _to_its_end(call, execution))


def accept(call: Call, found: Reference, payload: bytes, *, name: str = "") -> Execution:
    """Start an execution for which nobody waits, or find the one of that name."""
    durable_limits.check_invocation(call, found, name, is_sync=False)
    durable_limits.check_asynchronous(payload)
    config = found.function.async_configs.get(found.qualifier or "$LATEST")
    if config is not None and (config.on_success or config.on_failure):
        # AWS tells of dead-letter queues for durable functions, and of no destinations.
        raise not_implemented("lambda", "Invoke.DestinationConfig of a durable function")
    text = payload.decode()
    execution = named(call, found, name, text)
    if execution is not None:
        return execution
    execution = _begun(call, found, text, name, lineages.of_call(call), source=call.principal.arn, is_async=True)
    _drive(call, execution)
    return execution


def begin_chained(call: Call, found: Reference, above: Execution, operation: Operation) -> Execution:
    """Start an execution for which an operation of another one waits."""
    lineage = lineages.passed_on(
        f"arn:aws:lambda:{above.region}:{above.account}:function:{above.function}", above.lineage
    )
    if lineages.is_loop(found.function, lineage):
        raise lineages.refusal(call, found.function, lineage, above.arn)
    execution = _begun(call, found, operation.payload or "null", "", lineage, source=above.arn)
    execution.parent_account, execution.parent, execution.parent_operation = above.account, above.id, operation.id
    _drive(call, execution)
    return execution


def named(call: Call, found: Reference, name: str, payload: str) -> Execution | None:
    """The execution of a function that has a name already, if it was started with the same payload.

    "Execution names must be unique within your account and region", says the guide; "Each durable execution name must
    be unique within the function", says the refusal: it is the function here.
    """
    state = call.state(DurableState, found.function.account, found.function.region)
    execution = state.executions.get(state.named.get((found.function.name, name), "")) if name else None
    if execution is not None and execution.payload != payload:
        raise durable_limits.already_started(execution)
    return execution


def _begun(
    call: Call,
    found: Reference,
    payload: str,
    name: str,
    lineage: dict[str, int],
    *,
    source: str,
    is_async: bool = False,
) -> Execution:
    function = found.function
    config = durable_limits.config_of(found.configuration) or {}
    timeout_s = config["ExecutionTimeout"]
    if not is_async and source.startswith("arn:") and "/durable-execution/" not in source:
        # "When durable functions are invoked by event source mappings, the total durable execution duration cannot
        # exceed 15 minutes": https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html
        timeout_s = min(timeout_s, durable_limits.SYNC_S_MAX)
    state = call.state(DurableState, function.account, function.region)
    execution = Execution(
        id=call.world.ids.uuid(),
        name=name or call.world.ids.uuid(),
        function=function.name,
        account=function.account,
        region=function.region,
        version=found.configuration.version,
        payload=payload,
        started_ms=call.now,
        timeout_s=timeout_s,
        retention_days=config.get("RetentionPeriodInDays", durable_limits.RETENTION_DAYS),
        is_async=is_async,
        source=source,
        trace_id=call.trace_id,
        trace_header=str(tracing.carried(call) or tracing.Header(tracing.root_of(call.request_id, call.now))),
        lineage=lineage,
        bytes_written=len(payload.encode()),
    )
    end_ms = call.now + timeout_s * 1000
    execution.timer = durable_timers.later(call, execution, end_ms, "lambda.time_out_durable_execution")
    state.begin(execution)
    durable_history.of_execution(
        state,
        execution,
        call.now,
        "ExecutionStarted",
        Input=durable_history.whole(payload),
        ExecutionTimeout=timeout_s,
    )
    durable_endings.tell(call, state, execution)
    return execution


def _drive(call: Call, execution: Execution) -> None:
    durable_timers.later(call, execution, call.now, "lambda.drive_durable_execution")


async def _to_its_end(call: Call, execution: Execution) -> Invoked:
    """Run a new execution; while somebody outside waits for it, a held clock moves by itself."""
    with call.world.awaited():
        await durable_running.drive_first(call, execution)
        return await _joined(call, execution)


async def _joined(call: Call, execution: Execution) -> Invoked:
    ends = durable_endings.Ends.of(call.world)
    if execution.status == RUNNING:
        with call.world.awaited():
            await durable_endings.ended(call, execution)
    return durable_endings.answered(execution, ends.tails.pop(execution.id, b""))
