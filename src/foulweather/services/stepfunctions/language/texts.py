"""JSON as Step Functions prints and measures it."""

from __future__ import annotations

import json
from typing import Any, cast

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


SHARED_MAX = 64
"""How many parts of a value may be the same document before it is looked at whether all of them can be printed."""
BUILT_BYTES_MAX = 8 << 20


def check_built(value: Any) -> Any:
    """A value that was put together, unless it says the same so often that it could not be printed."""
    weight, waiting = 0, [value]
    while waiting:
        here: Any = waiting.pop()
        if isinstance(here, str):
            weight += len(here)
        elif isinstance(here, list | dict):
            parts: list[Any] = list(cast("list[Any]", here))
            if isinstance(here, dict):
                parts += cast("dict[str, Any]", here).values()
            weight += 8 * len(parts)
            waiting += parts if weight <= BUILT_BYTES_MAX else []
        if weight > BUILT_BYTES_MAX:
            raise StatesError("States.DataLimitExceeded", f"The value has more than {BUILT_BYTES_MAX} bytes")
    return value
