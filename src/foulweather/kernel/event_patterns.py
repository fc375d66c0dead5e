"""Event patterns: which events a rule of EventBridge matches, and which records a filter of Lambda's lets through.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html; the words of the
compiler's refusals are those of https://github.com/aws/event-ruler, which AWS publishes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple, NoReturn, cast

from foulweather.kernel.event_documents import Node, Number, PatternSyntax, read
from foulweather.kernel.wildcards import escaped_wildcard

NUMBER_MAX = 5_000_000_000
WILDCARDS_MAX = 40
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
_TEXT_KINDS = ("prefix", "suffix", "equals-ignore-case", "wildcard")

Test = Callable[[Any], bool]
"""Whether one leaf of an event is what an element of a pattern's array wants."""


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
            return any(self.accepts(each) for each in _elements(value))
        held: Mapping[str, Any] = cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
        for key, clause in self.clauses:
            if not _is_met(clause, held, key):
                return False
        for key, child in self.children:
            if not child.accepts(held.get(key)):
                return False
        if not self.alternatives:
            return True
        return all(any(branch.accepts(value) for branch in branches) for branches in self.alternatives)


@lru_cache(maxsize=4096)
def compiled(text: str) -> Group:
    """A pattern ready to be asked, or PatternSyntax with its place."""
    return group_of(read(text))


def group_of(node: Node) -> Group:
    """The conditions that a pattern's text, once it is read, puts on an event."""
    if node.kind != "object":
        _refuse("Filter is not an object", node)
    if not node.value:
        _refuse("Empty objects are not allowed", node)
    return _group(node)


@lru_cache(maxsize=4096)
def exact_texts(text: str, key: str) -> frozenset[str] | None:
    """The only texts that a pattern takes at one of its first keys; None where it may take others."""
    node: Node | None = read(text).value.get(key)
    if node is None or node.kind != "array":
        return None
    values = cast("list[Node]", node.value)
    return frozenset(each.value for each in values) if all(each.kind == "string" for each in values) else None


def _refuse(reason: str, node: Node) -> NoReturn:
    raise PatternSyntax(reason, node.at)


# --- asking


def _is_met(clause: Clause, held: Mapping[str, Any], key: str) -> bool:
    if key not in held:
        return clause.may_be_absent
    value = held[key]
    if value.__class__ is str or value.__class__ is Number:
        for test in clause.tests:  # noqa: SIM110  a generator would cost more than the tests
            if test(value):
                return True
        return False
    is_there = False
    for leaf in _leaves(value):
        is_there = True
        for test in clause.tests:
            if test(leaf):
                return True
    return not is_there and clause.may_be_absent


def _leaves(value: Any) -> Iterator[Any]:
    """The values at a key: an array's elements are asked one by one, and an object is no leaf."""
    return (each for each in _elements(value) if not isinstance(each, dict))


