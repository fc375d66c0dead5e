"""From the text of a filter policy to its clauses; what SNS refuses, it refuses in its words.

The words are those of AWS's own rule compiler, Event Ruler (https://github.com/aws/event-ruler), which
SNS passes on. Limits: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, cast

import msgspec

from foulweather.kernel.wildcards import escaped_wildcard

KEYS_MAX = 5
COMBINATIONS_MAX = 150
POLICY_BYTES_MAX = 256 * 1024
NUMBER_MAX = 1_000_000_000
_STRING_PATTERNS = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_OPERATORS = ("=", "<", "<=", ">", ">=")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class FilterSyntax(ValueError):
    """A filter policy that SNS refuses, in its words."""


class Clause(NamedTuple):
    """The array of conditions at one key."""

    exact: list[Any]
    exists: list[bool]
    tests: list[tuple[str, Any]]
    written: list[Any]


class Group(NamedTuple):
    """The conditions on one object."""

    clauses: list[tuple[str, Clause]]
    children: list[tuple[str, Group]]
    alternatives: list[list[Group]]


def read(text: str, scope: str) -> Group:
    """Take a filter policy apart."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        _refuse("Filter policy size exceeds 256KB")
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        _refuse(f"failed to parse JSON. {error}")
    if not isinstance(document, dict):
        _refuse("Filter is not an object")
    group = _group(cast("dict[str, Any]", document), nested=scope == "MessageBody")
    if _keys(group) > KEYS_MAX:
        _refuse("Filter policy can not have more than 5 keys")
    if _combinations(group, 1) > COMBINATIONS_MAX:
        _refuse("Filter policy is too complex")
    return group


def wildcard(pattern: str) -> Callable[[str], object]:
    r"""A matcher of a pattern in which `*` stands for anything and `\*` for an asterisk."""
    return escaped_wildcard(pattern).fullmatch


def network(block: str) -> Network:
    """The addresses of a CIDR block."""
    return ipaddress.ip_network(block, strict=False)


def is_in(address: str, block: Network) -> bool:
    """Whether a text is an address of a block."""
    try:
        return ipaddress.ip_address(address) in block
    except ValueError:
        return False


def _refuse(message: str) -> NoReturn:
    raise FilterSyntax(message)


# --- keys


def _group(document: dict[str, Any], nested: bool) -> Group:
    clauses: list[tuple[str, Clause]] = []
    children: list[tuple[str, Group]] = []
    alternatives: list[list[Group]] = []
    for key, value in document.items():
        if key == "$or":
            alternatives.append(_alternatives(value, nested))
        elif isinstance(value, list):
            clauses.append((key, _clause(cast("list[Any]", value))))
        elif isinstance(value, dict):
            if not nested:
                _refuse("Filter policy scope MessageAttributes does not support nested filter policy")
            if not value:
                _refuse("Empty objects are not allowed")
            children.append((key, _group(cast("dict[str, Any]", value), nested)))
        else:
            _refuse(f'"{key}" must be an object or an array')
    return Group(clauses, children, alternatives)


def _alternatives(value: Any, nested: bool) -> list[Group]:
    if not isinstance(value, list):
        _refuse("It must be an Array followed with $or.")
    branches: list[Group] = []
    for branch in cast("list[Any]", value):
        if not isinstance(branch, dict):
            _refuse("Only JSON object is allowed in array of $or relationship.")
        if not branch:
            _refuse("Empty objects are not allowed")
        branches.append(_group(cast("dict[str, Any]", branch), nested))
    if len(branches) < 2:
        _refuse("There must have at least 2 Objects in $or relationship.")
    return branches


def _keys(group: Group) -> int:
    # A key counts whose value is an array; one that holds an object does not, those in it do.
    inner = [branch for branches in group.alternatives for branch in branches]
    return len(group.clauses) + sum(_keys(child) for _, child in group.children) + sum(_keys(one) for one in inner)


def _combinations(group: Group, depth: int) -> int:
    """The product of the values in each array, times how deep each is nested; alternatives add up."""
    total = 1
    for _, clause in group.clauses:
        total *= len(clause.written) * depth
    for _, child in group.children:
        total *= _combinations(child, depth + 1)
    for branches in group.alternatives:
        total *= sum(_combinations(branch, depth) for branch in branches)
    return total


# --- conditions


def _clause(values: list[Any]) -> Clause:
    if not values:
        _refuse("Empty arrays are not allowed")
    clause = Clause([], [], [], values)
    for value in values:
        if isinstance(value, dict):
            _expression(cast("dict[str, Any]", value), clause)
        elif isinstance(value, list):
            _refuse("Match value must be String, number, true, false, or null")
        else:
            if isinstance(value, int | float) and not isinstance(value, bool):
                _checked_number(value)
            clause.exact.append(value)
    return clause


