"""Partition keys out of records: what a metadata extraction query takes out of them, in the part of jq that is built.

Paths, and the functions that keys are made with: the documentation's own are `.customer_id`, `.type.device` and
`.event_timestamp| strftime("%Y")`.
https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import refusals

_KEY = re.compile(r'\s*(?:"([^"]+)"|([A-Za-z_][A-Za-z0-9_]*))\s*(?::(.*))?', re.DOTALL)
_STEP = re.compile(r'\.([A-Za-z_][A-Za-z0-9_]*)|\."([^"]+)"|\.?\["([^"]+)"\]|\.?\[(\d+)\]')
_TIME = re.compile(r'strftime\(\s*"([^"]*)"\s*\)')

Stage = Callable[[Any], Any]
Keys = dict[str, list[Stage]]


@lru_cache(maxsize=256)
def parsed(query: str) -> Keys:
    """The keys of a query like `{year: .date| strftime("%Y")}`, each with the stages of its pipe."""
    text = query.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise refusals.invalid("MetadataExtractionQuery has to be a JSON object.", Fact("request", "query", query))
    found: Keys = {}
    for entry in _divided(text[1:-1], ","):
        match = _KEY.fullmatch(entry)
        if match is None:
            raise not_implemented("firehose", f"MetadataExtractionQuery {entry.strip()}")
        name: str = match[1] or match[2]
        # `{device}` is short for `{device: .device}`.
        pipe = match[3] if match[3] is not None else f'."{name}"'
        found[name] = [_stage(each.strip()) for each in _divided(pipe, "|")]
    return found


def extracted(keys: Keys, data: bytes) -> Mapping[str, str] | None:
    """The keys of one record; None where it is no JSON, or lacks one."""
    try:
        document: Any = json.loads(data)
        found: dict[str, str] = {}
        for name, stages in keys.items():
            value = document
            for stage in stages:
                value = stage(value)
            if value is None or isinstance(value, (dict, list)):
                return None
            found[name] = _text(value)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return found


def _divided(text: str, at: str) -> list[str]:
    """The parts between separators that stand in no string."""
    parts, is_quoted = [""], False
    for letter in text:
        if letter == at and not is_quoted:
            parts.append("")
            continue
        is_quoted ^= letter == '"'
        parts[-1] += letter
    return parts


def _stage(text: str) -> Stage:
    function = _FUNCTIONS.get(text)
    if function is not None:
        return function
    time = _TIME.fullmatch(text)
    if time is not None:
        form = time[1]
        return lambda value: _number_of(value, lambda at: datetime.fromtimestamp(at, UTC).strftime(form))
    steps: list[str | int] = []
    at = 0
    while at < len(text) and text != ".":
        step = _STEP.match(text, at)
        if step is None:
            raise not_implemented("firehose", f"MetadataExtractionQuery {text}")
        steps.append(int(step[4]) if step[4] else step[1] or step[2] or step[3])
        at = step.end()
    if not text:
        raise not_implemented("firehose", "MetadataExtractionQuery without an expression")
    return lambda value: _followed(value, steps)


def _followed(value: Any, steps: list[str | int]) -> Any:
    for step in steps:
        if isinstance(step, int):
            items = cast("list[Any]", value) if isinstance(value, list) else []
            value = items[step] if step < len(items) else None
        else:
            value = cast("dict[str, Any]", value).get(step) if isinstance(value, dict) else None
    return value


def _number_of(value: Any, then: Callable[[int | float], Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("jq wants a number")
    return then(value)


def _string_of(value: Any, then: Callable[[str], Any]) -> Any:
    if not isinstance(value, str):
        raise TypeError("jq wants a string")
    return then(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else _string_of(value, json.loads)


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_FUNCTIONS: dict[str, Stage] = {
    "ascii_downcase": lambda value: _string_of(value, str.lower),
    "ascii_upcase": lambda value: _string_of(value, str.upper),
    "floor": lambda value: _number_of(value, lambda number: int(number // 1)),
    "fromdate": lambda value: _string_of(value, _seconds),
    "todate": lambda value: _number_of(value, _date),
    "tonumber": _number,
    "tostring": _text,
}
