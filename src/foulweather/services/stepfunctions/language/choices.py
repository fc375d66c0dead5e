"""Choice rules of JSONPath states, compiled.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from foulweather.services.stepfunctions.language import comparisons, paths
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.paths import MISSING
from foulweather.services.stepfunctions.language.records import Scope

Holds = Callable[[Any, Scope], bool]

# What a rule may have beside its comparison.
BESIDE = frozenset({"Next", "Comment", "Assign"})


def compiled(rule: Any) -> Holds:
    """Compile one rule, which may be made of others."""
    if not isinstance(rule, dict):
        raise InvalidDefinition("Expected value of type Object")
    fields = {key: value for key, value in cast("dict[str, Any]", rule).items() if key not in BESIDE}
    if "Variable" in fields:
        return _comparison(fields)
    if len(fields) != 1 or (name := next(iter(fields))) not in ("And", "Or", "Not"):
        raise InvalidDefinition(
            "A Choice Rule must have exactly one of [And, Or, Not] or a Variable with one comparison operator"
        )
    if name == "Not":
        holds = compiled(_inner(fields[name]))
        return lambda document, scope: not holds(document, scope)
    if not isinstance(fields[name], list) or not fields[name]:
        raise InvalidDefinition("Expected value of type Array")
    rules = [compiled(_inner(one)) for one in cast("list[Any]", fields[name])]
    if name == "And":
        return lambda document, scope: all(one(document, scope) for one in rules)
    return lambda document, scope: any(one(document, scope) for one in rules)


def _inner(rule: Any) -> Any:
    if isinstance(rule, dict) and ("Next" in rule or "Assign" in rule):
        raise InvalidDefinition("A nested Choice Rule must not have the field 'Next'")
    return cast("Any", rule)


def _comparison(fields: dict[str, Any]) -> Holds:
    operators = [name for name in fields if name != "Variable"]
    if len(operators) != 1:
        raise InvalidDefinition("A Choice Rule must have exactly one comparison operator")
    name, expected, variable = operators[0], fields[operators[0]], fields["Variable"]
    if name not in comparisons.OPERATORS:
        raise InvalidDefinition(f"Field '{name}' is not supported")
    if not isinstance(variable, str):
        raise InvalidDefinition("Expected value of type String")
    find = paths.finder(variable)
    if name == "IsPresent":
        return _presence(find, expected)
    read = _reader(find, variable)
    if name.endswith("Path"):
        if not isinstance(expected, str):
            raise InvalidDefinition("Expected value of type String")
        other, compare = _reader(paths.finder(expected), expected), comparisons.between(name.removesuffix("Path"))
        return lambda document, scope: compare(read(document, scope), other(document, scope))
    test = comparisons.against(name, expected)
    return lambda document, scope: test(read(document, scope))


def _presence(find: paths.Find, expected: Any) -> Holds:
    if not isinstance(expected, bool):
        raise InvalidDefinition("Expected value of type Boolean")
    return lambda document, scope: (find(document, scope) is not MISSING) is expected


def _reader(find: paths.Find, text: str) -> Callable[[Any, Scope], Any]:
    def read(document: Any, scope: Scope) -> Any:
        value = find(document, scope)
        if value is MISSING:
            cause = f"Invalid path '{text}': The choice state's condition path references an invalid value."
            raise StatesError("States.Runtime", cause, "Choices")
        return value

    return read