def _elements(value: Any) -> Iterator[Any]:
    """What an array holds, and the arrays in it; without recursion, for an event may be nested as deep as it likes."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(reversed(cast("list[Any]", found)))
        else:
            yield found


# --- reading: keys


def _group(node: Node) -> Group:
    clauses: list[tuple[str, Clause]] = []
    children: list[tuple[str, Group]] = []
    alternatives: list[list[Group]] = []
    members: dict[str, Node] = node.value
    for key, value in members.items():
        if key == "$or":
            alternatives.append(_alternatives(value))
        elif value.kind == "array":
            clauses.append((key, _clause(value)))
        elif value.kind == "object":
            if not value.value:
                _refuse("Empty objects are not allowed", value)
            children.append((key, _group(value)))
        else:
            _refuse(f'"{key}" must be an object or an array', value)
    return Group(clauses, children, alternatives)


def _alternatives(node: Node) -> list[Group]:
    if node.kind != "array":
        _refuse("It must be an Array followed with $or.", node)
    branches: list[Group] = []
    for branch in cast("list[Node]", node.value):
        if branch.kind != "object":
            _refuse("Only JSON object is allowed in array of $or relationship.", branch)
        if not branch.value:
            _refuse("Empty objects are not allowed", branch)
        branches.append(_group(branch))
    if len(branches) < 2:
        _refuse("There must have at least 2 Objects in $or relationship.", node)
    return branches


# --- reading: conditions


def _clause(node: Node) -> Clause:
    if not node.value:
        _refuse("Empty arrays are not allowed", node)
    clause = Clause([], False)
    for value in cast("list[Node]", node.value):
        if value.kind == "object":
            clause = _expression(value, clause)
        elif value.kind == "array":
            _refuse("Match value must be String, number, true, false, or null", value)
        else:
            clause.tests.append(_exact(value.value))
    return clause


def _expression(node: Node, clause: Clause) -> Clause:
    kind, operand = _only(node, "Match expression name not found")
    if kind == "exists":
        if operand.kind != "literal" or operand.value is None:
            _refuse("exists match pattern must be either true or false.", operand)
        if not operand.value:
            return clause._replace(may_be_absent=True)
        clause.tests.append(_is_there)
    elif kind == "numeric":
        clause.tests.append(partial(_is_within, _bounds(operand)))
    elif kind == "anything-but":
        clause.tests.append(_anything_but(operand))
    elif kind == "cidr":
        clause.tests.append(partial(_is_in_block, _block(operand)))
    elif kind in _TEXT_KINDS:
        clause.tests.append(partial(_text_passes, _text_test(kind, operand)))
    else:
        _refuse(f"Unrecognized match type {kind}", operand)
    return clause


def _only(node: Node, when_empty: str) -> tuple[str, Node]:
    members: dict[str, Node] = node.value
    if not members:
        _refuse(when_empty, node)
    if len(members) > 1:
        _refuse("Only one key allowed in match expression", list(members.values())[1])
    return next(iter(members.items()))


def _text_test(kind: str, operand: Node) -> Callable[[str], bool]:
    if operand.kind == "object" and kind in ("prefix", "suffix"):
        inner, text = _only(operand, f"{kind} expression name not found")
        if inner != "equals-ignore-case":
            _refuse(f"Unsupported {kind} pattern: {inner}", text)
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
    return _wildcard(text, operand)


def _checked_text(kind: str, operand: Node) -> str:
    if operand.kind != "string":
        _refuse(f"{kind} match pattern must be a string", operand)
    return operand.value


def _wildcard(text: str, node: Node) -> Callable[[str], bool]:
    plain = re.sub(r"\\.", "__", text)
    if "**" in plain:
        _refuse(f"Consecutive wildcard characters at pos {plain.index('**')}", node)
    if re.search(r"\\[^\\*]|\\$", re.sub(r"\\[\\*]", "", text)):
        _refuse("Invalid escape character at pos " + str(text.index("\\")), node)
    if plain.count("*") > WILDCARDS_MAX:
        _refuse(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
            "wildcard character",
            node,
        )
    found = escaped_wildcard(text)
    return lambda leaf: found.fullmatch(leaf) is not None


def _anything_but(operand: Node) -> Test:
    if operand.kind == "object":
        kind, given = _only(operand, "Anything-But expression name not found")
        if kind not in _TEXT_KINDS:
            _refuse(f"Unsupported anything-but pattern: {kind}", given)
        texts = cast("list[Node]", given.value) if given.kind == "array" else [given]
        if not texts:
            _refuse("Empty arrays are not allowed", given)
        tests = [_text_test(kind, text) for text in texts]
        return lambda leaf: not (isinstance(leaf, str) and any(test(leaf) for test in tests))
    nodes = cast("list[Node]", operand.value) if operand.kind == "array" else [operand]
    if not nodes:
        _refuse("Empty arrays are not allowed", operand)
    for node in nodes:
        if node.kind not in ("string", "number"):
            _refuse("Value of anything-but must be an array or single string/number value.", node)
        if node.kind != nodes[0].kind:
            _refuse(
                "Inside anything but list, either all values are number or string, mixed type is not supported", node
            )
    values = [node.value for node in nodes]
    return lambda leaf: leaf not in values


def _bounds(operand: Node) -> list[tuple[Callable[[float, float], bool], float]]:
    if operand.kind != "array":
        _refuse("Value of numeric must be an array.", operand)
    terms = cast("list[Node]", operand.value)
    if not terms:
        _refuse("Invalid member in numeric match: ]", operand)
    if len(terms) > 4:
        _refuse("Too many elements in numeric expression", terms[4])
    bounds: list[tuple[Callable[[float, float], bool], float]] = []
    for at in range(0, len(terms), 2):
        term = terms[at]
        if term.kind != "string":
            _refuse(f"Invalid member in numeric match: {getattr(term.value, 'text', term.value)}", term)
        if term.value not in _OPERATORS:
            _refuse(f"Unrecognized numeric range operator: {term.value}", term)
        if at and (terms[0].value[0] != ">" or term.value[0] != "<"):
            _refuse(f"Bad numeric range operator: {term.value}", term)
        bounds.append((_OPERATORS[term.value], _bound(term, terms[at + 1] if at + 1 < len(terms) else term)))
    if len(bounds) == 2 and bounds[0][1] >= bounds[1][1]:
        _refuse("Bottom must be less than top", terms[-1])
    return bounds


def _bound(operator: Node, node: Node) -> float:
    if node.kind != "number":
        _refuse(f"Value of {'equals' if operator.value == '=' else operator.value} must be numeric", node)
    value = float(node.value.text)
    if not -NUMBER_MAX <= value <= NUMBER_MAX:
        _refuse("Value must be between -5.0E9 and 5.0E9, inclusive", node)
    return value


def _block(operand: Node) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    text = _checked_text("cidr", operand)
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        _refuse(f"Malformed CIDR, {'invalid address or mask' if '/' in text else 'one / required'}: {text}", operand)


# --- leaves


def _exact(wanted: Any) -> Test:
    if isinstance(wanted, str | Number):
        return lambda leaf: leaf.__class__ is wanted.__class__ and leaf == wanted
    return lambda leaf: leaf is wanted


def _is_there(leaf: Any) -> bool:
    return True


def _is_within(bounds: list[tuple[Callable[[float, float], bool], float]], leaf: Any) -> bool:
    if leaf.__class__ is not Number:
        return False
    value = float(leaf.text)
    for compare, bound in bounds:  # noqa: SIM110  as above
        if not compare(value, bound):
            return False
    return True


def _text_passes(test: Callable[[str], bool], leaf: Any) -> bool:
    return isinstance(leaf, str) and test(leaf)


def _is_in_block(block: ipaddress.IPv4Network | ipaddress.IPv6Network, leaf: Any) -> bool:
    if not isinstance(leaf, str):
        return False
    try:
        return ipaddress.ip_address(leaf) in block
    except ValueError:
        return False
