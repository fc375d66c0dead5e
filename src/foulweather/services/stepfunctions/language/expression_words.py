"""What JSONata 2.0.6 says about an error: the codes and messages that AWS gives, where jsonata-python's are others."""

from __future__ import annotations

import re
from typing import Any

from jsonata import jexception

from foulweather.services.stepfunctions.language.expression_engine import (
    NULL,
    TOO_DEEP,
    OutOfBounds,
    RefusedCall,
)
from foulweather.services.stepfunctions.language.texts import json_text

_INSERT = re.compile(r"\{\{(\{?)\w+\}?\}\}")
_TYPES = {"n": "numbers", "s": "strings", "b": "booleans", "o": "objects", "f": "functions", "a": "arrays"}

# What is inserted where, by JSONata's own names, for the codes whose arguments the library has in another order.
_SWAPPED = frozenset({"T0410", "T0411", "T0412"})


def words(wrong: BaseException) -> tuple[str, str]:
    """The code of an error ("" where it has none) and its message."""
    if isinstance(wrong, OutOfBounds | RefusedCall):
        return "", str(wrong)
    if isinstance(wrong, RecursionError):
        return "", TOO_DEEP
    if isinstance(wrong, jexception.JException):
        return _coded(wrong)
    if isinstance(wrong, OverflowError):
        return "D1001", f"Number out of range: {wrong}"
    return "", str(wrong) or type(wrong).__name__


def _coded(wrong: Any) -> tuple[str, str]:
    code = str(wrong.error)
    template = jexception.JException.error_codes.get(code)
    if template is None:
        return ("D3010", code) if code.startswith("Second argument of replace") else ("", code)
    if template == "{{{message}}}":
        return code, str(wrong.current)
    inserts = iter((wrong.expected,) if code == "D1002" else (wrong.current, wrong.expected, wrong.extra))

    def inserted(found: re.Match[str]) -> str:
        value = next(inserts, None)
        if code == "T0412" and found.group().strip("{}") == "type":
            value = _TYPES.get(str(value), value)
        if code in _SWAPPED and found.group().strip("{}") == "index":
            return str(value)
        return str(value) if found.group(1) else _shown(value)

    # The library has Java's "Object" where JavaScript says function.
    said = _INSERT.sub(inserted, template)
    return code, said.replace(" Object", " function").replace("The matcher Object", "The matcher function")


def _shown(value: Any) -> str:
    try:
        return json_text(None if value is NULL else value)
    except (TypeError, ValueError):
        return str(value)
