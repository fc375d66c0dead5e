"""What each intrinsic function does with its arguments, and what it refuses.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Callable
from typing import Any, cast

import msgspec
import orjson

from foulweather.services.stepfunctions.language.json_types import is_container
from foulweather.services.stepfunctions.language.records import Scope
from foulweather.services.stepfunctions.language.texts import json_text

RANGE_ITEMS_MAX = 1000
TEXT_MAX = 10_000  # characters, of States.Base64Encode, Base64Decode and Hash
INTEGER_MIN, INTEGER_MAX = -2_147_483_648, 2_147_483_647
ALGORITHMS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


class Refused(Exception):
    """Why a function cannot work with its arguments."""


Apply = Callable[[list[Any], Scope], Any]


class Intrinsic(msgspec.Struct, frozen=True):
    """A function and how many arguments it takes."""

    apply: Apply
    arguments_min: int
    arguments_max: int | None


def _array(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refused(f"The {name} argument must be an array")
    return cast("list[Any]", value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Refused(f"The {name} argument must be a string")
    return value


def _whole(value: Any, name: str) -> int:
    """A number as an integer: AWS rounds what is none to the nearest."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(f"The {name} argument must be a number")
    return math.floor(value + 0.5) if isinstance(value, float) else value


def _bounded(value: Any, name: str) -> int:
    number = _whole(value, name)
    if not INTEGER_MIN <= number <= INTEGER_MAX:
        raise Refused(f"The {name} argument must be between {INTEGER_MIN} and {INTEGER_MAX}")
    return number


def _short(value: Any, name: str) -> str:
    text = _text(value, name)
    if len(text) > TEXT_MAX:
        raise Refused(f"The {name} argument must not be longer than {TEXT_MAX} characters")
    return text


def pieces(template: str) -> list[str]:
    """The text around each `{}` of a Format template; an escaped brace is a brace."""
    found = [""]
    at = 0
    while at < len(template):
        char = template[at]
        if char == "\\":
            if template[at + 1 : at + 2] not in ("\\", "'", "{", "}"):
                raise Refused("An open escape backslash is in the template")
            found[-1] += template[at + 1]
            at += 2
        elif template.startswith("{}", at):
            found.append("")
            at += 2
        elif char in "{}":
            raise Refused("A brace in the template must be escaped")
        else:
            found[-1] += char
            at += 1
    return found


def _format(arguments: list[Any], scope: Scope) -> str:
    around = pieces(_text(arguments[0], "template"))
    values = arguments[1:]
    if len(around) - 1 != len(values):
        raise Refused(f"The template has {len(around) - 1} occurrences of {{}}, and there are {len(values)} values")
    shown = [value if isinstance(value, str) else json_text(value) for value in values]
    return "".join(piece + value for piece, value in zip(around, [*shown, ""], strict=True))


def _string_to_json(arguments: list[Any], scope: Scope) -> Any:
    try:
        return orjson.loads(_text(arguments[0], "JSON string"))
    except orjson.JSONDecodeError as broken:
        raise Refused(f"Invalid JSON: {broken}") from None


def _array_partition(arguments: list[Any], scope: Scope) -> list[Any]:
    items, size = _array(arguments[0], "first"), _whole(arguments[1], "chunk size")
    if size <= 0:
        raise Refused("The chunk size must be a positive integer")
    return [items[at : at + size] for at in range(0, len(items), size)]


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_container(one) or is_container(other):
        if type(one) is not type(other):
            return False
        return json_text(one, ordered=True) == json_text(other, ordered=True)
    return one == other


def _array_contains(arguments: list[Any], scope: Scope) -> bool:
    return any(same(item, arguments[1]) for item in _array(arguments[0], "first"))


