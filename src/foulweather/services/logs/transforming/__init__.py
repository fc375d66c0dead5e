"""Log transformers, compiled once: what becomes of an event, processor by processor.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Create.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from orjson import dumps

from foulweather.kernel.errors import not_implemented
from foulweather.services.logs.transforming import documents, parsers, strings, values, vended
from foulweather.services.logs.transforming.errors import InvalidTransformer, Untransformed
from foulweather.services.logs.transforming.parsers import MESSAGE, Config, Step
from foulweather.services.logs.transforming.paths import DEPTH_MAX, Event

__all__ = ["InvalidTransformer", "Transform", "Untransformed"]

PARSERS_MAX: Final = 5
PROCESSORS_MAX: Final = 20
# "Each transformer can extract up to 200 fields from a log event."
FIELDS_MAX: Final = 200
_PARSERS: Final[dict[str, Callable[[Config], Step]]] = {
    "parseJSON": parsers.parse_json,
    "grok": parsers.grok,
    "csv": parsers.parse_csv,
    "parseKeyValue": parsers.parse_key_value,
}
_VENDED: Final[dict[str, Callable[[Config], Step]]] = {
    "parseCloudfront": vended.parse_cloudfront,
    "parsePostgres": vended.parse_postgres,
    "parseRoute53": vended.parse_route53,
    "parseVPC": vended.parse_vpc,
    "parseWAF": vended.parse_waf,
}
_OTHERS: Final[dict[str, Callable[[Config], Step]]] = {
    "addKeys": documents.add_keys,
    "copyValue": documents.copy_value,
    "dateTimeConverter": values.date_time_converter,
    "deleteKeys": documents.delete_keys,
    "listToMap": documents.list_to_map,
    "lowerCaseString": strings.lower_case,
    "moveKeys": documents.move_keys,
    "renameKeys": documents.rename_keys,
    "splitString": strings.split,
    "substituteString": strings.substitute,
    "trimString": strings.trim,
    "typeConverter": values.type_converter,
    "upperCaseString": strings.upper_case,
}
_OCSF: Final = "parseToOCSF"
_ONCE: Final = ("grok", "addKeys", "copyValue")
_PATHS: Final = ("source", "destination", "target", "key", "renameTo")


class Transform:
    """A compiled transformer."""

    def __init__(self, config: Sequence[Mapping[str, Any]]) -> None:
        processors = [_processor(each) for each in config]
        _check([name for name, _ in processors])
        for name, given in processors:
            _check_paths(name, given)
        if any(name == _OCSF for name, _ in processors):
            raise not_implemented("logs", "PutTransformer.transformerConfig.parseToOCSF")
        every = {**_PARSERS, **_VENDED, **_OTHERS}
        self._steps = [every[name](given) for name, given in processors]

    def transformed(self, message: str, origin: Mapping[str, str]) -> str:
        """An event's message as the processors make it; `origin` tells where it comes from."""
        event: Event = {}
        metadata = {**origin, MESSAGE: message}
        for step in self._steps:
            step(event, metadata)
        if (fields := _count(event)) > FIELDS_MAX:
            raise Untransformed(f"The log event has {fields} fields of at most {FIELDS_MAX}.")
        return dumps(event).decode()


def _count(value: Any) -> int:
    if not isinstance(value, dict | list) or not value:
        return 1
    below: list[Any] = list(cast("Event", value).values()) if isinstance(value, dict) else cast("list[Any]", value)
    return sum([_count(each) for each in below])


def _processor(given: Mapping[str, Any]) -> tuple[str, Config]:
    named = [(name, config) for name, config in given.items() if config is not None]
    if len(named) != 1:
        raise InvalidTransformer("Each processor of a transformer must be exactly one of the supported processors.")
    return named[0]


def _check(names: Sequence[str]) -> None:
    """Refuse processors in an order or a number that no transformer can have."""
    if not 0 < len(names) <= PROCESSORS_MAX:
        raise InvalidTransformer(f"A transformer must have between 1 and {PROCESSORS_MAX} processors.")
    if names[0] not in _PARSERS and names[0] not in _VENDED and names[0] != _OCSF:
        raise InvalidTransformer("The first processor in a transformer must be a parser.")
    for name in names[1:]:
        if name in _VENDED or name == _OCSF:
            raise InvalidTransformer(f"{name} must be the first processor in a transformer.")
    if sum(1 for name in names if name in _PARSERS or name in _VENDED) > PARSERS_MAX:
        raise InvalidTransformer(f"A transformer can have at most {PARSERS_MAX} parsers.")
    for name in _ONCE:
        if names.count(name) > 1:
            raise InvalidTransformer(f"A transformer can have only one {name} processor.")


def _check_paths(name: str, config: Config) -> None:
    source = config.get("source")
    if name in _VENDED and source not in (None, MESSAGE):
        raise InvalidTransformer(f"The source of {name} must be {MESSAGE}.")
    places: list[Mapping[str, Any]] = [config, *(config.get("entries") or [])]
    paths = [str(place[field]) for place in places for field in _PATHS if place.get(field)]
    keys: list[str] = [*(config.get("withKeys") or []), *(config.get("columns") or [])]
    for path in [*paths, *keys]:
        parts = path.split(".")
        if len(parts) > DEPTH_MAX or not all(parts):
            raise InvalidTransformer(f"Invalid key '{path}': keys can be nested {DEPTH_MAX} deep at most.")
