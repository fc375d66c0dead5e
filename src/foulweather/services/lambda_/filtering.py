"""Event patterns: which records a mapping's filters let through to the function.

The grammar is EventBridge's, and so are the words of its refusals (https://github.com/aws/event-ruler).
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, NoReturn, cast

NUMBER_MAX = 5_000_000_000
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

Test = Callable[[Any], bool]
"""Whether one leaf of an event is what an element of a pattern's array wants."""


class PatternSyntax(ValueError):
    """A pattern that is refused, in the rule compiler's words."""


class Number(NamedTuple):
    """A number as it is written: 300, 300.0 and 3.0e2 are not equal."""

    text: str


class Clause(NamedTuple):
    """The array at one key: what its leaf may be, and whether the leaf may be missing."""

    tests: list[Test]
    may_be_absent: bool


class Group(NamedTuple):
    """The conditions on one object."""

    clauses: list[tuple[str, Clause]]
    children: list[tuple[str, Group]]
    alternatives: list[list[Group]]

    def accepts(self, value: Any) -> bool:
        """Whether an object meets every condition; of an array, any element may."""
        if isinstance(value, list):
            return any(self.accepts(each) for each in cast("list[Any]", value))
        held: Mapping[str, Any] = cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
        if not all(_is_met(clause, held, key) for key, clause in self.clauses):
            return False
        if not all(child.accepts(held.get(key)) for key, child in self.children):
            return False
        return all(any(branch.accepts(value) for branch in branches) for branches in self.alternatives)


class Pattern(NamedTuple):
    """One filter of a mapping, ready to be asked."""

    text: str
    group: Group
    has_plain_body: bool
    has_json_body: bool

    def accepts(self, record: Mapping[str, Any]) -> bool:
        """Whether a record (as `parsed` gives it) passes."""
        return self.group.accepts(record)

    def accepts_message(self, record: Mapping[str, Any], body: str) -> bool:
        """Whether a record whose `body` is a text passes: JSON for a pattern of JSON, plain text for a plain one.

        Where the formats differ the record is dropped.
        https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
        """
        document = _document(body)
        if self.has_json_body:
            return document is not None and self.group.accepts({**record, "body": document})
        if self.has_plain_body and document is not None:
            return False
        return self.group.accepts(record)


def parsed(text: str | bytes) -> Any:
    """JSON in which numbers are what is written."""
    return json.loads(text, parse_int=Number, parse_float=Number)


@lru_cache(maxsize=1024)
def read(text: str) -> Pattern:
    """Take a filter's pattern apart."""
    try:
        document = parsed(text)
    except ValueError:
        _refuse("Event pattern is not valid JSON")
    if not isinstance(document, dict):
        _refuse("Filter is not an object")
    fields = cast("dict[str, Any]", document)
    if not fields:
        _refuse("Empty objects are not allowed")
    body = fields.get("body")
    return Pattern(text, _group(fields), isinstance(body, list), isinstance(body, dict))


def patterns(settings: Mapping[str, Any]) -> list[Pattern]:
    """The patterns of a mapping's filters; a record passes that any of them accepts, or where there is none."""
    criteria: Mapping[str, Any] = settings.get("FilterCriteria") or {}
    filters: Sequence[Mapping[str, str]] = criteria.get("Filters") or ()
    return [read(each["Pattern"]) for each in filters if each.get("Pattern")]


def _document(body: str) -> dict[str, Any] | None:
    if not body.lstrip().startswith("{"):
        return None
    try:
        found = parsed(body)
    except ValueError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _refuse(message: str) -> NoReturn:
    raise PatternSyntax(message)


# --- asking


def _is_met(clause: Clause, held: Mapping[str, Any], key: str) -> bool:
    leaves = list(_leaves(held.get(key))) if key in held else []
    if not leaves:
        return clause.may_be_absent
    return any(test(leaf) for leaf in leaves for test in clause.tests)


