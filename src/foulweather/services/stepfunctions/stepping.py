"""From state to state: what each type of state does when it is entered.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from foulweather.services.stepfunctions import distributed, failing, fanning, limits, working
from foulweather.services.stepfunctions.language import variables
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.records import (
    AnyState,
    Choice,
    Fail,
    Finished,
    Map,
    Parallel,
    Pass,
    Succeed,
    Task,
    Wait,
)
from foulweather.services.stepfunctions.records import Branch
from foulweather.services.stepfunctions.running import Run, Trouble, decode, encode


class Going(NamedTuple):
    """Where a flow goes next (None: it ends), with what."""

    next: str | None
    value: Any
    text: str


Step = Callable[[Run, Branch, Any, Any], "Going | None"]


def enter(run: Run, branch: Branch, name: str, value: Any, text: str) -> None:
    """Enter a state, and go on from one to the next until the flow waits or ends."""
    states = run.program.flow(branch.place).states
    while True:
        branch.state, branch.input = name, text
        wait_ms = run.throttled_ms()
        if wait_ms:
            run.wait(branch, "throttle", run.now + wait_ms)
            return
        state = states[name]
        branch.entered_ms = run.now
        branch.waits = ""
        branch.retried = []
        branch.entered_event = run.add(branch, ENTERED[state.type], name=name, input=text)
        going = attempt(run, branch, state, value)
        if going is None:
            return
        if going.next is None:
            done(run, branch, going)
            return
        name, value, text = going.next, going.value, going.text


def attempt(run: Run, branch: Branch, state: AnyState, value: Any) -> Going | None:
    """Do what a state does, once it has been entered; errors go where its Retry and Catch say."""
    try:
        return STEPS[state.type](run, branch, state, value)
    except StatesError as error:
        return failing.failed(run, branch, state, failing.of_language(run, branch, error))


def go_on(run: Run, branch: Branch, going: Going | None) -> None:
    """Take a flow further that had waited."""
    if going is None:
        return
    if going.next is None:
        done(run, branch, going)
    else:
        enter(run, branch, going.next, going.value, going.text)


def finish(run: Run, branch: Branch, state: AnyState, value: Any, make: Callable[[], Finished]) -> Going | None:
    """Leave a state with what `make` makes of its result, or with what is wrong with it."""
    try:
        return leave(run, branch, state, value, make(), state.next)
    except StatesError as error:
        return failing.failed(run, branch, state, failing.of_language(run, branch, error))


def leave(
    run: Run, branch: Branch, state: AnyState, value: Any, finished: Finished, following: str | None
) -> Going | None:
    """Leave a state for the next."""
    output = finished.output
    if output is value:
        text = branch.input
    else:
        text = encode(output)
        if limits.size(text) > limits.PAYLOAD_BYTES_MAX:
            return failing.failed(run, branch, state, failing.too_large(state))
    details: dict[str, Any] = {"name": state.name, "output": text}
    if finished.assigned:
        own: dict[str, Any] = decode(branch.variables) if branch.variables else {}
        outer = run.variables(run.branches[branch.parent]) if branch.parent >= 0 else {}
        branch.variables = encode(variables.assigned(own, outer, finished.assigned))
        details["assignedVariables"] = {name: encode(each) for name, each in finished.assigned.items()}
    run.add(branch, EXITED[state.type], **details)
    branch.retried = []
    return Going(following, output, text)


def done(run: Run, branch: Branch, going: Going) -> None:
    """A flow has come to its end."""
    from foulweather.services.stepfunctions import ending

    if branch.parent >= 0:
        fanning.joined(run, branch, going.text)
    else:
        ending.succeed(run, branch, going.text)


def _pass(run: Run, branch: Branch, state: Pass, value: Any) -> Going | None:
    if state.is_plain:
        return leave(run, branch, state, value, Finished(value), state.next)
    scope = run.scope(branch)
    return leave(run, branch, state, value, state.finish(value, state.result(value, scope), scope), state.next)


def _choice(run: Run, branch: Branch, state: Choice, value: Any) -> Going | None:
    decided = state.decide(value, run.scope(branch))
    return leave(run, branch, state, value, Finished(decided.output, decided.assigned), decided.next)


def _wait(run: Run, branch: Branch, state: Wait, value: Any) -> Going | None:
    pause = state.pause(value, run.scope(branch))
    until_ms = pause.at_ms if pause.at_ms is not None else run.now + (pause.delay_ms or 0)
    if until_ms <= run.now:
        return waited(run, branch, state, value)
    run.wait(branch, "time", until_ms)
    return None


def attempted(run: Run, branch: Branch, state: Wait, value: Any) -> Going | None:
    """A Wait is over."""
    try:
        return waited(run, branch, state, value)
    except StatesError as error:
        return failing.failed(run, branch, state, failing.of_language(run, branch, error))


def waited(run: Run, branch: Branch, state: Wait, value: Any) -> Going | None:
    """Leave a Wait."""
    scope = run.scope(branch)
    finished = state.finish(value, state.arguments(value, scope), scope)
    return leave(run, branch, state, value, finished, state.next)


def _succeed(run: Run, branch: Branch, state: Succeed, value: Any) -> Going | None:
    scope = run.scope(branch)
    return leave(run, branch, state, value, state.finish(value, state.arguments(value, scope), scope), None)


def _fail(run: Run, branch: Branch, state: Fail, value: Any) -> Going | None:
    failure = state.failure(value, run.scope(branch))
    failing.give_up(run, branch, Trouble(failure.error or "", failure.cause))
    return None


def _task(run: Run, branch: Branch, state: Task, value: Any) -> Going | None:
    return working.begin(run, branch, state, value)


def _parallel(run: Run, branch: Branch, state: Parallel, value: Any) -> Going | None:
    return fanning.parallel(run, branch, state, value)


def _map(run: Run, branch: Branch, state: Map, value: Any) -> Going | None:
    if state.mode == "DISTRIBUTED":
        return distributed.begin(run, branch, state, value)
    return fanning.map_inline(run, branch, state, value)


STEPS: dict[str, Step] = {
    "Pass": _pass,
    "Choice": _choice,
    "Wait": _wait,
    "Succeed": _succeed,
    "Fail": _fail,
    "Task": _task,
    "Parallel": _parallel,
    "Map": _map,
}
ENTERED = {name: f"{name}StateEntered" for name in STEPS}
EXITED = {name: f"{name}StateExited" for name in STEPS}
