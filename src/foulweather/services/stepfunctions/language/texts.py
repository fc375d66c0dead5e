"""JSON as Step Functions prints and measures it."""

from __future__ import annotations

import json
from typing import Any

import orjson

from foulweather.services.stepfunctions.language.errors import StatesError


def json_text(value: Any, *, ordered: bool = False) -> str:
    """Compact JSON, as it stands in causes and as States.JsonToString gives it; `ordered` is for comparing."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if ordered else None).decode()
    except TypeError:
        # What orjson does not write: integers beyond 64 bits, and more than 254 levels.
        pass
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=ordered)
    except RecursionError:
        raise StatesError("States.Runtime", "The JSON is too deeply nested") from None


def bytes_of(value: Any) -> int:
    """How many bytes a value takes as JSON in UTF-8."""
    try:
        return len(orjson.dumps(value))
    except TypeError:
        return len(json_text(value).encode())
