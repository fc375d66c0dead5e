"""A table as DynamoDB's developer guide describes one, with plain dicts; and random expressions with what they mean.

Values are (type, content) pairs: numbers are Decimals, sets are frozensets. Every generated expression comes as its
text, with its values, and as a plain function.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Plain = dict[str, Any]
PKS, SKS = ("p", "q", "é"), ("1", "2", "3", "4")
TYPES = {"n": "N", "s": "S", "g": "S", "ss": "SS", "l": "L", "m": "M", "f": "BOOL", "b": "B"}


NEW = "(new)"
"""Marks an item that was not there before its update."""


class InvalidUpdate(Exception):
    """An update that the item does not allow."""


def plain(item: dict[str, Any]) -> Plain:
    """An item out of its wire form."""
    return {name: plain_value(value) for name, value in item.items()}


def plain_value(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    if kind in ("SS", "BS"):
        return kind, frozenset(content)
    if kind == "NS":
        return kind, frozenset(map(Decimal, content))
    if kind == "L":
        return kind, tuple(plain_value(each) for each in content)
    if kind == "M":
        return kind, tuple(sorted((name, plain_value(each)) for name, each in content.items()))
    return kind, content


def wired(value: Any) -> dict[str, Any]:
    """A value in wire form."""
    kind, content = value
    if kind == "N":
        return {"N": str(content)}
    if kind in ("SS", "BS"):
        return {kind: sorted(content)}
    if kind == "L":
        return {"L": [wired(each) for each in content]}
    if kind == "M":
        return {"M": {name: wired(each) for name, each in content}}
    return {kind: content}


def wired_item(item: Plain) -> dict[str, Any]:
    return {name: wired(value) for name, value in item.items()}


@dataclass
class Text:
    """An expression under construction: its names and values, by placeholder."""

    draw: random.Random
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def name(self, name: str) -> str:
        if self.draw.random() < 0.5:
            return name
        self.names[f"#{name}"] = name
        return f"#{name}"

    def value(self, value: Any) -> str:
        mark = f":v{len(self.values)}"
        self.values[mark] = value
        return mark

    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.names:
            found["ExpressionAttributeNames"] = self.names
        if self.values:
            found["ExpressionAttributeValues"] = wired_item(self.values)
        return found


def any_value(draw: random.Random, kind: str) -> Any:
    if kind == "N":
        return "N", Decimal(draw.choice(("-1", "0", "1", "2", "10", "1.5")))
    if kind == "S":
        return "S", draw.choice(("a", "ab", "b", "é"))
    if kind == "B":
        return "B", draw.choice((b"a", b"\xff", b"ab"))
    if kind == "SS":
        return "SS", frozenset(draw.sample(("a", "b", "c"), draw.randint(1, 3)))
    if kind == "L":
        return "L", tuple(any_value(draw, draw.choice(("N", "S"))) for _ in range(draw.randint(0, 3)))
    if kind == "M":
        return "M", tuple((name, any_value(draw, "N")) for name in ("x", "y") if draw.random() < 0.7)
    return "BOOL", draw.random() < 0.5


def any_item(draw: random.Random, key: Plain) -> Plain:
    return {**key, **{name: any_value(draw, kind) for name, kind in TYPES.items() if draw.random() < 0.7}}


# --- conditions

Test = Callable[[Plain], bool]


def at(item: Plain, path: tuple[Any, ...]) -> Any:
    value = item.get(path[0])
    for part in path[1:]:
        if value is None:
            return None
        kind, content = value
        if isinstance(part, int):
            value = content[part] if kind == "L" and part < len(content) else None
        else:
            value = dict(content).get(part) if kind == "M" else None
    return value


def a_path(text: Text, names: list[str]) -> tuple[str, tuple[Any, ...]]:
    name = text.draw.choice(names)
    if name == "m" and text.draw.random() < 0.5:
        return f"{text.name('m')}.x", ("m", "x")
    if name == "l" and text.draw.random() < 0.5:
        place = text.draw.randint(0, 2)
        return f"{text.name('l')}[{place}]", ("l", place)
    return text.name(name), (name,)


def compared(operator: str, one: Any, other: Any) -> bool:
    if operator == "=":
        return one is not None and one == other
    if operator == "<>":
        return one is None or one != other
    if one is None or other is None or one[0] != other[0] or one[0] not in ("S", "N", "B"):
        return False
    left, right = ordinal(one), ordinal(other)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def ordinal(value: Any) -> Any:
    """What a value is ordered by: strings by their UTF-8 bytes."""
    return value[1].encode() if value[0] == "S" else value[1]


def a_condition(text: Text, names: list[str], depth: int = 2) -> tuple[str, Test]:
    draw = text.draw
    kind = draw.choice(
        ("compare", "exists", "function", "between", "in", "size", "not", "and", "or")[: 9 if depth else 6]
    )
    if kind in ("and", "or"):
        (one, first), (other, second) = a_condition(text, names, depth - 1), a_condition(text, names, depth - 1)
        if kind == "and":
            return f"({one}) AND ({other})", lambda item: first(item) and second(item)
        return f"({one}) OR ({other})", lambda item: first(item) or second(item)
    if kind == "not":
        inner, test = a_condition(text, names, depth - 1)
        return f"NOT ({inner})", lambda item: not test(item)
    shown, path = a_path(text, names)
    kinds = draw.choice(("N", "S", "SS", "BOOL"))
    if kind == "compare":
        operator = draw.choice(("=", "<>", "<", "<=", ">", ">=")[: 6 if kinds in ("N", "S") else 2])
        value = any_value(draw, kinds)
        return f"{shown} {operator} {text.value(value)}", lambda item: compared(operator, at(item, path), value)
    if kind == "exists":
        if draw.random() < 0.5:
            return f"attribute_exists({shown})", lambda item: at(item, path) is not None
        return f"attribute_not_exists({shown})", lambda item: at(item, path) is None
    if kind == "between":
        low, high = sorted((any_value(draw, "N"), any_value(draw, "N")))
        words = f"{shown} BETWEEN {text.value(low)} AND {text.value(high)}"
        return words, lambda item: compared(">=", at(item, path), low) and compared("<=", at(item, path), high)
    if kind == "in":
        among = [any_value(draw, draw.choice(("N", "S"))) for _ in range(draw.randint(1, 3))]
        return f"{shown} IN ({', '.join(map(text.value, among))})", lambda item: at(item, path) in among
    if kind == "size":
        count = ("N", Decimal(draw.randint(0, 3)))

        def larger(item: Plain) -> bool:
            found = at(item, path)
            if found is None or found[0] not in ("S", "B", "SS", "L", "M"):
                return False
            return len(found[1]) >= count[1]

        return f"size({shown}) >= {text.value(count)}", larger
    sought = draw.choice(("a", "b"))
    if draw.random() < 0.5:

        def begins(item: Plain) -> bool:
            found = at(item, path)
            return found is not None and found[0] == "S" and found[1].startswith(sought)

        return f"begins_with({shown}, {text.value(('S', sought))})", begins

    def contains(item: Plain) -> bool:
        found = at(item, path)
        if found is None:
            return False
        if found[0] == "L":
            return ("S", sought) in found[1]
        return found[0] in ("S", "SS") and sought in found[1]

    return f"contains({shown}, {text.value(('S', sought))})", contains


# --- updates

Change = Callable[[Plain, Plain], None]
"""From the item before to the item to be."""


def an_update(text: Text) -> tuple[str, Callable[[Plain], Plain]]:
    draw = text.draw
    clauses: dict[str, list[str]] = {}
    changes: list[Change] = []
    for name in draw.sample(list(TYPES), draw.randint(1, 4)):
        clause, words, change = an_action(text, name)
        clauses.setdefault(clause, []).append(words)
        changes.append(change)

    def apply(before: Plain) -> Plain:
        after = dict(before)
        for change in changes:
            change(before, after)
        after.pop(NEW, None)
        return after

    return " ".join(f"{clause} {', '.join(words)}" for clause, words in clauses.items()), apply


def an_action(text: Text, name: str) -> tuple[str, str, Change]:
    draw, shown, kind = text.draw, text.name(name), TYPES[name]
    value = any_value(draw, kind)
    choice = draw.random()
    if choice < 0.2:
        return "REMOVE", shown, lambda before, after: after.pop(name, None) and None
    if choice < 0.4:
        words = f"{shown} = if_not_exists({shown}, {text.value(value)})"
        return "SET", words, lambda before, after: after.update({name: before.get(name, value)})
    if choice < 0.7 and name in ("n", "ss", "l", "m"):
        return _AT_HOME[name](text, shown, value)
    return "SET", f"{shown} = {text.value(value)}", lambda before, after: after.update({name: value})


def _number(text: Text, shown: str, value: Any) -> tuple[str, str, Change]:
    if text.draw.random() < 0.5:

        def add(before: Plain, after: Plain) -> None:
            after["n"] = ("N", before.get("n", ("N", Decimal(0)))[1] + value[1])

        return "ADD", f"{shown} {text.value(value)}", add
    sign = text.draw.choice("+-")

    def calculate(before: Plain, after: Plain) -> None:
        if "n" not in before:
            raise InvalidUpdate
        after["n"] = ("N", before["n"][1] + value[1] if sign == "+" else before["n"][1] - value[1])

    return "SET", f"{shown} = {shown} {sign} {text.value(value)}", calculate


def _set(text: Text, shown: str, value: Any) -> tuple[str, str, Change]:
    if text.draw.random() < 0.5:
        empty = ("SS", frozenset[str]())
        return (
            "ADD",
            f"{shown} {text.value(value)}",
            lambda before, after: after.update({"ss": ("SS", before.get("ss", empty)[1] | value[1])}),
        )

    def delete(before: Plain, after: Plain) -> None:
        left = before["ss"][1] - value[1] if "ss" in before else frozenset[str]()
        after.pop("ss", None)
        if left:
            after["ss"] = ("SS", left)

    return "DELETE", f"{shown} {text.value(value)}", delete


def _list(text: Text, shown: str, value: Any) -> tuple[str, str, Change]:
    if text.draw.random() < 0.5:

        def append(before: Plain, after: Plain) -> None:
            if "l" not in before:
                raise InvalidUpdate
            after["l"] = ("L", before["l"][1] + value[1])

        return "SET", f"{shown} = list_append({shown}, {text.value(value)})", append
    place = text.draw.randint(0, 3)

    def remove(before: Plain, after: Plain) -> None:
        if "l" not in before:
            if NEW in before:
                return  # AWS ignores this of an item that is not there, and refuses it of one that has no such list
            raise InvalidUpdate
        elements = before["l"][1]
        after["l"] = ("L", elements[:place] + elements[place + 1 :])

    return "REMOVE", f"{shown}[{place}]", remove


def _map(text: Text, shown: str, value: Any) -> tuple[str, str, Change]:
    member = ("S", text.draw.choice("ab"))

    def put(before: Plain, after: Plain) -> None:
        if "m" not in before:
            raise InvalidUpdate
        after["m"] = ("M", tuple(sorted({**dict(before["m"][1]), "x": member}.items())))

    return "SET", f"{shown}.x = {text.value(member)}", put


_AT_HOME = {"n": _number, "ss": _set, "l": _list, "m": _map}
