"""The parsers of whatever logs: JSON, grok, CSV, pairs of keys and values.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from orjson import JSONDecodeError, loads

from foulweather.services.logs.transforming.errors import InvalidTransformer, Untransformed
from foulweather.services.logs.transforming.grok import Grok
from foulweather.services.logs.transforming.paths import Event, find, put, under

MESSAGE: Final = "@message"
Config = Mapping[str, Any]
Step = Callable[[Event, Mapping[str, str]], None]
"""What a processor does to an event; the metadata are the message, and where it came from."""
_DELIMITERS: Final = {"\\t": "\t", "\\s": " "}


def source_text(event: Event, metadata: Mapping[str, str], source: str | None) -> str:
    """The text that a parser reads."""
    if source is None or source == MESSAGE:
        return metadata[MESSAGE]
    value = find(event, source)
    if not isinstance(value, str):
        raise Untransformed(f"The source field {source} is missing or is no string.")
    return value


def _place(event: Event, destination: str | None) -> Event:
    place = under(event, destination)
    if place is None:
        raise Untransformed(f"The destination field {destination} is no object.")
    return place


def parse_json(config: Config) -> Step:
    """Takes a text in JSON apart."""
    source, destination = config.get("source"), config.get("destination")

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        try:
            document: Any = loads(source_text(event, metadata, source))
        except JSONDecodeError:
            raise Untransformed("The source field is not valid JSON.") from None
        if not isinstance(document, dict):
            raise Untransformed("The source field is no JSON object.")
        if destination:
            put(event, destination, document)
        else:
            event.update(cast("Event", document))

    return step


def grok(config: Config) -> Step:
    """Takes a text apart by a grok pattern."""
    source, pattern = config.get("source"), Grok(config["match"])

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        found = pattern.fields(source_text(event, metadata, source))
        if found is None:
            raise Untransformed("The source field does not match the grok pattern.")
        for field, value in found.items():
            put(event, field, value)

    return step


def parse_csv(config: Config) -> Step:
    """Takes a line of values apart; columns without a name are numbered."""
    source, destination = config.get("source"), config.get("destination")
    delimiter: str = config.get("delimiter") or ","
    if len(delimiter) > 1 and delimiter not in _DELIMITERS:
        raise InvalidTransformer("The csv delimiter must be a single character, \\t or \\s.")
    delimiter, quote = _DELIMITERS.get(delimiter, delimiter), config.get("quoteCharacter") or '"'
    if delimiter == quote or {delimiter, quote} & {"\n", "\r"}:
        raise InvalidTransformer("The csv delimiter and quoteCharacter must be different characters of one line.")
    columns: list[str] = config.get("columns") or []

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        text = source_text(event, metadata, source)
        try:
            values: list[str] = next(csv.reader([text], delimiter=delimiter, quotechar=quote), list[str]())
        except csv.Error as error:
            raise Untransformed(f"The source field is not valid CSV: {error}.") from None
        place = _place(event, destination)
        for number, value in enumerate(values, 1):
            put(place, columns[number - 1] if number <= len(columns) else f"column_{number}", value)

    return step


def parse_key_value(config: Config) -> Step:
    """Takes pairs of keys and values apart."""
    source, destination = config.get("source"), config.get("destination")
    field_delimiter, between = config.get("fieldDelimiter") or "&", config.get("keyValueDelimiter") or "="
    prefix, overwrites = config.get("keyPrefix") or "", bool(config.get("overwriteIfExists"))

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        place = _place(event, destination)
        for pair in source_text(event, metadata, source).split(field_delimiter):
            key, is_split, value = pair.partition(between)
            if key and (overwrites or prefix + key not in place):
                place[prefix + key] = value if is_split else config.get("nonMatchValue")

    return step
