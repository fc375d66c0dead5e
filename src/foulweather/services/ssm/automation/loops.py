"""Steps within loops: where a step stands in its runbook, and how often a loop goes round.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-loop.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.ssm.automation import conditions
from foulweather.services.ssm.automation.state import Execution, Step
from foulweather.services.ssm.documents.parameters import as_text

ACTION: Final = "aws:loop"
# "The maximum number of iterations is 100."
ITERATIONS_MAX: Final = 100
# What a loop's inputs say of its steps; it is put in when they run.
OF_STEPS: Final = ("Steps", "LoopCondition")


def definition(runbook: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a runbook says of a step, within a loop or not."""
    return next(each for each in _beside(runbook, name) if each["name"] == name)


def after(runbook: Mapping[str, Any], name: str) -> str:
    """The step that stands after another one; empty after the last, and after the last of a loop."""
    names: list[str] = [each["name"] for each in _beside(runbook, name)]
    index = names.index(name) + 1
    return names[index] if index < len(names) else ""


def iterate(
    call: Call, execution: Execution, loop: Step, inputs: Mapping[str, Any], resolved: Callable[[Any], Any]
) -> str:
    """Begin a loop's next iteration and return its first step; empty when the loop is over.

    "the loop stops running even if the LoopCondition is still true or if there are objects remaining".
    """
    count = loop.iteration + 1
    most = as_text(resolved(inputs.get("MaxIterations", ITERATIONS_MAX)))
    if count > min(int(most) if most.isdecimal() else ITERATIONS_MAX, ITERATIONS_MAX):
        return ""
    if "Iterators" in inputs:
        if count > len(loop.items):
            return ""
        loop.values = {**loop.values, "CurrentIteratorValue": loop.items[count - 1]}
    elif count > 1 and not conditions.holds(resolved(inputs["LoopCondition"])):
        return ""
    loop.iteration = count
    loop.values = {**loop.values, "CurrentIteration": count}
    for each in inputs["Steps"]:
        execution.steps.append(
            Step(each["name"], each["action"], call.world.ids.uuid(), parent=loop.name, iteration=count)
        )
    return inputs["Steps"][0]["name"]


def _beside(runbook: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The steps among which one stands."""
    main: list[Mapping[str, Any]] = runbook["mainSteps"]
    for each in main:
        within: list[Mapping[str, Any]] = each["inputs"]["Steps"] if each["action"] == ACTION else []
        if any(one["name"] == name for one in within):
            return within
    return main
