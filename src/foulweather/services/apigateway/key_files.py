"""Files of API keys, as comma separated values.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html
"""

from __future__ import annotations

import csv
from typing import Final, NamedTuple

from foulweather.services.apigateway import refusals

_COLUMNS: Final = ("name", "key", "description", "enabled", "usageplanids")


class KeyRow(NamedTuple):
    """One key of a file."""

    name: str
    key: str
    description: str | None
    enabled: bool
    plan_ids: tuple[str, ...]


def rows(body: bytes) -> list[KeyRow]:
    """The keys of a file: `name` and `key` are required, `enabled` is true unless it says otherwise."""
    try:
        lines = list(csv.reader(body.decode("utf-8-sig").splitlines(), skipinitialspace=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise refusals.invalid("Failed to parse API keys file", body=str(error)) from None
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise refusals.invalid("Failed to parse API keys file", body="it is empty")
    header = [cell.strip().lower() for cell in lines[0]]
    unknown = [name for name in header if name not in _COLUMNS]
    if unknown or "key" not in header or "name" not in header:
        raise refusals.invalid("Failed to parse API keys file: invalid header", header=header)
    found: list[KeyRow] = []
    for line in lines[1:]:
        cells = {name: cell.strip() for name, cell in zip(header, line, strict=False)}
        if not cells.get("key") or not cells.get("name"):
            raise refusals.invalid("Failed to parse API keys file: name and key are required", row=line)
        enabled = (cells.get("enabled") or "true").lower()
        if enabled not in ("true", "false"):
            raise refusals.invalid("Failed to parse API keys file: enabled must be true or false", row=line)
        plans = tuple(plan.strip() for plan in (cells.get("usageplanids") or "").split(",") if plan.strip())
        found.append(KeyRow(cells["name"], cells["key"], cells.get("description") or None, enabled == "true", plans))
    return found
