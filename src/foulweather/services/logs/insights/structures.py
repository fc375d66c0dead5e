"""The JSON functions, and the maps and lists that they make (CWL_QuerySyntax-json-functions)."""

from __future__ import annotations

import csv
import re
from typing import Any, cast

import msgspec

from foulweather.services.logs.insights.values import at, shown, text

_JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_LOGFMT = re.compile(r'([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|(\S*)))?')


def json_parse(value: Any) -> Any:
    """The map or the list that a text in JSON says; nothing for any other text."""
    found = text(value)
    if found is None:
        return None
    try:
        document = _JSON.decode(found)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return document if document.__class__ is dict or document.__class__ is list else None


def json_stringify(value: Any) -> str | None:
    """A map or a list as JSON."""
    return shown(value) if value.__class__ is dict or value.__class__ is list else None


def _array(value: Any) -> list[Any] | None:
    document = value if value.__class__ is list else json_parse(value)
    return cast("list[Any]", document) if document.__class__ is list else None


def json_array_size(value: Any) -> int | None:
    """How many elements an array in JSON has."""
    array = _array(value)
    return None if array is None else len(array)


def json_array_contains(value: Any, member: Any) -> bool:
    """Whether an array in JSON has an element, by its text."""
    searched = text(member)
    return searched is not None and any(text(element) == searched for element in _array(value) or [])


def json_path(value: Any, path: tuple[str, ...]) -> Any:
    """What lies at a path of a map, or of a text in JSON."""
    document = value if value.__class__ is dict or value.__class__ is list else json_parse(value)
    return at(document, path)


def items(value: Any) -> list[Any]:
    """What `unnest` makes records of: the items of a list; anything else is a list with one item."""
    return cast("list[Any]", value) if value.__class__ is list else [value]


def logfmt(value: Any) -> dict[str, str] | None:
    """The pairs of a line in logfmt."""
    found = text(value)
    if found is None or "=" not in found:
        return None
    return {
        match[1]: re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3] or ""
        for match in _LOGFMT.finditer(found)
    }


def csv_values(value: Any, count: int) -> tuple[str | None, ...]:
    """The first values of a line in CSV, as many as there are aliases."""
    found = text(value)
    try:
        rows = list(csv.reader([found])) if found is not None else []
    except csv.Error:
        rows = []
    row = rows[0] if rows else []
    return tuple(row[index].strip() if index < len(row) else None for index in range(count))