def _array_range(arguments: list[Any], scope: Scope) -> list[int]:
    first, last, step = (
        _whole(value, name) for value, name in zip(arguments, ("first", "second", "step"), strict=True)
    )
    if step == 0:
        raise Refused("The step must not be zero")
    count = max(0, (last - first) // step + 1)
    if count > RANGE_ITEMS_MAX:
        raise Refused(f"The array must not contain more than {RANGE_ITEMS_MAX} items")
    return [first + step * at for at in range(count)]


def _array_get_item(arguments: list[Any], scope: Scope) -> Any:
    items, index = _array(arguments[0], "first"), _whole(arguments[1], "index")
    if not 0 <= index < len(items):
        raise Refused(f"The index {index} is out of bounds for an array of length {len(items)}")
    return items[index]


def _array_unique(arguments: list[Any], scope: Scope) -> list[Any]:
    # By their JSON, so that a long array takes no quadratic time; the type stands before it because true is not 1.
    kept: dict[str, Any] = {}
    for item in _array(arguments[0], "first"):
        key = float(item) if isinstance(item, int) and not isinstance(item, bool) and abs(item) < 2**53 else item
        kept.setdefault(json_text(key, ordered=True), item)
    return list(kept.values())


def _base64_decode(arguments: list[Any], scope: Scope) -> str:
    try:
        return base64.b64decode(_short(arguments[0], "first"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Refused("The argument is not a valid Base64 string") from None


def _hash(arguments: list[Any], scope: Scope) -> str:
    data = arguments[0] if isinstance(arguments[0], str) else json_text(arguments[0])
    algorithm = ALGORITHMS.get(_text(arguments[1], "algorithm"))
    if algorithm is None:
        raise Refused(f"The algorithm must be one of {', '.join(ALGORITHMS)}")
    return algorithm(_short(data, "data").encode()).hexdigest()


def _json_merge(arguments: list[Any], scope: Scope) -> dict[str, Any]:
    one, other, deep = arguments
    if not isinstance(one, dict) or not isinstance(other, dict):
        raise Refused("The first and second arguments must be objects")
    if deep is not False:
        # "Currently, Step Functions only supports the shallow merging mode"
        raise Refused("The third argument must be false: only shallow merging is supported")
    return {**cast("dict[str, Any]", one), **cast("dict[str, Any]", other)}


def _seeded(seed: int) -> float:
    """A number in [0, 1) that a seed gives, always the same."""
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:7]) / 2**56


def _math_random(arguments: list[Any], scope: Scope) -> int:
    start, end = _bounded(arguments[0], "start"), _bounded(arguments[1], "end")
    if start >= end:
        raise Refused("The start must be less than the end")
    chance = _seeded(_bounded(arguments[2], "seed")) if len(arguments) > 2 else scope.random()
    return start + math.floor(chance * (end - start))


def _math_add(arguments: list[Any], scope: Scope) -> int:
    total = _bounded(arguments[0], "first") + _bounded(arguments[1], "second")
    if not INTEGER_MIN <= total <= INTEGER_MAX:
        raise Refused(f"The sum must be between {INTEGER_MIN} and {INTEGER_MAX}")
    return total


def _string_split(arguments: list[Any], scope: Scope) -> list[str]:
    text, delimiters = _text(arguments[0], "first"), _text(arguments[1], "delimiter")
    if not delimiters:
        return [text] if text else []
    # Each character of the second argument separates: ".+,=" in AWS's example.
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


FUNCTIONS: dict[str, Intrinsic] = {
    "States.Format": Intrinsic(_format, 1, None),
    "States.StringToJson": Intrinsic(_string_to_json, 1, 1),
    "States.JsonToString": Intrinsic(lambda arguments, scope: json_text(arguments[0]), 1, 1),
    "States.Array": Intrinsic(lambda arguments, scope: arguments, 0, None),
    "States.ArrayPartition": Intrinsic(_array_partition, 2, 2),
    "States.ArrayContains": Intrinsic(_array_contains, 2, 2),
    "States.ArrayRange": Intrinsic(_array_range, 3, 3),
    "States.ArrayGetItem": Intrinsic(_array_get_item, 2, 2),
    "States.ArrayLength": Intrinsic(lambda arguments, scope: len(_array(arguments[0], "first")), 1, 1),
    "States.ArrayUnique": Intrinsic(_array_unique, 1, 1),
    "States.Base64Encode": Intrinsic(
        lambda arguments, scope: base64.b64encode(_short(arguments[0], "first").encode()).decode(), 1, 1
    ),
    "States.Base64Decode": Intrinsic(_base64_decode, 1, 1),
    "States.Hash": Intrinsic(_hash, 2, 2),
    "States.JsonMerge": Intrinsic(_json_merge, 3, 3),
    "States.MathRandom": Intrinsic(_math_random, 2, 3),
    "States.MathAdd": Intrinsic(_math_add, 2, 2),
    "States.StringSplit": Intrinsic(_string_split, 2, 2),
    "States.UUID": Intrinsic(lambda arguments, scope: scope.uuid(), 0, 0),
}
