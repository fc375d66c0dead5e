"""Filter policies, compiled once per subscription: which messages it accepts, and why it rejects one.

https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

import msgspec

from foulweather.services.sns import filter_grammar
from foulweather.services.sns.filter_grammar import Clause, Group

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
ABSENT: Any = object()
_FALSE, _TRUE, _NULL = object(), object(), object()

Test = Callable[[Any], bool]


class Rejection(NamedTuple):
    """The first key of a filter policy that does not accept a message: what it wants, what it found."""

    key: str
    wanted: list[Any]
    actual: Any
    is_absent: bool


class Unreadable(Exception):
    """What a filter looks at is not well-formed; `reason` names CloudWatch's metric for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Filter:
    """One filter policy. `accepts` takes the attributes or the body as plain values by key."""

    __slots__ = ("_root", "scope", "text")

    def __init__(self, text: str, scope: str, root: _Node) -> None:
        self.text = text
        self.scope = scope
        self._root = root

    @property
    def on_body(self) -> bool:
        """Whether it looks at the message's body and not at its attributes."""
        return self.scope == BODY

    def accepts(self, values: Mapping[str, Any]) -> bool:
        """Whether a message passes."""
        return self._root.accepts(values)

    def rejection(self, values: Mapping[str, Any]) -> Rejection:
        """Why a message does not pass."""
        return self._root.rejection(values, "")


@lru_cache(maxsize=4096)
def compiled(text: str, scope: str) -> Filter:
    """Compile a filter policy, or refuse it with `FilterSyntax`."""
    return Filter(text, scope, _node(filter_grammar.read(text, scope)))


def attribute_values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Message attributes as filter policies see them; binary ones are ignored.

    https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
    """
    values: dict[str, Any] = {}
    for name, attribute in attributes.items():
        kind = attribute.type
        if kind == "String.Array":
            try:
                listed = msgspec.json.decode(attribute.text)
            except msgspec.DecodeError:
                raise Unreadable("InvalidAttributes") from None
            if not isinstance(listed, list):
                raise Unreadable("InvalidAttributes")
            values[name] = cast("list[Any]", listed)
        elif kind.startswith("Number"):
            values[name] = float(attribute.text)
        elif not kind.startswith("Binary"):
            values[name] = attribute.text
    return values


def body_values(text: str) -> dict[str, Any]:
    """A message's body as filter policies see it: a JSON object."""
    try:
        body = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise Unreadable("InvalidMessageBody") from None
    if not isinstance(body, dict):
        raise Unreadable("InvalidMessageBody")
    return cast("dict[str, Any]", body)


def _comparable(value: Any) -> Any:
    # True equals 1 in Python and not in JSON; numbers compare with five digits after the point.
    kind = cast("type[Any]", type(value))
    if kind is str:
        return value
    if kind is bool:
        return _TRUE if value else _FALSE
    if value is None:
        return _NULL
    return round(float(value), 5)


def _leaves(value: Any) -> list[Any]:
    """The plain values at a key; an object has none, an array those of its elements."""
    kind = cast("type[Any]", type(value))
    if kind is str:
        return [value]
    if value is ABSENT or kind is dict:
        return []
    if kind is list:
        return [leaf for element in value for leaf in _leaves(element)]
    return [_comparable(value)]


class _Leaf:
    """The conditions on one key, any of which will do."""

    __slots__ = ("absence", "exact", "presence", "tests", "written")

    def __init__(self, clause: Clause) -> None:
        self.written = clause.written
        self.exact = frozenset(_comparable(value) for value in clause.exact)
        self.absence = False in clause.exists
        self.presence = True in clause.exists
        self.tests: tuple[Test, ...] = tuple(_test(kind, operand) for kind, operand in clause.tests)

    def accepts(self, value: Any) -> bool:
        leaves = _leaves(value)
        if not leaves:
            return self.absence
        if self.presence:
            return True
        exact, tests = self.exact, self.tests
        for leaf in leaves:
            if leaf in exact:
                return True
            for test in tests:
                if test(leaf):
                    return True
        return False


