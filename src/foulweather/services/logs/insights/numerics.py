"""The numeric functions (CWL_QuerySyntax-operations-numeric)."""

from __future__ import annotations

import math
from typing import Any

from foulweather.services.logs.insights.values import Number, finite, number

_EARTH_KM = 6371.0088


def absolute(value: Any) -> Number | None:
    """The absolute value."""
    found = number(value)
    return None if found is None else abs(found)


def ceil(value: Any) -> int | None:
    """The smallest integer that is not less."""
    found = number(value)
    return None if found is None else math.ceil(found)


def floor(value: Any) -> int | None:
    """The largest integer that is not more."""
    found = number(value)
    return None if found is None else math.floor(found)


def greatest(*values: Any) -> Number | None:
    """The largest of the numbers that are there."""
    return max((found for value in values if (found := number(value)) is not None), default=None)


def least(*values: Any) -> Number | None:
    """The smallest of the numbers that are there."""
    return min((found for value in values if (found := number(value)) is not None), default=None)


def log(value: Any) -> float | None:
    """The natural logarithm."""
    found = number(value)
    return math.log(found) if found is not None and found > 0 else None


def sqrt(value: Any) -> float | None:
    """The square root."""
    found = number(value)
    try:
        return math.sqrt(found) if found is not None and found >= 0 else None
    except OverflowError:
        return None


def rounded(value: Any, decimals: Any = 0) -> Number | None:
    """Rounded to decimals, halves away from zero as Java does with positive numbers."""
    found, places = number(value), number(decimals)
    if found is None or places is None or isinstance(found, int):
        return found
    scale = 10.0 ** max(min(int(places), 15), -15)
    scaled = finite(abs(found) * scale)
    if scaled is None:
        return found
    result = math.copysign(math.floor(scaled + 0.5) / scale, found)
    return int(result) if places <= 0 and result.is_integer() else result


def haversine(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> float | None:
    """The great-circle distance between two points in kilometers."""
    degrees = [number(value) for value in (lat1, lon1, lat2, lon2)]
    if any(value is None for value in degrees):
        return None
    try:
        phi1, lambda1, phi2, lambda2 = (math.radians(value or 0) for value in degrees)
        h = math.sin((phi2 - phi1) / 2) ** 2
        h += math.cos(phi1) * math.cos(phi2) * math.sin((lambda2 - lambda1) / 2) ** 2
    except (OverflowError, ValueError):
        return None
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def to_int(value: Any) -> int | None:
    """As an integer of 32 bits; nothing where it does not fit."""
    return _integer(value, 31)


def to_long(value: Any) -> int | None:
    """As an integer of 64 bits; nothing where it does not fit."""
    return _integer(value, 63)


def to_double(value: Any) -> float | None:
    """As a floating-point number."""
    found = number(value)
    try:
        return None if found is None else float(found)
    except OverflowError:
        return None


def is_numeric(value: Any) -> bool:
    """Whether the value can be read as a number."""
    return number(value) is not None


def _integer(value: Any, bits: int) -> int | None:
    found = number(value)
    if found is None or not -(2**bits) <= int(found) < 2**bits:
        return None
    return int(found)
