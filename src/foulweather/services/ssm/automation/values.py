"""Parameters with their types, and texts with what they refer to put in.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.ssm.automation.state import Execution
from foulweather.services.ssm.documents import parameters as declarations
from foulweather.services.ssm.documents.parameters import as_text
from foulweather.services.ssm.documents.references import REFERENCE, names_in


def invalid_parameters(message: str, **given: Any) -> AwsError:
    """Parameters that the runbook does not take."""
    return AwsError(
        "InvalidAutomationExecutionParametersException",
        message,
        facts=tuple(Fact("request", name, value) for name, value in given.items()),
    )


def checked_parameters(runbook: Mapping[str, Any], given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The parameters of an execution: those that are given, and the defaults of the others."""
    declared: Mapping[str, Mapping[str, Any]] = runbook.get("parameters") or {}
    for name in given:
        if name not in declared:
            raise invalid_parameters(f"Parameter {name} is not defined in the document.", Parameters=dict(given))
    found: dict[str, list[str]] = {}
    for name, parameter in declared.items():
        if name in given:
            words = declarations.problem(name, parameter, given[name])
            if words:
                raise invalid_parameters(words, value=list(given[name]))
            found[name] = list(given[name])
        elif "default" in parameter:
            found[name] = declarations.defaults_of(parameter)
        else:
            raise invalid_parameters(f"Required parameter {name} was not specified.", parameter=name)
    return found


def initial_variables(runbook: Mapping[str, Any]) -> dict[str, Any]:
    """What the variables of a runbook are before any step has run."""
    declared: Mapping[str, Mapping[str, Any]] = runbook.get("variables") or {}
    return {
        name: declarations.typed(each, declarations.defaults_of(each))
        for name, each in declared.items()
        if "default" in each
    }


def is_of_type(kind: str, value: Any) -> bool:
    """Whether a variable of a type takes a value: "Data type conversions aren't supported" (aws:updateVariable)."""
    match kind:
        case "Boolean":
            return isinstance(value, bool)
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "StringList":
            return isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value))
        case "MapList":
            return isinstance(value, list)
        case "StringMap":
            return isinstance(value, dict)
        case _:
            return isinstance(value, str)


def names_of_parameters(value: Any) -> set[str]:
    """The parameters of Parameter Store that a value refers to (`{{ ssm:name }}`)."""
    return {name[4:] for name in names_in(value) if name.startswith("ssm:")}


class Scope:
    """What names mean to an execution at a time."""

    def __init__(
        self, execution: Execution, runbook: Mapping[str, Any], now_ms: int, stored: Mapping[str, str] | None = None
    ) -> None:
        self._execution = execution
        self._declared: Mapping[str, Mapping[str, Any]] = runbook.get("parameters") or {}
        self._now_ms = now_ms
        self._stored = stored or {}

    def resolved(self, value: Any) -> Any:
        """A value with its references put in; what has no value yet stays as it is written."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: self.resolved(each) for key, each in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return self._items(cast("list[Any]", value))
        return value

    def _items(self, items: list[Any]) -> list[Any]:
        """A list's items; one that is a reference to a list stands for that list's items."""
        found: list[Any] = []
        for item in items:
            one = self.resolved(item)
            if isinstance(item, str) and isinstance(one, list):
                found += one
            else:
                found.append(one)
        return found

    def _text(self, text: str) -> Any:
        whole = REFERENCE.fullmatch(text.strip())
        if whole is not None:
            known, value = self._named(whole[1])
            return value if known else text

        def put_in(found: re.Match[str]) -> str:
            known, value = self._named(found[1])
            return as_text(value) if known else found[0]

        return REFERENCE.sub(put_in, text)

    def _named(self, name: str) -> tuple[bool, Any]:
        if name in self._declared:
            return True, declarations.typed(self._declared[name], self._execution.parameters[name])
        if name.startswith("ssm:"):
            return name[4:] in self._stored, self._stored.get(name[4:])
        if name.startswith("variable:"):
            return name[9:] in self._execution.variables, self._execution.variables.get(name[9:])
        if name.startswith(("global:", "automation:")):
            value = self._system(name)
            return value is not None, value
        step_name, dot, output = name.partition(".")
        step = next((each for each in reversed(self._execution.steps) if each.name == step_name), None)
        if not dot or step is None or output not in step.values:
            return False, None
        return True, step.values[output]

    def _system(self, name: str) -> str | None:
        at = datetime.fromtimestamp(self._now_ms // 1000, UTC)
        found = {
            "global:ACCOUNT_ID": self._execution.account,
            "global:REGION": self._execution.region,
            "global:DATE": f"{at:%Y-%m-%d}",
            "global:DATE_TIME": f"{at:%Y-%m-%d_%H.%M.%S}",
            "global:TIME": f"{at:%H.%M.%S}",
            "global:AWS_PARTITION": "aws",
            "automation:EXECUTION_ID": self._execution.id,
        }
        return found.get(name)
