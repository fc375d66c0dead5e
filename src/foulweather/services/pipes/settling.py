"""Changes of a pipe's state, which take their time, and the work of those that run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.why import Why
from foulweather.services.pipes import limits, roles
from foulweather.services.pipes.queues import QueueWork
from foulweather.services.pipes.shards import KinesisWork, TableWork
from foulweather.services.pipes.state import DELETED, RUNNING, STOPPED, Pipe, PipesState
from foulweather.services.pipes.working import BEAT_MS, Work, Works

KINDS: Final[dict[str, Callable[[Pipeline, str, str, Pipe], Work]]] = {
    "sqs": QueueWork,
    "kinesis": KinesisWork,
    "dynamodb": TableWork,
}
_FAILED: Final = {"CREATING": "CREATE_FAILED", "UPDATING": "UPDATE_FAILED", "STARTING": "START_FAILED"}
_REASON_MAX: Final = 512


def begin(call: Call, pipe: Pipe, current: str) -> None:
    """Put a pipe into a state that passes, and have it come to its end."""
    pipe.current, pipe.reason, pipe.turn, pipe.modified_ms = current, "", pipe.turn + 1, call.now
    call.state(PipesState).pipes.put(pipe.name, pipe)
    Works.of(call.world).drop(pipe.arn)
    call.later(call.now + limits.SETTLES_AFTER_MS, "pipes.settle", pipe=pipe.name, turn=pipe.turn)


async def settle(call: Call, name: str, turn: int) -> None:
    """Bring a change of state to its end: the pipe runs, has stopped, or is gone; or it cannot read its source."""
    state = call.state(PipesState)
    pipe = state.pipes.get(name)
    if pipe is None or pipe.turn != turn:
        return
    if pipe.desired == DELETED:
        state.pipes.delete(name)
        call.changed("pipes.PipeDeleted", pipe.arn, exists=False)
        return
    before = pipe.current
    if before in _FAILED:
        try:
            await _try_out(call, pipe)
        except AwsError as error:
            call.reread_clock()
            pipe.current, pipe.reason = _FAILED[before], f"{error.code}: {error.message}"[:_REASON_MAX]
            state.pipes.put(name, pipe)
            call.changed("pipes.PipeStateChanged", pipe.arn, CurrentState=pipe.current, StateReason=pipe.reason)
            cause = f"{pipe.name} cannot read {pipe.source} with the role {pipe.role}."
            facts = (call.fact(pipe.arn, "RoleArn", pipe.role), call.fact(pipe.arn, "Source", pipe.source))
            call.explain("Settle", pipe.arn, Why("failed", cause, facts, error.why.remedy, (error.why,)), error.code)
            return
        call.reread_clock()
    if state.pipes.get(name) is not pipe or pipe.turn != turn:
        return
    pipe.current = pipe.desired
    if pipe.current == RUNNING:
        pipe.since_ms = pipe.since_ms or call.now
    state.pipes.put(name, pipe)
    call.changed("pipes.PipeStateChanged", pipe.arn, CurrentState=pipe.current)
    keep(call, name)


async def _try_out(call: Call, pipe: Pipe) -> None:
    """Whether the role can be assumed, and may see the source."""
    if pipe.desired == STOPPED:
        return
    ports: Any = roles.ports(call, await roles.assumed(call, pipe), pipe.source)
    _, _, _, region, account, name = pipe.source.split(":", 5)
    if pipe.source_kind == "sqs":
        url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
        await roles.answered(ports.sqs.get_queue_attributes({"QueueUrl": url, "AttributeNames": ["QueueArn"]}))
    elif pipe.source_kind == "kinesis":
        await roles.answered(ports.kinesis.describe_stream_summary({"StreamARN": pipe.source}))
    else:
        await roles.answered(ports.dynamodbstreams.describe_stream({"StreamArn": pipe.source, "Limit": 1}))


def keep(call: Call, name: str) -> None:
    """See to it that a pipe is polled for as long as it runs, and no longer."""
    pipe = call.state(PipesState).pipes.get(name)
    if pipe is None or not pipe.is_at_work:
        return
    works = Works.of(call.world)
    work = works.by_arn.get(pipe.arn)
    if work is not None and work.turn != pipe.turn:
        works.drop(pipe.arn)
        work = None
    if work is None:
        work = works.by_arn[pipe.arn] = KINDS[pipe.source_kind](call.pipeline, call.account, call.region, pipe)
    call.world.agenda.cancel(work.beat)
    work.beat = call.later(call.now + BEAT_MS, "pipes.beat", pipe=name)
    work.tend()
