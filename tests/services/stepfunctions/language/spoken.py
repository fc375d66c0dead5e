"""Definitions, scopes and evaluations in few words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.stepfunctions.language.diagnostics import diagnostics
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.parsing import parse
from foulweather.services.stepfunctions.language.records import Finished, Scope

NOW_MS = 1_700_000_000_000
CONTEXT: dict[str, Any] = {"Execution": {"Id": "arn:execution", "Input": {"first": True}}, "State": {"Name": "S"}}
DONE: dict[str, Any] = {"Type": "Succeed"}


def scope(**variables: Any) -> Scope:
    return Scope(CONTEXT, variables, lambda: 0.5, lambda: "00000000-0000-4000-8000-000000000000", NOW_MS)


def machine(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states, **more}


def state(definition: dict[str, Any], language: str = "JSONPath") -> Any:
    """One state S, parsed, with what it needs around it."""
    others: dict[str, Any] = {}
    if definition["Type"] not in ("Choice", "Succeed", "Fail") and "Next" not in definition:
        definition = {**definition, "End": True}
    text = json.dumps(definition)
    for target in ("Yes", "No", "Other"):
        if f'"{target}"' in text:
            others[target] = {"Type": "Succeed"}
    return parse(json.dumps(machine({"S": definition, **others}, QueryLanguage=language))).flow.states["S"]


def passed(definition: dict[str, Any], document: Any, language: str = "JSONPath", **variables: Any) -> Any:
    """What a Pass with some fields makes of an input."""
    return left(definition, document, language, **variables).output


def left(definition: dict[str, Any], document: Any, language: str = "JSONPath", **variables: Any) -> Finished:
    found, seen = state({"Type": "Pass", **definition}, language), scope(**variables)
    return found.finish(document, found.result(document, seen), seen)


def parameter(text: str, document: Any, **variables: Any) -> Any:
    """What a path or intrinsic function gives as a parameter."""
    return passed({"Parameters": {"x.$": text}}, document, **variables)["x"]


def evaluated(expression: str, document: Any = None, **variables: Any) -> Any:
    """What a JSONata expression gives."""
    return passed({"Output": f"{{% {expression} %}}"}, document, "JSONata", **variables)


def failure(call: Any) -> StatesError:
    with pytest.raises(StatesError) as caught:
        call()
    return caught.value


def said(definition: Any) -> list[tuple[str, str, str | None]]:
    """The errors of a definition: code, message, place."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [(one.code, one.message, one.location) for one in diagnostics(text) if one.severity == "ERROR"]


def said_of(definition: dict[str, Any], language: str = "JSONPath") -> list[tuple[str, str, str | None]]:
    """The errors of a machine of one state S."""
    return said(machine({"S": definition}, QueryLanguage=language))
