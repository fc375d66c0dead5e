"""The naive twin's patterns, variables and conditions; shares no code with `foulweather.policy`."""

from __future__ import annotations

import base64
import ipaddress
import re
from datetime import datetime
from functools import cache
from typing import Any

Json = Any


def listed(value: Json) -> list[Any]:
    return value if isinstance(value, list) else [value]


class InvalidStatement(Exception):
    """A policy variable has no value: the statement is invalid."""


# Patterns. A pattern is a list of tokens: ("text", c), ("star", crosses colons?), ("one", crosses colons?).


def tokens(text: str, context: dict[str, Any], version: str, *, wildcards: bool, arn: bool) -> tuple[Any, ...]:
    found: list[tuple[str, Any]] = []
    i = 0
    while i < len(text):
        variable = re.match(r"\$\{([^}]*)\}", text[i:]) if version == "2012-10-17" else None
        if variable:
            found += [("text", c) for c in value_of(variable[1], context)]
            i += variable.end()
        elif wildcards and text[i] == "*":
            found.append(("star", True))
            i += 1
        elif wildcards and text[i] == "?":
            found.append(("one", True))
            i += 1
        else:
            found.append(("text", text[i]))
            i += 1
    if arn and text.startswith("arn:"):
        while sum(token == ("text", ":") for token in found) < 5:
            found += [("text", ":"), ("star", True)]
        return tuple(confined(found))
    return tuple(found)


def confined(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Before the fifth colon, wildcards stay in their segment, unless a `*` is its last character."""
    out: list[tuple[str, Any]] = []
    for i, (kind, value) in enumerate(found):
        colons = sum(token == ("text", ":") for token in found[:i])
        if kind == "text" or colons >= 5:
            out.append((kind, value))
        elif kind == "star":
            out.append((kind, i + 1 == len(found) or found[i + 1] == ("text", ":")))
        else:
            out.append((kind, False))
    return out


def value_of(variable: str, context: dict[str, Any]) -> str:
    if variable in ("*", "?", "$"):
        return variable
    name, comma, default = variable.partition(",")
    value = context.get(name.strip().lower())
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value
    if comma:
        return default.strip().strip("'")
    raise InvalidStatement(variable)


def matches(pattern: tuple[Any, ...], text: str) -> bool:
    @cache
    def rest_matches(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(text)
        kind, value = pattern[i]
        here = text[j] if j < len(text) else None
        if kind == "text":
            return here == value and rest_matches(i + 1, j + 1)
        takes = here is not None and (value or here != ":")
        if kind == "one":
            return takes and rest_matches(i + 1, j + 1)
        return rest_matches(i + 1, j) or (takes and rest_matches(i, j + 1))

    return rest_matches(0, 0)


# Conditions.

NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def conditions_hold(statement: Json, context: dict[str, Any], version: str) -> bool:
    return all(
        test_holds(operator, key, [written(each) for each in listed(value)], context, version)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )


def written(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_holds(operator: str, key: str, wanted: list[str], context: dict[str, Any], version: str) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    found = context.get(key.lower())
    actual = [] if found is None else listed(found)
    if name == "Null":
        return ("true" if not actual else "false") in [each.lower() for each in wanted]
    negated = name in NEGATED
    name = NEGATED.get(name, name)

    def one_holds(values: list[str]) -> bool:
        hit = invalid = False
        for value in values:
            for each in wanted:
                try:
                    hit = hit or compare(name, value, each, context, version)
                except InvalidStatement:
                    invalid = True
        if not hit and invalid:
            return negated and if_exists
        return hit != negated

    if quantifier:
        if not actual and if_exists:
            return True
        if all(value == "" for value in actual):
            return quantifier == "ForAllValues"
        results = [one_holds([value]) for value in actual]
        return all(results) if quantifier == "ForAllValues" else any(results)
    if not actual:
        return negated or if_exists
    return one_holds(actual)


def compare(name: str, actual: str, wanted: str, context: dict[str, Any], version: str) -> bool:
    if name.startswith("String") or name == "Bool":
        pattern = tokens(wanted, context, version, wildcards=name == "StringLike", arn=False)
        if name in ("StringEqualsIgnoreCase", "Bool"):
            return "".join(c for _, c in pattern).lower() == actual.lower()
        return matches(pattern, actual)
    if name.startswith("Arn"):
        pattern = tokens(wanted, context, version, wildcards=True, arn=False)
        return arn_matches(wanted, pattern, actual)
    if name == "IpAddress":
        return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)
    if name == "BinaryEquals":
        return base64.b64decode(actual) == base64.b64decode(wanted)
    left, right = (number(actual), number(wanted)) if name.startswith("Numeric") else (date(actual), date(wanted))
    if left is None or right is None:
        return False
    relation = name.removeprefix("Numeric").removeprefix("Date")
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[relation]


def arn_matches(wanted: str, pattern: tuple[Any, ...], actual: str) -> bool:
    components: list[list[Any]] = [[]]
    for token in pattern:
        if token == ("text", ":") and len(components) < 6:
            components.append([])
        else:
            components[-1].append(token)
    while len(components) < 6:
        components.append([("star", True)])
    parts = actual.split(":", 5)
    return len(parts) == 6 and all(matches(tuple(c), part) for c, part in zip(components, parts, strict=True))


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def date(text: str) -> float | None:
    if re.fullmatch(r"\d{5,}", text):
        return float(text)
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