def _leaves(value: Any) -> Sequence[Any]:
    """The values at a key: an array's elements are asked one by one, and an object is no leaf."""
    if isinstance(value, dict):
        return ()
    if isinstance(value, list):
        return [leaf for each in cast("list[Any]", value) for leaf in _leaves(each)]
    return (value,)


# --- reading: keys


def _group(document: dict[str, Any]) -> Group:
    clauses: list[tuple[str, Clause]] = []
    children: list[tuple[str, Group]] = []
    alternatives: list[list[Group]] = []
    for key, value in document.items():
        if key == "$or":
            alternatives.append(_alternatives(value))
        elif isinstance(value, list):
            clauses.append((key, _clause(cast("list[Any]", value))))
        elif isinstance(value, dict):
            if not value:
                _refuse("Empty objects are not allowed")
            children.append((key, _group(cast("dict[str, Any]", value))))
        else:
            _refuse(f'"{key}" must be an object or an array')
    return Group(clauses, children, alternatives)


def _alternatives(value: Any) -> list[Group]:
    if not isinstance(value, list):
        _refuse("It must be an Array followed with $or.")
    branches: list[Group] = []
    for branch in cast("list[Any]", value):
        if not isinstance(branch, dict):
            _refuse("Only JSON object is allowed in array of $or relationship.")
        if not branch:
            _refuse("Empty objects are not allowed")
        branches.append(_group(cast("dict[str, Any]", branch)))
    if len(branches) < 2:
        _refuse("There must have at least 2 Objects in $or relationship.")
    return branches


# --- reading: conditions


def _clause(values: list[Any]) -> Clause:
    if not values:
        _refuse("Empty arrays are not allowed")
    clause = Clause([], False)
    for value in values:
        if isinstance(value, dict):
            clause = _expression(cast("dict[str, Any]", value), clause)
        elif isinstance(value, list):
            _refuse("Match value must be String, number, true, false, or null")
        else:
            clause.tests.append(partial(_is_exactly, value))
    return clause


def _expression(value: dict[str, Any], clause: Clause) -> Clause:
    kind, operand = _only(value, "Match expression name not found")
    if kind == "exists":
        if not isinstance(operand, bool):
            _refuse("exists match pattern must be either true or false.")
        if not operand:
            return clause._replace(may_be_absent=True)
        clause.tests.append(_is_there)
    elif kind == "numeric":
        clause.tests.append(partial(_is_within, _bounds(operand)))
    elif kind == "anything-but":
        clause.tests.append(_anything_but(operand))
    elif kind == "cidr":
        clause.tests.append(partial(_is_in_block, _block(operand)))
    elif kind in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        clause.tests.append(partial(_text_passes, _text_test(kind, operand)))
    else:
        _refuse(f"Unrecognized match type {kind}")
    return clause


def _only(value: dict[str, Any], when_empty: str) -> tuple[str, Any]:
    if not value:
        _refuse(when_empty)
    if len(value) > 1:
        _refuse("Only one key allowed in match expression")
    return next(iter(value.items()))


def _text_test(kind: str, operand: Any) -> Callable[[str], bool]:
    if isinstance(operand, dict) and kind in ("prefix", "suffix"):
        inner, text = _only(cast("dict[str, Any]", operand), f"{kind} expression name not found")
        if inner != "equals-ignore-case":
            _refuse(f"Unsupported {kind} pattern: {inner}")
        folded = _checked_text(kind, text).casefold()
        return lambda leaf: (leaf.casefold().startswith if kind == "prefix" else leaf.casefold().endswith)(folded)
    text = _checked_text(kind, operand)
    if kind == "prefix":
        return lambda leaf: leaf.startswith(text)
    if kind == "suffix":
        return lambda leaf: leaf.endswith(text)
    if kind == "equals-ignore-case":
        folded = text.casefold()
        return lambda leaf: leaf.casefold() == folded
    return _wildcard(text)


def _checked_text(kind: str, operand: Any) -> str:
    if not isinstance(operand, str):
        _refuse(f"{kind} match pattern must be a string")
    return operand