def _expression(value: dict[str, Any], clause: Clause) -> None:
    if not value:
        _refuse("Match expression name not found")
    kind, operand = next(iter(value.items()))
    if kind not in ("exists", "numeric", "anything-but", "cidr", *_STRING_PATTERNS):
        _refuse(f"Unrecognized match type {kind}")
    if len(value) > 1:
        _refuse("Only one key allowed in match expression")
    if kind == "exists":
        if not isinstance(operand, bool):
            _refuse("exists match pattern must be either true or false.")
        clause.exists.append(operand)
    elif kind == "numeric":
        clause.tests.append((kind, _numeric(operand)))
    elif kind == "anything-but":
        clause.tests.append(_anything_but(operand))
    else:
        clause.tests.append((kind, _pattern(kind, operand)))


def _pattern(kind: str, operand: Any) -> str:
    if not isinstance(operand, str):
        _refuse("prefix match pattern must be a string" if kind == "cidr" else f"{kind} match pattern must be a string")
    if kind == "cidr":
        try:
            network(operand)
        except ValueError:
            _refuse(
                f"Malformed CIDR, one '/' required: {operand}"
                if "/" not in operand
                else f"Malformed CIDR, invalid address or mask: {operand}"
            )
    if kind == "wildcard" and "**" in re.sub(r"\\.", "", operand):
        _refuse("Consecutive wildcard characters at pos " + str(operand.index("**")))
    return operand


def _anything_but(operand: Any) -> tuple[str, Any]:
    if isinstance(operand, dict):
        inner = cast("dict[str, Any]", operand)
        if not inner:
            _refuse("Anything-But expression name not found")
        kind, pattern = next(iter(inner.items()))
        if kind not in _STRING_PATTERNS:
            _refuse(f"Unsupported anything-but pattern: {kind}")
        if len(inner) > 1:
            _refuse("Only one key allowed in match expression")
        patterns = cast("list[Any]", pattern) if isinstance(pattern, list) else [pattern]
        if not patterns:
            _refuse("Empty arrays are not allowed")
        for one in patterns:
            if not isinstance(one, str):
                _refuse(
                    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                    if kind == "equals-ignore-case"
                    else "wildcard match pattern must be a string"
                    if kind == "wildcard"
                    else "prefix/suffix match pattern must be a string"
                )
            if not one and kind in ("prefix", "suffix"):
                _refuse("Null prefix/suffix not allowed")
            _pattern(kind, one)
        return f"anything-but {kind}", patterns
    values = cast("list[Any]", operand) if isinstance(operand, list) else [operand]
    if isinstance(operand, list) and not values:
        _refuse("Empty arrays are not allowed")
    for value in values:
        if value is None or isinstance(value, bool | dict | list):
            _refuse(
                "Inside anything but list, start|null|boolean is not supported."
                if isinstance(operand, list)
                else "Value of anything-but must be an array or single string/number value."
            )
    if len({isinstance(value, str) for value in values}) > 1:
        _refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
    return "anything-but", values


def _numeric(operand: Any) -> list[tuple[str, float]]:
    if not isinstance(operand, list):
        _refuse("Value of numeric must be an array.")
    terms = cast("list[Any]", operand)
    if not terms or not isinstance(terms[0], str):
        _refuse(f"Invalid member in numeric match: {terms[0] if terms else ']'}")
    if terms[0] not in _OPERATORS:
        _refuse(f"Unrecognized numeric range operator: {terms[0]}")
    bounds: list[tuple[str, float]] = []
    for at in range(0, len(terms), 2):
        operator = terms[at]
        if at >= 2 and (not isinstance(operator, str) or terms[0][0] != ">" or operator[0:1] != "<"):
            if terms[0][0] == ">" and at == 2:
                _refuse(f"Bad numeric range operator: {operator}")
            _refuse("Too many elements in numeric expression")
        if at >= 4:
            _refuse("Too many terms in numeric range expression")
        bound = terms[at + 1] if at + 1 < len(terms) else None
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            _refuse(f"Value of {'equals' if operator == '=' else operator} must be numeric")
        bounds.append((operator, round(float(_checked_number(bound)), 5)))
    if len(bounds) == 2 and bounds[0][1] >= bounds[1][1]:
        _refuse("Bottom must be less than top")
    return bounds


def _checked_number(value: float) -> float:
    # "The value can range from -10^9 to 10^9, with five digits of accuracy after the decimal point."
    if not -NUMBER_MAX <= value <= NUMBER_MAX:
        _refuse("Value must be between -1.0E9 and 1.0E9, inclusive")
    return value
