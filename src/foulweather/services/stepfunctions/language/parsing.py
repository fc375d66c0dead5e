"""From a definition's text to a Machine, whose paths, templates, rules and expressions are compiled."""

from __future__ import annotations

from collections.abc import Callable

from foulweather.services.stepfunctions.language.diagnostics import refusal
from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.reading import Reading
from foulweather.services.stepfunctions.language.records import Machine


def parse(definition: str, recognizes: Callable[[str], bool] | None = None) -> Machine:
    """Read a definition; where AWS refuses it, InvalidDefinition has CreateStateMachine's words.

    `recognizes` says whether a Task's resource is one that the service can call; None: any ARN is.
    """
    reading = Reading(recognizes)
    machine = reading.machine(definition)
    if machine is None:
        raise InvalidDefinition(refusal(reading.findings.found))
    return machine
