"""Parallel states and inline Maps: branches and iterations, each a flow of its own, and what becomes of them together.

https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html,
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from foulweather.services.stepfunctions import distributed, failing, jobs, limits, stepping
from foulweather.services.stepfunctions.language import context
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.records import Map, Parallel
from foulweather.services.stepfunctions.records import Branch
from foulweather.services.stepfunctions.running import Run, Trouble, decode, encode

if TYPE_CHECKING:
    from foulweather.services.stepfunctions.stepping import Going

# "Inline mode … supports up to 40 concurrent iterations."
AT_ONCE_MAX: Final = 40
_ABORTED: Final = frozenset({"Task", "Wait", "Parallel", "Map"})


def parallel(run: Run, branch: Branch, state: Parallel, value: Any) -> Going | None:
    """Begin every branch of a Parallel."""
    arguments = state.arguments(value, run.scope(branch))
    text = encode(arguments)
    if limits.size(text) > limits.PAYLOAD_BYTES_MAX:
        return failing.failed(run, branch, state, failing.too_large(state))
    run.add(branch, "ParallelStateStarted")
    run.wait(branch, "branches")
    branch.total = branch.started = branch.open = len(state.branches)
    for index, flow in enumerate(state.branches):
        child = run.new_branch((*branch.place, state.name, str(index)), branch, index)
        _begin(run, child, flow.start_at, arguments, text)
    return None


def _begin(run: Run, child: Branch, name: str, value: Any, text: str) -> None:
    """Have a flow enter its first state in this turn."""
    child.input = text
    turn = child.turn

    def job(run: Run) -> None:
        if run.branches.get(child.id) is child and child.turn == turn and not child.waits:
            stepping.enter(run, child, name, value, text)

    run.jobs.append(job)


def pairs(items: Any) -> list[tuple[Any, str]]:
    """The items of a Map, and their keys where they come in an object."""
    if isinstance(items, dict):
        held = cast("dict[str, Any]", items)
        return [(each, key) for key, each in held.items()]
    return [(each, "") for each in cast("list[Any]", items)]


def map_inline(run: Run, branch: Branch, state: Map, value: Any) -> Going | None:
    """Begin as many iterations of an inline Map as may run at once."""
    scope = run.scope(branch)
    items = pairs(state.items(value, scope))
    at_once = state.concurrency_max(value, scope) or 0
    run.add(branch, "MapStateStarted", length=len(items))
    if not items:
        run.add(branch, "MapStateSucceeded")
        finish = partial(state.finish, value, cast("list[Any]", []), scope)
        return stepping.finish(run, branch, state, value, finish)
    branch.items = encode(items)
    run.wait(branch, "branches")
    branch.total, branch.started, branch.open = len(items), 0, 0
    branch.at_once = min(at_once or AT_ONCE_MAX, AT_ONCE_MAX)
    run.state.live_items[branch.key] = items
    run.state.live_inputs[branch.key] = value
    run.state.live_inputs[branch.execution] = run.input()
    for _ in range(min(branch.at_once, branch.total)):
        if not _iterate(run, branch, state, value):
            break
    return None


def _items(run: Run, branch: Branch) -> list[tuple[Any, str]]:
    found = run.state.live_items.get(branch.key)
    if found is None:
        found = run.state.live_items[branch.key] = [(item, key) for item, key in decode(branch.items)]
    return found


def _input(run: Run, branch: Branch) -> Any:
    found = run.state.live_inputs.get(branch.key)
    if found is None:
        found = run.state.live_inputs[branch.key] = decode(branch.input)
    return found


def _iterate(run: Run, branch: Branch, state: Map, value: Any) -> bool:
    """Begin the next iteration; False where it could not begin, and the Map has failed."""
    index = branch.started
    item, key = _items(run, branch)[index]
    branch.started += 1
    branch.open += 1
    child = run.new_branch((*branch.place, state.name, ""), branch, index)
    child.item, child.item_key = encode(item), key
    child.input = child.item
    run.add(child, "MapIterationStarted", name=state.name, index=index)
    given = item
    if state.item_input is not None:
        try:
            given = state.item_input(value, context.with_item(run.scope(branch), index, item, key or None))
        except StatesError as error:
            broke(run, child, failing.of_language(run, branch, error))
            return False
    text = encode(given)
    if limits.size(text) > limits.PAYLOAD_BYTES_MAX:
        broke(run, child, failing.too_large(state))
        return False
    _begin(run, child, state.processor.start_at, given, text)
    return True


def joined(run: Run, child: Branch, text: str) -> None:
    """A branch or an iteration has come to its end."""
    parent = run.branches[child.parent]
    state = cast("Parallel | Map", run.state_of(parent))
    child.waits, child.output = "done", text
    run.dirty |= {child.id, parent.id}
    if isinstance(state, Map):
        run.add(child, "MapIterationSucceeded", name=state.name, index=child.index)
    parent.open -= 1
    parent.last_event = child.last_event
    value = _input(run, parent)
    if parent.started < parent.total:
        _iterate(run, parent, cast(Map, state), value)
    elif parent.open == 0:
        _complete(run, parent, state, value)


def _complete(run: Run, parent: Branch, state: Parallel | Map, value: Any) -> None:
    results = [decode(child.output) for child in run.children(parent)]
    run.add(parent, f"{state.type}StateSucceeded")
    clear(run, parent)
    parent.waits = ""
    going = stepping.finish(run, parent, state, value, lambda: state.finish(value, results, run.scope(parent)))
    stepping.go_on(run, parent, going)


def broke(run: Run, child: Branch, trouble: Trouble) -> None:
    """A branch or an iteration has failed: the others are stopped, and its Parallel or Map fails with its error."""
    parent = run.branches[child.parent]
    state = cast("Parallel | Map", run.state_of(parent))
    is_map = isinstance(state, Map)
    if is_map:
        run.add(child, "MapIterationFailed", name=state.name, index=child.index)
    child.turn += 1
    for sibling in run.children(parent):
        if sibling is not child and sibling.waits != "done":
            abort(run, sibling)
            if is_map:
                run.add(sibling, "MapIterationAborted", name=state.name, index=sibling.index)
    parent.last_event = max(child.last_event, parent.last_event)
    run.add(parent, f"{state.type}StateFailed")
    parent.waits = ""
    run.dirty.add(parent.id)
    stepping.go_on(run, parent, failing.failed(run, parent, state, trouble))


def abort(run: Run, branch: Branch) -> None:
    """Stop a flow where it stands; its rows stay for a redrive."""
    for child in run.children(branch):
        if child.waits != "done":
            abort(run, child)
            if child.item:
                run.add(child, "MapIterationAborted", name=branch.state, index=child.index)
    leave_off(run, branch)
    if branch.state and branch.entered_event and branch.waits != "":
        kind = run.state_of(branch).type
        if kind in _ABORTED:
            run.add(branch, f"{kind}StateAborted")
    branch.waits = ""


def leave_off(run: Run, branch: Branch) -> None:
    """Wait for nothing more, and stop what was begun elsewhere."""
    run.disarm(branch)
    branch.turn += 1
    run.dirty.add(branch.id)
    if branch.waits == "job":
        jobs.stop(run, branch)
    elif branch.waits == "map run":
        distributed.abort(run, branch)


def clear(run: Run, branch: Branch) -> None:
    """Forget the branches or iterations of a state that is left, or begins anew."""
    run.state.live_items.pop(branch.key, None)
    run.state.live_inputs.pop(branch.key, None)
    branch.items = ""
    within: dict[int, list[Branch]] = {}
    for each in run.branches.values():
        within.setdefault(each.parent, []).append(each)
    left = list(within.get(branch.id, ()))
    while left:
        child = left.pop()
        left += within.get(child.id, ())
        run.state.live_items.pop(child.key, None)
        run.state.live_inputs.pop(child.key, None)
        run.drop(child)
