"""Distributed Maps: each iteration is an execution of its own, and a Map Run sees to them.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.stepfunctions import (
    batching,
    calling,
    ending,
    failing,
    item_readers,
    limits,
    naming,
    result_writers,
    starting,
    stepping,
    working,
)
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.records import Map
from foulweather.services.stepfunctions.records import Branch, Execution, MapItem, MapRun
from foulweather.services.stepfunctions.running import Run, Trouble, Turns, advance, decode, encode
from foulweather.services.stepfunctions.state import SfnState

if TYPE_CHECKING:
    from foulweather.services.stepfunctions.stepping import Going

EXCEEDED: Final = "States.ExceedToleratedFailureThreshold"
EXCEEDED_CAUSE: Final = "The specified tolerated failure threshold was exceeded"
AT_A_TIME: Final = 1_000
UNSUCCESSFUL: Final = ("FAILED", "TIMED_OUT", "ABORTED")


def begin(run: Run, branch: Branch, state: Map, value: Any) -> Going | None:
    """Begin a Map Run, once its items are read."""
    scope = run.scope(branch)
    if state.item_reader is None:
        return _plan(run, branch, state, value, batching.listed(state.items(value, scope)))
    reading = item_readers.read(run, state.item_reader, value, scope)
    branch.timeout_at = branch.heartbeat_at = 0
    run.wait(branch, "call")
    working.rearm(run, branch)
    key = branch.execution, branch.id, branch.turn
    calling.later(run, key, reading, partial(_read, branch=branch.id, turn=branch.turn))
    return None


def _read(run: Run, outcome: calling.Outcome, branch: int, turn: int) -> None:
    held = run.branches.get(branch)
    if held is None or held.turn != turn:
        return
    run.disarm(held)
    held.waits = ""
    state, value = cast(Map, run.state_of(held)), decode(held.input)
    if isinstance(outcome, calling.Failure):
        error = outcome.error
        trouble = Trouble("States.ItemReaderFailed", error.message, error.why, error.status == 501)
        going = _broken(run, held, state, trouble)
    else:
        try:
            going = _plan(run, held, state, value, cast("list[Any]", outcome.response["Items"]))
        except StatesError as error:
            going = failing.failed(run, held, state, failing.of_language(run, held, error))
    stepping.go_on(run, held, going)


def _broken(run: Run, branch: Branch, state: Map, trouble: Trouble) -> Going | None:
    run.add(branch, "MapStateFailed")
    return failing.failed(run, branch, state, trouble)


def _plan(run: Run, branch: Branch, state: Map, value: Any, items: list[Any]) -> Going | None:
    """Put the Map Run down with what each of its child executions gets."""
    scope = run.scope(branch)
    inputs = batching.inputs(state, value, scope, items)
    machine, call = run.execution.machine, run.call
    label = state.label or run.world.ids.hex(32)
    arn = naming.map_run_arn(machine, label, run.world.ids.uuid())
    count, ratio = state.tolerated_count(value, scope), state.tolerated_percentage(value, scope)
    writer = state.result_writer
    found = MapRun(
        arn,
        run.execution.arn,
        machine,
        branch.id,
        0,
        label,
        run.now,
        sum(each.items for each in inputs),
        state.execution_type or "STANDARD",
        (*branch.place, state.name, ""),
        at_once=state.concurrency_max(value, scope) or 0,
        tolerated_count=count or 0,
        tolerated_percentage=ratio or 0.0,
        has_count=count is not None,
        has_percentage=ratio is not None,
        batches=len(inputs),
        writer=encode(writer.arguments(value, scope)) if writer is not None and writer.arguments is not None else "",
    )
    run.add(branch, "MapStateStarted", length=found.total)
    run.add(branch, "MapRunStarted", mapRunArn=arn)
    branch.map_run = arn
    run.wait(branch, "map run")
    found.turn = branch.turn
    run.state.map_runs.put(arn, found)
    for number, each in enumerate(inputs):
        run.state.map_items.put(f"{arn}#{number}", each)
    call.changed("stepfunctions.MapRunStarted", arn, execution=run.execution.arn)
    if inputs:
        fill(call, run.state, found)
    else:
        close(call, run.state, found, "SUCCEEDED")
    return None


def fill(call: Call, state: SfnState, found: MapRun) -> None:
    """Begin as many child executions as may run at once."""
    most = min(found.at_once or limits.CHILDREN_MAX, limits.CHILDREN_MAX)
    turns = Turns.of(call.world)
    while found.status == "RUNNING" and found.running < most:
        if turns.children >= AT_A_TIME:
            _later(call, found)
            break
        turns.children += 1
        if found.redriving:
            number = found.redriving.pop(0)
        elif found.started < found.batches:
            number = found.started
            found.started += 1
        else:
            break
        found.running += 1
        _start(call, state, found, number)
    state.map_runs.touch(found.arn)


def _later(call: Call, found: MapRun) -> None:
    """Go on in a turn of its own: whoever else is on the loop comes in between, and what was done is committed."""
    if not found.due and (found.redriving or found.started < found.batches):
        found.due = call.later(call.world.clock.now_ms, "stepfunctions.run_map", arn=found.arn)


def _start(call: Call, state: SfnState, found: MapRun, number: int) -> None:
    from foulweather.services.stepfunctions import redriving

    parent = state.executions[found.execution]
    item = state.map_items[f"{found.arn}#{number}"]
    before = state.executions.get(item.execution)
    if before is not None and before.kind == "STANDARD":  # an Express one is executed anew
        item.status = "RUNNING"
        state.map_items.touch(f"{found.arn}#{number}")
        redriving.redrive(call, state, before)
        return
    name = call.world.ids.uuid()
    if found.kind == "EXPRESS":
        arn = naming.express_arn(found.machine, name, call.world.ids.uuid(), found.label)
    else:
        arn = naming.execution_arn(found.machine, name, found.label)
    item.execution, item.status = arn, "RUNNING"
    state.map_items.touch(f"{found.arn}#{number}")
    execution = Execution(
        arn,
        name,
        found.machine,
        parent.revision,
        found.kind,
        call.world.clock.now_ms,
        item.input,
        map_run=found.arn,
        map_index=number,
        items=item.items,
        flow=found.place,
    )
    starting.begin(call, state, execution)


def ended(call: Call, state: SfnState, execution: Execution) -> None:
    """A child execution is over."""
    found = state.map_runs.get(execution.map_run)
    key = f"{execution.map_run}#{execution.map_index}"
    item = state.map_items.get(key)
    if found is None or item is None or item.execution != execution.arn:
        return
    item.status, item.output = execution.status, execution.output
    item.error, item.cause = execution.error, execution.cause
    state.map_items.touch(key)
    found.running -= 1
    found.counts[item.status] = found.counts.get(item.status, 0) + 1
    found.item_counts[item.status] = found.item_counts.get(item.status, 0) + item.items
    state.map_runs.touch(found.arn)
    if found.status != "RUNNING":
        return
    if _is_exceeded(found):
        close(call, state, found, "FAILED")
    elif found.started >= found.batches and not found.running and not found.redriving:
        close(call, state, found, "SUCCEEDED")
    else:
        fill(call, state, found)


def _is_exceeded(found: MapRun) -> bool:
    """Whether more items have failed than the Map tolerates."""
    failed = sum(found.item_counts.get(status, 0) for status in UNSUCCESSFUL)
    if not failed:
        return False
    if found.has_count and failed > found.tolerated_count:
        return True
    if found.has_percentage and failed * 100 > found.tolerated_percentage * found.total:
        return True
    return not found.has_count and not found.has_percentage


def close(call: Call, state: SfnState, found: MapRun, status: str) -> None:
    """End a Map Run, and what is left of its executions; its Map goes on."""
    found.status, found.stopped_ms = status, call.world.clock.now_ms
    state.map_runs.touch(found.arn)
    call.changed("stepfunctions.MapRunEnded", found.arn, status=status)
    for child in [each for each in state.of(found.arn) if each.is_open]:
        advance(call, state, child, lambda run: ending.end(run, "ABORTED", Trouble("", None)))
    parent = state.executions.get(found.execution)
    if parent is not None and parent.is_open and status != "ABORTED":
        advance(call, state, parent, partial(_over, arn=found.arn))


def _over(run: Run, arn: str) -> None:
    """The Map Run of a branch is over: its results are written, and its Map ends."""
    found = run.state.map_runs[arn]
    branch = run.branches.get(found.branch)
    if branch is None or branch.waits != "map run" or branch.turn != found.turn:
        return
    state = cast(Map, run.state_of(branch))
    if not found.writer:
        stepping.go_on(run, branch, _left(run, branch, state, found, batching.results(run.state, found, state)))
        return
    writing = result_writers.write(run, found, state)
    branch.timeout_at = branch.heartbeat_at = 0
    run.wait(branch, "call")
    working.rearm(run, branch)
    key = branch.execution, branch.id, branch.turn
    found.turn = branch.turn
    run.state.map_runs.touch(arn)
    calling.later(run, key, writing, partial(_written, arn=arn, turn=branch.turn))


def write_again(run: Run, branch: Branch) -> bool:
    """Write the results of a Map Run whose writing was lost with the process; False where no such thing was."""
    found = run.state.map_runs.get(branch.map_run)
    if found is None or found.turn != branch.turn:
        return False
    run.wait(branch, "map run")
    found.turn = branch.turn
    _over(run, found.arn)
    return True


def _written(run: Run, outcome: calling.Outcome, arn: str, turn: int) -> None:
    found = run.state.map_runs[arn]
    branch = run.branches.get(found.branch)
    if branch is None or branch.turn != turn:
        return
    run.disarm(branch)
    state = cast(Map, run.state_of(branch))
    if isinstance(outcome, calling.Failure):
        error = outcome.error
        trouble = Trouble("States.ResultWriterFailed", error.message, error.why)
        run.add(branch, "MapRunFailed", error=trouble.error, cause=trouble.cause)
        stepping.go_on(run, branch, _broken(run, branch, state, trouble))
        return
    found.written = found.counts.get("SUCCEEDED", 0)
    run.state.map_runs.touch(arn)
    stepping.go_on(run, branch, _left(run, branch, state, found, outcome.response["Details"]))


def _left(run: Run, branch: Branch, state: Map, found: MapRun, result: Any) -> Going | None:
    branch.waits = ""
    if found.status == "FAILED":
        cause = EXCEEDED_CAUSE
        failed = sum(found.item_counts.get(status, 0) for status in UNSUCCESSFUL)
        facts = (Fact(found.arn, "failed items", failed), Fact(found.arn, "items", found.total))
        run.add(branch, "MapRunFailed", error=EXCEEDED, cause=cause)
        return _broken(
            run, branch, state, Trouble(EXCEEDED, cause, Why("failed", cause, facts, because=_first_wrong(run, found)))
        )
    run.add(branch, "MapRunSucceeded")
    run.add(branch, "MapStateSucceeded")
    for number in range(found.batches):
        run.state.map_items.delete(f"{found.arn}#{number}")
    value = decode(branch.input)
    return stepping.finish(run, branch, state, value, lambda: state.finish(value, result, run.scope(branch)))


def _first_wrong(run: Run, found: MapRun) -> tuple[Why, ...]:
    for number in range(found.batches):
        item: MapItem | None = run.state.map_items.get(f"{found.arn}#{number}")
        if item is not None and item.status in UNSUCCESSFUL:
            told = f"{item.execution} ended {item.status}: {item.error}: {item.cause}"
            return (Why("failed", told, (Fact(item.execution, "error", item.error),)),)
    return ()


def abort(run: Run, branch: Branch) -> None:
    """Stop the Map Run of a flow that is stopped."""
    found = run.state.map_runs.get(branch.map_run)
    if found is not None and found.status == "RUNNING":
        run.add(branch, "MapRunAborted")
        close(run.call, run.state, found, "ABORTED")


def redrive(run: Run, branch: Branch, state: Map) -> None:
    """Take up a Map Run: what did not succeed is executed again."""
    found = run.state.map_runs[branch.map_run]
    if found.status == "SUCCEEDED":  # its results could not be written
        run.wait(branch, "map run")
        found.turn = branch.turn
        _over(run, found.arn)
        return
    found.status, found.redrives, found.redriven_ms = "RUNNING", found.redrives + 1, run.now
    _choose(run, found)
    found.running = 0
    run.add(branch, "MapRunRedriven", mapRunArn=found.arn, redriveCount=found.redrives)
    run.wait(branch, "map run")
    found.turn = branch.turn
    if found.redriving or found.started < found.batches:
        fill(run.call, run.state, found)
    else:
        close(run.call, run.state, found, "FAILED" if _is_exceeded(found) else "SUCCEEDED")


def _choose(run: Run, found: MapRun) -> None:
    """Choose the child executions that are redriven; what can no more counts as before."""
    from foulweather.services.stepfunctions import redriving

    found.redriving, found.lost = [], 0
    for status in UNSUCCESSFUL:
        found.counts.pop(status, None)
        found.item_counts.pop(status, None)
    for number in range(found.started):
        item = run.state.map_items[f"{found.arn}#{number}"]
        if item.status == "SUCCEEDED":
            continue
        before = run.state.executions.get(item.execution)
        if before is not None and before.kind == "STANDARD" and redriving.exhausted(run.call, before):
            found.lost += 1
            found.counts[item.status] = found.counts.get(item.status, 0) + 1
            found.item_counts[item.status] = found.item_counts.get(item.status, 0) + item.items
        else:
            found.redriving.append(number)
