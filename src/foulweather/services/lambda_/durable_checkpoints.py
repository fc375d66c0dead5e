"""What durable functions ask of Lambda while they run: to keep what they have done, and to be told of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import durable_limits, durable_shapes, durable_timers, durable_tokens, durable_updates
from foulweather.services.lambda_.durable_state import DurableState, Execution

Request = Mapping[str, Any]


def checkpoint_durable_execution(call: Call, request: Request) -> dict[str, Any]:
    """Apply updates of operations, all or none, and tell what has changed since the last checkpoint."""
    arn, token = request["DurableExecutionArn"], request["CheckpointToken"]
    state, execution, number = durable_tokens.require_token(call, arn, token)
    client_token: str = request.get("ClientToken") or ""
    if number != execution.token:
        is_again = number == execution.token - 1 and client_token and client_token == execution.client_token
        if not is_again or call.now - execution.client_ms >= durable_limits.CLIENT_TOKEN_MS:
            raise durable_limits.bad_token(execution, "consumed by an earlier checkpoint")
        return _answer(state, execution, execution.told_before)
    _come_due(call, state, execution)
    updates: list[durable_updates.Update] = request.get("Updates") or []
    durable_updates.check(state, execution, updates)
    for update in updates:
        durable_updates.apply(call, state, execution, update)
    execution.token += 1
    execution.client_token, execution.client_ms = client_token, call.now
    execution.told_before, execution.told = execution.told, execution.changes
    state.executions.touch(execution.id)
    return _answer(state, execution, execution.told_before)


def get_durable_execution_state(call: Call, request: Request) -> dict[str, Any]:
    """The operations that a function needs to be replayed, in the order in which they were started."""
    state, execution, _ = durable_tokens.require_token(call, request["DurableExecutionArn"], request["CheckpointToken"])
    after = -1
    if request.get("Marker"):
        number = durable_shapes.read_marker(request["Marker"])
        after = int(number) if number.isdigit() else -1
    count_max = request.get("MaxItems") or durable_shapes.PAGE
    operations, marker = durable_shapes.state_page(state, execution, after, count_max)
    return {"Operations": operations, "NextMarker": marker} if marker else {"Operations": operations}


def _come_due(call: Call, state: DurableState, execution: Execution) -> None:
    """What is due at this very time has come, whether the agenda has got to it or not."""
    for each in state.parts(execution).values():
        if not each.is_over and each.due_ms and each.due_ms <= call.now and each.status in ("STARTED", "PENDING"):
            durable_timers.come(call, state, execution, each)


def _answer(state: DurableState, execution: Execution, told: int) -> dict[str, Any]:
    """What has changed since then; an execution that has ended by a checkpoint gets no further token."""
    news = [each for each in state.parts(execution).values() if each.changed > told]
    news.sort(key=lambda each: each.changed)
    answer: dict[str, Any] = {"NewExecutionState": {"Operations": [durable_shapes.operation(each) for each in news]}}
    if not execution.settled:
        answer["CheckpointToken"] = durable_tokens.checkpoint_token(execution)
    return answer
