"""Whether the states of a flow hang together: targets that exist, states that can be reached, an end.

Codes, words and places as AWS gives them: MISSING_TRANSITION_TARGET at the field that names the target, or at the state
that cannot be reached; MISSING_END_STATE without a place, and then nobody looks for what cannot be reached.
"""

from __future__ import annotations

from collections.abc import Iterator

from foulweather.services.stepfunctions.language.findings import Findings
from foulweather.services.stepfunctions.language.records import (
    AnyState,
    Choice,
    Fail,
    Flow,
    Map,
    Parallel,
    Succeed,
    Task,
)


def check(flow: Flow, location: str, findings: Findings) -> None:
    """Note what is wrong between the states of one flow; the flows inside it are looked at by themselves."""
    missing = "MISSING_TRANSITION_TARGET"
    if flow.start_at not in flow.states:
        findings.error(f"Missing 'Next' target: {flow.start_at}", f"{location}/StartAt", missing)
    for name, state in flow.states.items():
        for target, field in targets(state):
            if target not in flow.states:
                findings.error(f"Missing 'Next' target: {target}", f"{location}/States/{name}/{field}", missing)
    if not any(_ends(state) for state in flow.states.values()):
        findings.error("Workflow has no terminal state", None, "MISSING_END_STATE")
        return
    reached = _reached(flow)
    for name in flow.states:
        if name not in reached:
            findings.error(f'State "{name}" is not reachable.', f"{location}/States/{name}", missing)


def targets(state: AnyState) -> Iterator[tuple[str, str]]:
    """The states that one leads to, each with the field that says so."""
    if isinstance(state, Choice):
        last = len(state.targets) - 1 if state.has_default else None
        for at, target in enumerate(state.targets):
            yield target, "Default" if at == last else f"Choices[{at}]/Next"
    elif state.next is not None:
        yield state.next, "Next"
    if isinstance(state, Task | Parallel | Map):
        for at, catcher in enumerate(state.catch):
            yield catcher.next, f"Catch[{at}]/Next"


def _ends(state: AnyState) -> bool:
    return isinstance(state, Succeed | Fail) or (not isinstance(state, Choice) and state.next is None)


def _reached(flow: Flow) -> set[str]:
    reached: set[str] = set()
    waiting = [flow.start_at]
    while waiting:
        name = waiting.pop()
        if name in flow.states and name not in reached:
            reached.add(name)
            waiting.extend(target for target, _ in targets(flow.states[name]))
    return reached
