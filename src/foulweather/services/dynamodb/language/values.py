"""What two values are to each other: type, equality, order.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.services.dynamodb.language import numerals

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]
Path = tuple[str | int, ...]

TYPES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
ORDERED: Final = frozenset({"S", "N", "B"})
SETS: Final = frozenset({"SS", "NS", "BS"})
# The names that messages about ADD and DELETE use.
TYPE_NAMES: Final = {
    "S": "STRING", "N": "NUMBER", "B": "BINARY", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
    "M": "MAP", "L": "LIST", "BOOL": "BOOLEAN", "NULL": "NULL",
}  # fmt: skip


def type_of(value: AttributeValue) -> str:
    """The one type of a value."""
    return next(iter(value))


def equal(one: AttributeValue, other: AttributeValue) -> bool:
    """Whether two values are the same: numbers by value, sets without order, documents in depth."""
    if one == other:
        return True
    kind = next(iter(one))
    content = one[kind]
    rival = other.get(kind)
    if rival is None or kind in ("S", "B", "BOOL", "NULL"):
        return False
    if kind == "N":
        return numerals.decimal(content) == numerals.decimal(rival)
    if len(content) != len(rival):
        return False
    if kind == "NS":
        return set(map(numerals.decimal, content)) == set(map(numerals.decimal, rival))
    if kind in SETS:
        return set(content) == set(rival)
    if kind == "L":
        return all(map(equal, content, rival))
    return content.keys() == rival.keys() and all(equal(content[name], rival[name]) for name in content)


def rank(value: AttributeValue) -> tuple[str, Any] | None:
    """A value of an ordered type as something Python orders the same way; None when the type has no order.

    Strings are ordered by the bytes of their UTF-8, which is the order of their code points.
    """
    kind = next(iter(value))
    if kind == "N":
        return kind, numerals.decimal(value[kind])
    if kind == "S" or kind == "B":
        return kind, value[kind]
    return None


def compare(one: AttributeValue, other: AttributeValue) -> int | None:
    """-1, 0 or 1; None when the two have no order."""
    left, right = rank(one), rank(other)
    if left is None or right is None or left[0] != right[0]:
        return None
    return (left[1] > right[1]) - (left[1] < right[1])


def at(item: Item, path: Path) -> AttributeValue | None:
    """The value at a document path."""
    value = item.get(path[0])  # type: ignore[arg-type]
    for part in path[1:]:
        if value is None:
            return None
        value = child(value, part)
    return value


def child(value: AttributeValue, part: str | int) -> AttributeValue | None:
    """A member of a map or an element of a list."""
    if isinstance(part, int):
        elements = value.get("L")
        return elements[part] if elements is not None and part < len(elements) else None
    members = value.get("M")
    return members.get(part) if members is not None else None


def written(value: AttributeValue) -> str:
    """A value as AWS's messages write it."""
    ((kind, content),) = value.items()
    if kind in ("L", "SS", "NS", "BS"):
        inner = ", ".join(written(one) if kind == "L" else _scalar(one) for one in content)
        return f"{{{kind}:[{inner}]}}"
    if kind == "M":
        return "{M:{" + ", ".join(f"{name}={written(one)}" for name, one in content.items()) + "}}"
    return f"{{{kind}:{_scalar(content)}}}"


def _scalar(content: Any) -> str:
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(content)} cap={len(content)}]"
    return str(content)
