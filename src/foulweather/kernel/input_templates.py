"""Input templates, as EventBridge's rules and pipes have them: text and JSON with placeholders `<name>`.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.event_paths import MISSING

PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def dumps(value: Any) -> str:
    """Compact JSON; half a surrogate pair stays escaped, for it has no bytes of its own."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The text of a template: a string inside quotes is put in as it is, elsewhere a value is JSON."""

    def inside(found: re.Match[str]) -> str:
        value = values.get(found[1], found[0])
        if value is MISSING:
            return ""
        text = value if isinstance(value, str) else dumps(value)
        # In a quoted string the value's own quotes are escaped, so that the string stays one.
        return dumps(text)[1:-1]

    def outside(found: re.Match[str]) -> str:
        value = values.get(found[1], MISSING)
        return "" if value is MISSING else dumps(value)

    return each_part(template, inside, outside)


def each_part(template: str, inside: Callable[[re.Match[str]], str], outside: Callable[[re.Match[str]], str]) -> str:
    """A template with its placeholders replaced: inside quotes by the one, elsewhere by the other."""
    parts: list[str] = []
    at = 0
    for quoted in QUOTED.finditer(template):
        parts.append(PLACEHOLDER.sub(outside, template[at : quoted.start()]))
        parts.append(PLACEHOLDER.sub(inside, quoted[0]))
        at = quoted.end()
    parts.append(PLACEHOLDER.sub(outside, template[at:]))
    return "".join(parts)
