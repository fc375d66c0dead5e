"""Scalars as text: in forms, XML, headers, labels and query strings."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import TYPE_CHECKING, Any, Final

from foulweather.wire.codecs import timestamps

if TYPE_CHECKING:
    from collections.abc import Callable

    from foulweather.kernel.model import Shape

INTEGER_BOUNDS: Final = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
STRINGS: Final = ("string", "character")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")


def _string(text: str) -> str:
    return text


def _boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise ValueError("boolean must follow xsd1.1 definition")
    return value


def _integer(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if _INTEGER.fullmatch(text) is None or not least <= (value := int(text)) <= most:
            raise ValueError(f"{text[:100]!r} is not an integer of {most.bit_length() + 1} bits")
        return value

    return parse


def _float(text: str) -> float:
    if len(text) > 400 or "_" in text:
        raise ValueError("not a number")
    return float(text)


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def text_reader(shape: Shape, timestamp_format: str | None = None) -> Callable[[str], Any]:
    """How to read `shape`, a scalar, from text; the reader raises ValueError."""
    kind = shape.type
    if kind in STRINGS:
        return _string
    if kind == "boolean":
        return _boolean
    if kind in INTEGER_BOUNDS:
        return _integer(*INTEGER_BOUNDS[kind])
    if kind in ("float", "double"):
        return _float
    if kind == "timestamp":
        form = shape.trait("timestampFormat", timestamp_format)
        return timestamps.from_rfc822 if form == "rfc822" else timestamps.from_text
    if kind == "blob":
        return _blob
    raise TypeError(f"{shape} is not a scalar")


def float_text(value: float) -> str:
    """A float as AWS writes it: `NaN`, `Infinity`, and no more digits than it needs."""
    if math.isfinite(value):
        return repr(value) if isinstance(value, float) else str(value)
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _boolean_text(value: bool) -> str:
    return "true" if value else "false"


def _blob_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def text_writer(shape: Shape, write_timestamp: Callable[[int], str]) -> Callable[[Any], str] | None:
    """How to write `shape`, a scalar, as text; None for a string, which is text already."""
    kind = shape.type
    if kind in STRINGS:
        return None
    if kind == "boolean":
        return _boolean_text
    if kind in INTEGER_BOUNDS:
        return str
    if kind in ("float", "double"):
        return float_text
    if kind == "timestamp":
        form = shape.trait("timestampFormat")
        return timestamps.formatter(form) if form else write_timestamp
    if kind == "blob":
        return _blob_text
    raise TypeError(f"{shape} is not a scalar")
