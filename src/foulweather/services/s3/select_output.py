"""The results of S3 Select as bytes: CSV or JSON.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_OutputSerialization.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from foulweather.services.s3.select_functions import text_of
from foulweather.services.s3.select_refusals import refused

MISSING: Final = object()
"""What a record does not have, which is not null."""
RECORD_CHARACTERS_MAX: Final = 1 << 20

Row = list[tuple[str, Any]]
Write = Callable[[Row], bytes]


def as_json(value: Any) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def writer(serialization: Mapping[str, Any]) -> Write:
    """What writes one result; refuses options that make no sense."""
    kinds = [name for name in ("CSV", "JSON") if serialization.get(name) is not None]
    if len(kinds) != 1:
        code = "ObjectSerializationConflict" if kinds else "MissingRequiredParameter"
        raise refused(code, "OutputSerialization", kinds)
    options: Mapping[str, Any] = serialization[kinds[0]]
    delimiter = options.get("RecordDelimiter", "\n")
    return _json_writer(delimiter) if kinds[0] == "JSON" else _csv_writer(options, delimiter)


def _json_writer(delimiter: str) -> Write:
    def write(row: Row) -> bytes:
        members = {name: _plain(value) for name, value in row if value is not MISSING}
        return _bounded(as_json(members) + delimiter)

    return write


def _plain(value: Any) -> Any:
    """A value as JSON has it: floats that are whole are written so."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _csv_writer(options: Mapping[str, Any], delimiter: str) -> Write:
    fields = options.get("QuoteFields") or "ASNEEDED"
    if fields not in ("ALWAYS", "ASNEEDED"):
        raise refused("InvalidQuoteFields", "QuoteFields", fields)
    between = options.get("FieldDelimiter", ",")
    quote = options.get("QuoteCharacter", '"')
    escape = options.get("QuoteEscapeCharacter", '"') or quote
    for name, value in (("FieldDelimiter", between), ("QuoteCharacter", quote), ("QuoteEscapeCharacter", escape)):
        if len(value) > 1:
            raise refused("InvalidRequestParameter", name, value)
    special = [each for each in (between, quote, escape, "\n", "\r", delimiter) if each]

    def field(value: Any) -> str:
        if value is MISSING or value is None:
            return ""
        text = as_json(value) if isinstance(value, (dict, list)) else text_of(value)
        if quote and (fields == "ALWAYS" or any(each in text for each in special)):
            if escape != quote:
                text = text.replace(escape, escape + escape)
            return f"{quote}{text.replace(quote, escape + quote)}{quote}"
        return text

    return lambda row: _bounded(between.join([field(value) for _, value in row]) + delimiter)


def _bounded(text: str) -> bytes:
    if len(text) > RECORD_CHARACTERS_MAX:
        raise refused("OverMaxRecordSize", "result", len(text))
    return text.encode("utf-8", "replace")