def _wildcard(text: str) -> Callable[[str], bool]:
    if "**" in re.sub(r"\\.", "", text):
        _refuse("Consecutive wildcard characters at pos " + str(text.index("**")))
    parts = re.split(r"(\\[\\*]|\*)", text)
    expression = "".join(".*" if part == "*" else re.escape(part[1:] if part[:1] == "\\" else part) for part in parts)
    compiled = re.compile(expression, re.DOTALL)
    return lambda leaf: compiled.fullmatch(leaf) is not None


def _anything_but(operand: Any) -> Test:
    if isinstance(operand, dict):
        kind, given = _only(cast("dict[str, Any]", operand), "Anything-But expression name not found")
        if kind not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            _refuse(f"Unsupported anything-but pattern: {kind}")
        texts = cast("list[Any]", given) if isinstance(given, list) else [given]
        if not texts:
            _refuse("Empty arrays are not allowed")
        tests = [_text_test(kind, text) for text in texts]
        return lambda leaf: not (isinstance(leaf, str) and any(test(leaf) for test in tests))
    values = cast("list[Any]", operand) if isinstance(operand, list) else [operand]
    if not values:
        _refuse("Empty arrays are not allowed")
    if any(not isinstance(value, str | Number) for value in values):
        _refuse("Value of anything-but must be an array or single string/number value.")
    if len({isinstance(value, str) for value in values}) > 1:
        _refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
    return lambda leaf: leaf not in values


def _bounds(operand: Any) -> list[tuple[Callable[[float, float], bool], float]]:
    if not isinstance(operand, list):
        _refuse("Value of numeric must be an array.")
    terms = cast("list[Any]", operand)
    if not terms or len(terms) > 4:
        _refuse("Too many elements in numeric expression" if terms else "Invalid member in numeric match: ]")
    bounds: list[tuple[Callable[[float, float], bool], float]] = []
    for at in range(0, len(terms), 2):
        operator, bound = terms[at], terms[at + 1] if at + 1 < len(terms) else None
        if not isinstance(operator, str):
            _refuse(f"Invalid member in numeric match: {getattr(operator, 'text', operator)}")
        if operator not in _OPERATORS:
            _refuse(f"Unrecognized numeric range operator: {operator}")
        if at and (terms[0][0] != ">" or operator[0] != "<"):
            _refuse(f"Bad numeric range operator: {operator}")
        if not isinstance(bound, Number):
            _refuse(f"Value of {'equals' if operator == '=' else operator} must be numeric")
        value = float(bound.text)
        if not -NUMBER_MAX <= value <= NUMBER_MAX:
            _refuse("Value must be between -5.0E9 and 5.0E9, inclusive")
        bounds.append((_OPERATORS[operator], value))
    if len(bounds) == 2 and bounds[0][1] >= bounds[1][1]:
        _refuse("Bottom must be less than top")
    return bounds


def _block(operand: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    text = _checked_text("cidr", operand)
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        _refuse(f"Malformed CIDR, {'invalid address or mask' if '/' in text else 'one / required'}: {text}")


# --- leaves


def _is_exactly(wanted: Any, leaf: Any) -> bool:
    return wanted == leaf and type(wanted) is type(leaf)


def _is_there(leaf: Any) -> bool:
    return True


def _is_within(bounds: list[tuple[Callable[[float, float], bool], float]], leaf: Any) -> bool:
    return isinstance(leaf, Number) and all(compare(float(leaf.text), bound) for compare, bound in bounds)


def _text_passes(test: Callable[[str], bool], leaf: Any) -> bool:
    return isinstance(leaf, str) and test(leaf)


def _is_in_block(block: ipaddress.IPv4Network | ipaddress.IPv6Network, leaf: Any) -> bool:
    if not isinstance(leaf, str):
        return False
    try:
        return ipaddress.ip_address(leaf) in block
    except ValueError:
        return False
