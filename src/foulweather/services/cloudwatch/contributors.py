"""A Contributor Insights rule: who contributes what to the events of some log groups.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights-RuleSyntax.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

KEYS_MAX = 4
FILTERS_MAX = 4
SCHEMA = {"Name": "CloudWatchLogRule", "Version": 1}
_CLF = re.compile(r'\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+)')
_TESTS = ("In", "NotIn", "StartsWith", "GreaterThan", "LessThan", "EqualTo", "NotEqualTo", "IsPresent")
Fields = Callable[[str], Any]
"""The value of a field of a log event; None where it has none."""


class DefinitionFault(Exception):
    """A definition that is none."""


class Contribution(NamedTuple):
    """Who contributed how much."""

    keys: tuple[str, ...]
    value: float


class Definition(NamedTuple):
    """What a rule's definition says."""

    groups: tuple[str, ...]
    keys: tuple[str, ...]
    value_of: str
    filters: tuple[Mapping[str, Any], ...]
    sums: bool
    is_json: bool
    names: Mapping[str, int]

    def covers(self, group: str) -> bool:
        """Whether a log group is one of the rule's: by its name, or by how it begins."""
        return any(group.startswith(wanted[:-1]) if wanted.endswith("*") else group == wanted for wanted in self.groups)

    def contribution(self, message: str) -> Contribution | None:
        """What a log event contributes, None when it does not count."""
        fields = self._parts(message)
        if fields is None or not all(_passes(each, fields(each["Match"])) for each in self.filters):
            return None
        keys: list[str] = []
        for key in self.keys:
            value = fields(key)
            if value is None:
                return None  # "all the keys of a rule have to be there for an event to be counted"
            keys.append(value if isinstance(value, str) else json.dumps(value))
        value = _number(fields(self.value_of)) if self.value_of else 1.0
        if value is None:
            return None
        return Contribution(tuple(keys), value)

    def _parts(self, message: str) -> Fields | None:
        if not self.is_json:
            found = [next((part for part in each.groups() if part is not None), "") for each in _CLF.finditer(message)]

            def by_position(name: str) -> Any:
                position = self.names.get(name, 0)
                return found[position - 1] if 0 < position <= len(found) else None

            return by_position
        try:
            root: Any = json.loads(message)
        except ValueError:
            return None
        return (lambda path: _at(root, path)) if isinstance(root, dict) else None


def _at(root: Any, path: str) -> Any:
    value: Any = root
    for part in re.findall(r"[^.\[\]]+|\[\d+\]", path.removeprefix("$").removeprefix(".")):
        if part.startswith("["):
            index = int(part[1:-1])
            items = cast("list[Any]", value) if isinstance(value, list) else []
            value = items[index] if index < len(items) else None
        else:
            value = cast("dict[str, Any]", value).get(part) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None


def _passes(wanted: Mapping[str, Any], value: Any) -> bool:
    text = value if isinstance(value, str) else json.dumps(value)
    for name in _TESTS:
        if name not in wanted:
            continue
        limit = wanted[name]
        if name == "IsPresent":
            return (value is not None) == limit
        if value is None:
            return False
        if name in ("In", "NotIn"):
            return (text in [each if isinstance(each, str) else json.dumps(each) for each in limit]) == (name == "In")
        if name == "StartsWith":
            return any(text.startswith(each) for each in limit)
        number = _number(value)
        if number is None:
            return False
        return {"GreaterThan": number > limit, "LessThan": number < limit, "EqualTo": number == limit,
                "NotEqualTo": number != limit}[name]  # fmt: skip
    return False


@lru_cache(maxsize=256)
def parsed(text: str) -> Definition:
    """The definition of a text."""
    try:
        root: Any = json.loads(text)
    except ValueError:
        raise DefinitionFault("RuleDefinition is not valid JSON") from None
    if not isinstance(root, dict):
        raise DefinitionFault("RuleDefinition must be a JSON object")
    whole = cast("dict[str, Any]", root)
    if whole.get("Schema") != SCHEMA:
        raise DefinitionFault("Schema must be CloudWatchLogRule, Version 1")
    groups: Any = whole.get("LogGroupNames")
    if not _is_list_of_text(groups):
        raise DefinitionFault("LogGroupNames must be a list of log group names")
    kind = whole.get("LogFormat", "JSON")
    if kind not in ("JSON", "CLF"):
        raise DefinitionFault("LogFormat must be JSON or CLF")
    given: Any = whole.get("Fields") or {}
    if kind == "CLF" and not (isinstance(given, dict) and given):
        raise DefinitionFault("Fields is required when LogFormat is CLF")
    contribution: Any = whole.get("Contribution")
    if not isinstance(contribution, dict):
        raise DefinitionFault("Contribution is required")
    told = cast("dict[str, Any]", contribution)
    keys: Any = told.get("Keys")
    if not _is_list_of_text(keys) or len(cast("list[str]", keys)) > KEYS_MAX:
        raise DefinitionFault(f"Contribution.Keys must be a list of 1 to {KEYS_MAX} fields")
    aggregate = whole.get("AggregateOn", "Count")
    if aggregate not in ("Count", "Sum"):
        raise DefinitionFault("AggregateOn must be Count or Sum")
    value_of: Any = told.get("ValueOf") or ""
    if aggregate == "Sum" and not value_of:
        raise DefinitionFault("Contribution.ValueOf is required when AggregateOn is Sum")
    filters = _filters(told.get("Filters") or [])
    return Definition(
        tuple(groups), tuple(keys), value_of if aggregate == "Sum" else "", filters, aggregate == "Sum",
        kind == "JSON", _positions(cast("dict[str, Any]", given)),
    )  # fmt: skip


def _positions(given: Mapping[str, Any]) -> dict[str, int]:
    """Where the fields of a line are: by their aliases, or simply by their numbers."""
    names = {str(position): position for position in range(1, 100)}
    for position, name in given.items():
        if not position.isdigit() or not isinstance(name, str):
            raise DefinitionFault("Fields must give names to the numbers of fields")
        names[name] = int(position)
    return names


def _is_list_of_text(value: Any) -> bool:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(listed) and all(isinstance(each, str) for each in listed)


def _filters(given: Any) -> tuple[Mapping[str, Any], ...]:
    listed = cast("list[Any]", given) if isinstance(given, list) else [given]
    if len(listed) > FILTERS_MAX:
        raise DefinitionFault(f"Contribution.Filters can have at most {FILTERS_MAX} filters")
    for each in listed:
        if not isinstance(each, dict) or "Match" not in each:
            raise DefinitionFault("Each filter must have Match")
        if sum(name in each for name in _TESTS) != 1:
            raise DefinitionFault(f"Each filter must have one of {', '.join(_TESTS)}")
    return tuple(cast("list[dict[str, Any]]", listed))
