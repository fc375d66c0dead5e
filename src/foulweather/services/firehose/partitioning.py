"""Partition keys out of records: the paths that a metadata extraction query names.

https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import refusals

_ENTRY = re.compile(r'\s*("?)([A-Za-z_][A-Za-z0-9_]*)\1\s*:\s*(\.[A-Za-z0-9_."\[\]]*)\s*')
_STEP = re.compile(r'\.([A-Za-z_][A-Za-z0-9_]*)|\."([^"]+)"|\[(\d+)\]')

Paths = dict[str, list[str | int]]


def parsed(query: str) -> Paths:
    """The keys of a query like `{year: .date.year}`, with their paths; the rest of jq is not built."""
    text = query.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise refusals.invalid("MetadataExtractionQuery has to be a JSON object.", Fact("request", "query", query))
    found: Paths = {}
    for entry in text[1:-1].split(","):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise not_implemented("firehose", f"MetadataExtractionQuery {entry.strip()}")
        steps: list[str | int] = []
        at, path = 0, match[3]
        while at < len(path):
            step = _STEP.match(path, at)
            if step is None:
                raise not_implemented("firehose", f"MetadataExtractionQuery {path}")
            steps.append(int(step[3]) if step[3] else step[1] or step[2])
            at = step.end()
        found[match[2]] = steps
    return found


def extracted(paths: Paths, data: bytes) -> Mapping[str, str] | None:
    """The keys of one record; None where it is no JSON, or lacks one."""
    try:
        document: Any = json.loads(data)
    except ValueError:
        return None
    keys: dict[str, str] = {}
    for name, steps in paths.items():
        value = document
        for step in steps:
            value = _stepped(value, step)
        if value is None or isinstance(value, (dict, list)):
            return None
        keys[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return keys


def _stepped(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        if not isinstance(value, list):
            return None
        items = cast("list[Any]", value)
        return items[step] if step < len(items) else None
    return cast("dict[str, Any]", value).get(step) if isinstance(value, dict) else None
