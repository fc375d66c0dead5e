"""What AWS says about a definition: ValidateStateMachineDefinition's diagnostics, and InvalidDefinition's message.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

from __future__ import annotations

from collections.abc import Callable

from foulweather.services.stepfunctions.language.reading import Reading
from foulweather.services.stepfunctions.language.records import Diagnostic


def diagnostics(definition: str, recognizes: Callable[[str], bool] | None = None) -> list[Diagnostic]:
    """All that is wrong with a definition, errors and warnings, in the order of its text."""
    reading = Reading(recognizes)
    reading.machine(definition)
    return reading.findings.found


def refusal(found: list[Diagnostic]) -> str:
    """CreateStateMachine's message for its errors: each with its code and its place, `null` where it has none."""
    errors = [one for one in found if one.severity == "ERROR"]
    told = ", ".join(
        f"{one.code}: {one.message} at {'null' if one.location is None else one.location}" for one in errors
    )
    return f"Invalid State Machine Definition: '{told}'"
