"""The functions of queries in CloudTrail Lake, as SQLite calls them: maps, arrays and structures are JSON.

https://trino.io/docs/current/functions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from foulweather.kernel import linear_patterns

AGGREGATES: Final = frozenset({"count", "sum", "min", "max", "avg"})
_SAME: Final = (
    *("lower", "upper", "length", "substr", "trim", "ltrim", "rtrim"),
    *("replace", "coalesce", "nullif", "abs", "round"),
)
BUILT_IN: Final = {
    **{name: name for name in _SAME},
    "if": "iif",
    "greatest": "max",
    "least": "min",
}
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_UNITS: Final = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _told(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, dict | list) else value


def field(value: Any, name: str) -> Any:
    """A member of a structure, whatever the case of its name."""
    held = _read(value)
    if isinstance(held, list):
        return None
    if not isinstance(held, dict):
        return None
    found = cast("dict[str, Any]", held)
    return next((_told(each) for key, each in found.items() if key.lower() == name), None)


def element_at(value: Any, key: Any) -> Any:
    """A value of a map by its key, or of an array by its number, from one on."""
    held = _read(value)
    if isinstance(held, dict):
        return _told(cast("dict[str, Any]", held).get(str(key)))
    if isinstance(held, list) and isinstance(key, int) and key != 0:
        items = cast("list[Any]", held)
        place = key - 1 if key > 0 else len(items) + key
        return _told(items[place]) if 0 <= place < len(items) else None
    return None


def _items(value: Any) -> list[Any]:
    held = _read(value)
    return cast("list[Any]", held) if isinstance(held, list) else []


def _cardinality(value: Any) -> int | None:
    held = _read(value)
    return len(cast("list[Any]", held)) if isinstance(held, list | dict) else None


def _map_keys(value: Any) -> str | None:
    held = _read(value)
    return json.dumps(list(cast("dict[str, Any]", held))) if isinstance(held, dict) else None


def _map_values(value: Any) -> str | None:
    held = _read(value)
    return json.dumps(list(cast("dict[str, Any]", held).values())) if isinstance(held, dict) else None


def _slice(value: Any, start: int, length: int) -> str:
    items = _items(value)
    begin = start - 1 if start > 0 else len(items) + start
    return json.dumps(items[begin : begin + length])


def _extract(value: Any, path: str) -> Any:
    """A value by a JSONPath of names and numbers: `$.a.b[0]`."""
    held = _read(value)
    for name, number, quoted in re.findall(r"\.([\w-]+)|\[(\d+)\]|\[\"([^\"]+)\"\]", path):
        if number:
            items = cast("list[Any]", held) if isinstance(held, list) else []
            held = items[int(number)] if int(number) < len(items) else None
        else:
            held = cast("dict[str, Any]", held).get(name or quoted) if isinstance(held, dict) else None
    return held


def _extract_scalar(value: Any, path: str) -> Any:
    found = _extract(value, path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return None if found is None or isinstance(found, dict | list) else str(found)


def _extract_json(value: Any, path: str) -> Any:
    found = _extract(value, path)
    return None if found is None else json.dumps(found)


def _json_length(value: Any) -> int | None:
    held = _read(value)
    return len(cast("list[Any]", held)) if isinstance(held, list) else None


def _json_get(value: Any, place: int) -> Any:
    items = _items(value)
    return _told(items[place]) if -len(items) <= place < len(items) else None


def _is_scalar(value: Any) -> int:
    return int(not isinstance(_read(value), dict | list))


# --- times


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo is not None else found


def _written(at: datetime) -> str:
    return f"{at:{_FORMAT}}.{at.microsecond // 1000:03d}"


def _date(value: Any) -> str | None:
    at = _time(value)
    return None if at is None else f"{at:%Y-%m-%d}"


def _timestamp(value: Any) -> str | None:
    at = _time(value)
    return None if at is None else _written(at)


def _date_add(unit: str, count: int, value: Any) -> str | None:
    at = _time(value)
    if at is None:
        return None
    if unit in ("month", "quarter", "year"):
        months = at.year * 12 + at.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
        last = (datetime(months // 12 + (months % 12 == 11), (months + 1) % 12 + 1, 1) - timedelta(days=1)).day
        return _written(at.replace(year=months // 12, month=months % 12 + 1, day=min(at.day, last)))
    return _written(at + timedelta(seconds=_UNITS[unit] * count))


def _date_diff(unit: str, first: Any, second: Any) -> int | None:
    start, end = _time(first), _time(second)
    if start is None or end is None:
        return None
    if unit in ("month", "quarter", "year"):
        months = (end.year - start.year) * 12 + end.month - start.month
        return months // {"month": 1, "quarter": 3, "year": 12}[unit]
    return int((end - start).total_seconds() / _UNITS[unit])


def _date_trunc(unit: str, value: Any) -> str | None:
    at = _time(value)
    if at is None:
        return None
    if unit == "week":
        at -= timedelta(days=at.weekday())
    zero: dict[str, Any] = {"microsecond": 0}
    for name, low in (("second", 0), ("minute", 0), ("hour", 0), ("day", 1), ("month", 1)):
        if unit == name:
            break
        zero[name] = low
        if unit == "week" and name == "hour":
            break
        if unit == "quarter" and name == "day":
            zero["month"] = (at.month - 1) // 3 * 3 + 1
            break
    return _written(at.replace(**zero))


def _part(read: Callable[[datetime], int]) -> Callable[[Any], int | None]:
    def part(value: Any) -> int | None:
        at = _time(value)
        return None if at is None else read(at)

    return part


_year, _month, _day = _part(lambda at: at.year), _part(lambda at: at.month), _part(lambda at: at.day)
_weekday, _yearday = _part(lambda at: at.isoweekday()), _part(lambda at: at.timetuple().tm_yday)
_week, _week_year = _part(lambda at: at.isocalendar()[1]), _part(lambda at: at.isocalendar()[0])


def _same(value: Any) -> Any:
    return value


def _contains(value: Any, item: Any) -> int:
    return int(item in _items(value))


def _distinct(value: Any) -> str:
    return json.dumps(list(dict.fromkeys(_items(value))))


def _largest(value: Any) -> Any:
    return max(_items(value), default=None)


def _smallest(value: Any) -> Any:
    return min(_items(value), default=None)


def _position(text: str | None, part: str) -> int | None:
    return None if text is None else text.find(part) + 1


def _starts(text: str | None, part: str) -> int | None:
    return None if text is None else int(text.startswith(part))


def _split_part(text: str | None, by: str, number: int) -> str | None:
    parts = [] if text is None else text.split(by)
    return parts[number - 1] if 0 < number <= len(parts) else None


def _matches(text: str | None, pattern: str) -> int | None:
    return None if text is None else int(linear_patterns.compiled(pattern).search(text) is not None)


def _matched(text: str | None, pattern: str) -> str | None:
    found = None if text is None else linear_patterns.compiled(pattern).search(text)
    return None if found is None else found[0]


FUNCTIONS: Final[dict[str, tuple[int, Callable[..., Any]]]] = {
    "field": (2, field),
    "element_at": (2, element_at),
    "cardinality": (1, _cardinality),
    "map_keys": (1, _map_keys),
    "map_values": (1, _map_values),
    "contains": (2, _contains),
    "array_distinct": (1, _distinct),
    "array_max": (1, _largest),
    "array_min": (1, _smallest),
    "slice": (3, _slice),
    "json_parse": (1, _same),
    "json_format": (1, _same),
    "is_json_scalar": (1, _is_scalar),
    "json_extract": (2, _extract_json),
    "json_extract_scalar": (2, _extract_scalar),
    "json_array_contains": (2, _contains),
    "json_array_get": (2, _json_get),
    "json_array_length": (1, _json_length),
    "concat": (-1, lambda *values: None if None in values else "".join(map(str, values))),
    "split_part": (3, _split_part),
    "strpos": (2, _position),
    "starts_with": (2, _starts),
    "regexp_like": (2, _matches),
    "regexp_extract": (2, _matched),
    "date": (1, _date),
    "from_iso8601_timestamp": (1, _timestamp),
    "date_add": (3, _date_add),
    "date_diff": (3, _date_diff),
    "date_trunc": (2, _date_trunc),
    "year": (1, _year),
    "quarter": (1, _part(lambda at: (at.month + 2) // 3)),
    "month": (1, _month),
    "week": (1, _week),
    "week_of_year": (1, _week),
    "year_of_week": (1, _week_year),
    "yow": (1, _week_year),
    "day": (1, _day),
    "day_of_month": (1, _day),
    "day_of_week": (1, _weekday),
    "dow": (1, _weekday),
    "day_of_year": (1, _yearday),
    "doy": (1, _yearday),
    "hour": (1, _part(lambda at: at.hour)),
    "minute": (1, _part(lambda at: at.minute)),
    "second": (1, _part(lambda at: at.second)),
    "millisecond": (1, _part(lambda at: at.microsecond // 1000)),
    "now": (0, lambda: None),  # the engine gives it the world's time
}