class _Node:
    """The conditions on one object: on its keys, on the objects in it, and alternatives."""

    __slots__ = ("alternatives", "children", "leaves")

    def __init__(
        self, leaves: list[tuple[str, _Leaf]], children: list[tuple[str, _Node]], alternatives: list[list[_Node]]
    ) -> None:
        self.leaves = leaves
        self.children = children
        self.alternatives = alternatives

    def accepts(self, values: Mapping[str, Any]) -> bool:
        for key, leaf in self.leaves:
            if not leaf.accepts(values.get(key, ABSENT)):
                return False
        for key, child in self.children:
            if not any(child.accepts(inner) for inner in _objects(values.get(key))):
                return False
        return all(any(branch.accepts(values) for branch in branches) for branches in self.alternatives)

    def rejection(self, values: Mapping[str, Any], prefix: str) -> Rejection:
        for key, leaf in self.leaves:
            value = values.get(key, ABSENT)
            if not leaf.accepts(value):
                absent = value is ABSENT
                return Rejection(prefix + key, leaf.written, None if absent else value, absent)
        for key, child in self.children:
            inner = _objects(values.get(key))
            if not any(child.accepts(one) for one in inner):
                return child.rejection(inner[0], f"{prefix}{key}.")
        for branches in self.alternatives:
            if not any(branch.accepts(values) for branch in branches):
                first = branches[0].rejection(values, prefix)
                return first._replace(key=f"$or: {first.key}")
        raise AssertionError("a message that is accepted is not rejected")


def _objects(value: Any) -> list[Mapping[str, Any]]:
    if type(value) is dict:
        return [cast("Mapping[str, Any]", value)]
    found: list[Any] = []
    if type(value) is list:
        found = [one for element in cast("list[Any]", value) for one in _objects(element) if one]
    return found or [{}]


def _node(group: Group) -> _Node:
    return _Node(
        [(key, _Leaf(clause)) for key, clause in group.clauses],
        [(key, _node(child)) for key, child in group.children],
        [[_node(branch) for branch in branches] for branches in group.alternatives],
    )


def _test(kind: str, operand: Any) -> Test:
    return _TESTS[kind](operand)


def _anything_but(values: list[Any]) -> Test:
    unwanted = frozenset(_comparable(value) for value in values)
    return lambda leaf: leaf not in unwanted


def _prefix(prefix: str) -> Test:
    return lambda leaf: type(leaf) is str and leaf.startswith(prefix)


def _suffix(suffix: str) -> Test:
    return lambda leaf: type(leaf) is str and leaf.endswith(suffix)


def _equals_ignore_case(wanted: str) -> Test:
    folded = wanted.casefold()
    return lambda leaf: type(leaf) is str and leaf.casefold() == folded


def _wildcard(pattern: str) -> Test:
    matches = filter_grammar.wildcard(pattern)
    return lambda leaf: type(leaf) is str and matches(leaf) is not None


def _numeric(terms: list[tuple[str, float]]) -> Test:
    low, high = float("-inf"), float("inf")
    open_low = open_high = False
    for operator, bound in terms:
        if operator == "=":
            low = high = bound
        elif operator[0] == ">":
            low, open_low = bound, operator == ">"
        else:
            high, open_high = bound, operator == "<"

    def within(leaf: Any) -> bool:
        if type(leaf) is not float:
            return False
        return (low < leaf if open_low else low <= leaf) and (leaf < high if open_high else leaf <= high)

    return within


def _cidr(block: str) -> Test:
    network = filter_grammar.network(block)
    return lambda leaf: type(leaf) is str and filter_grammar.is_in(leaf, network)


def _none_of(one: Callable[[Any], Test]) -> Callable[[list[Any]], Test]:
    def build(operands: list[Any]) -> Test:
        tests = [one(operand) for operand in operands]
        # "anything-but" a string's pattern holds for what is no string as well.
        return lambda leaf: not any(test(leaf) for test in tests)

    return build


_TESTS: dict[str, Callable[[Any], Test]] = {
    "anything-but": _anything_but,
    "anything-but prefix": _none_of(_prefix),
    "anything-but suffix": _none_of(_suffix),
    "anything-but wildcard": _none_of(_wildcard),
    "anything-but equals-ignore-case": _none_of(_equals_ignore_case),
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
    "equals-ignore-case": _equals_ignore_case,
    "numeric": _numeric,
    "cidr": _cidr,
}
