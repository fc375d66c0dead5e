"""Sizes of what is stored: accepted items and values, measured again without being validated.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from typing import Final

from foulweather.services.dynamodb.language import numerals
from foulweather.services.dynamodb.language.accept import DOCUMENT_BYTES, ELEMENT_BYTES
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.values import AttributeValue, Item

ITEM_BYTES_MAX: Final = 409_600
TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"
TOO_LARGE_AFTER_UPDATE: Final = "Item size to update has exceeded the maximum allowed size"


def item_size(item: Item) -> int:
    """An item's bytes: the names and the values of its attributes."""
    return sum(text_size(name) + value_size(value) for name, value in item.items())


def value_size(value: AttributeValue) -> int:
    """A value's bytes."""
    ((kind, content),) = value.items()
    if kind == "S":
        return text_size(content)
    if kind == "N":
        return numerals.read(content)[1]
    if kind == "B":
        return len(content)
    if kind == "M":
        return DOCUMENT_BYTES + sum(
            ELEMENT_BYTES + text_size(name) + value_size(member) for name, member in content.items()
        )
    if kind == "L":
        return DOCUMENT_BYTES + sum(ELEMENT_BYTES + value_size(element) for element in content)
    if kind == "SS":
        return sum(map(text_size, content))
    if kind == "NS":
        return sum(numerals.read(text)[1] for text in content)
    if kind == "BS":
        return sum(map(len, content))
    return 1


def text_size(text: str) -> int:
    """A text's bytes in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def checked_item_size(item: Item) -> int:
    """An item's bytes, at most 400 KB."""
    size = item_size(item)
    if size > ITEM_BYTES_MAX:
        raise LanguageError(TOO_LARGE)
    return size
