"""Items and values as they are taken in: validated, numbers in their stored form, measured, all in one walk.

Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
Limits: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from foulweather.services.dynamodb.language import numerals
from foulweather.services.dynamodb.language.refusals import LanguageError, invalid_parameter
from foulweather.services.dynamodb.language.values import TYPES, AttributeValue, Item

NESTING_MAX: Final = 32
NAME_BYTES_MAX: Final = 65_535
DOCUMENT_BYTES: Final = 3
ELEMENT_BYTES: Final = 1
TOO_NESTED: Final = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
_EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


def accepted(given: Mapping[str, Any]) -> tuple[Item, int]:
    """An item with its numbers as they are stored, and its size; the same object when nothing had to change."""
    item: Item = given  # type: ignore[assignment]  # a request's own shape: a dict too
    size = 0
    changed: Item | None = None
    for name, value in item.items():
        if len(value) != 1:
            raise LanguageError(_SEVERAL if value else _EMPTY)
        size += len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))
        if not name or len(name) > 16_383:
            checked_name(name)
        for kind, content in value.items():
            if kind == "S":
                size += len(content) if content.isascii() else len(content.encode("utf-8", "surrogatepass"))
            elif kind == "N":
                text, bytes_taken = numerals.read(content)
                size += bytes_taken
                if text != content:
                    changed = changed or dict(item)
                    changed[name] = {"N": text}
            elif kind == "BOOL":
                size += 1
            else:
                stored, bytes_taken = _content(kind, content, value, 1)
                size += bytes_taken
                if stored is not value:
                    changed = changed or dict(item)
                    changed[name] = stored
    return (item if changed is None else changed), size


def accepted_value(value: Mapping[str, Any]) -> tuple[AttributeValue, int]:
    """A value with its numbers as they are stored, and its size."""
    return _accepted(value, 1)  # type: ignore[arg-type]  # a dict too


def checked_name(name: str) -> None:
    """An attribute's name: neither empty nor over 65,535 bytes."""
    if not name:
        raise invalid_parameter("Empty attribute name")
    if len(name.encode("utf-8", "surrogatepass")) > NAME_BYTES_MAX:
        raise invalid_parameter("Attribute name is too large, must be less than 65536 bytes")


def _accepted(value: AttributeValue, depth: int) -> tuple[AttributeValue, int]:
    if len(value) != 1:
        raise LanguageError(_SEVERAL if value else _EMPTY)
    ((kind, content),) = value.items()
    if kind == "S":
        return value, len(content) if content.isascii() else len(content.encode("utf-8", "surrogatepass"))
    if kind == "N":
        text, size = numerals.read(content)
        return (value if text == content else {"N": text}), size
    return _content(kind, content, value, depth)


def _content(kind: str, content: Any, value: AttributeValue, depth: int) -> tuple[AttributeValue, int]:
    if kind == "M":
        return _map(content, value, depth)
    if kind == "L":
        return _list(content, value, depth)
    if kind == "BOOL":
        return value, 1
    if kind == "B":
        return value, len(content)
    if kind == "NULL":
        if content is not True:
            raise invalid_parameter("Null attribute value types must have the value of true")
        return value, 1
    if kind not in TYPES:
        raise LanguageError(_EMPTY)
    return _set(kind, content, value)


def _map(members: dict[str, AttributeValue], value: AttributeValue, depth: int) -> tuple[AttributeValue, int]:
    if depth > NESTING_MAX:
        raise LanguageError(TOO_NESTED)
    size = DOCUMENT_BYTES
    changed: dict[str, AttributeValue] | None = None
    for name, member in members.items():
        if not name or len(name) > 16_383:
            checked_name(name)
        stored, bytes_taken = _accepted(member, depth + 1)
        size += ELEMENT_BYTES + bytes_taken
        size += len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))
        if stored is not member:
            changed = changed or dict(members)
            changed[name] = stored
    return (value if changed is None else {"M": changed}), size


def _list(elements: list[AttributeValue], value: AttributeValue, depth: int) -> tuple[AttributeValue, int]:
    if depth > NESTING_MAX:
        raise LanguageError(TOO_NESTED)
    size = DOCUMENT_BYTES + ELEMENT_BYTES * len(elements)
    changed: list[AttributeValue] | None = None
    for index, element in enumerate(elements):
        stored, bytes_taken = _accepted(element, depth + 1)
        size += bytes_taken
        if stored is not element:
            changed = changed or list(elements)
            changed[index] = stored
    return (value if changed is None else {"L": changed}), size


def _set(kind: str, elements: list[Any], value: AttributeValue) -> tuple[AttributeValue, int]:
    if not elements:
        raise invalid_parameter(_EMPTY_SETS[kind])
    size = 0
    if kind == "NS":
        read = [numerals.read(text) for text in elements]
        texts = [text for text, _ in read]
        if len(set(texts)) != len(texts):
            raise LanguageError("Input collection contains duplicates")
        return (value if texts == elements else {"NS": texts}), sum(size for _, size in read)
    if len(set(elements)) != len(elements):
        if kind == "SS":
            raise invalid_parameter(f"Input collection [{', '.join(elements)}] contains duplicates.")
        shown = ", ".join(b64encode(element).decode() for element in elements)
        raise invalid_parameter(f"Input collection [{shown}]of type BS contains duplicates.")
    for element in elements:
        size += len(element) if kind == "BS" else len(element.encode("utf-8", "surrogatepass"))
    return value, size
