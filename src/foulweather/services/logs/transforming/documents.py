"""The processors that add, copy, move, rename and delete fields, and make maps of lists.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-JSONMutate.html
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final, cast

from foulweather.services.logs.transforming.errors import InvalidTransformer
from foulweather.services.logs.transforming.parsers import Config, Step
from foulweather.services.logs.transforming.paths import MISSING, Event, find, put, remove, under

METADATA: Final = ("@logGroupName", "@logGroupStream", "@accountId", "@regionName")


def add_keys(config: Config) -> Step:
    """Adds fields of fixed values."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for entry in config["entries"]:
            put(event, entry["key"], entry["value"], overwrites=bool(entry.get("overwriteIfExists")))

    return step


def delete_keys(config: Config) -> Step:
    """Deletes fields."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for key in config["withKeys"]:
            remove(event, key)

    return step


def copy_value(config: Config) -> Step:
    """Copies fields, or where the event came from."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for entry in config["entries"]:
            source: str = entry["source"]
            value = metadata[source] if source in METADATA else find(event, source)
            if value is not MISSING:
                put(event, entry["target"], deepcopy(value), overwrites=bool(entry.get("overwriteIfExists")))

    return step


def move_keys(config: Config) -> Step:
    """Moves fields: into an object, if that is what the target is."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for entry in config["entries"]:
            target = entry["target"]
            if isinstance(find(event, target), dict):
                target += "." + entry["source"].rpartition(".")[2]
            _move(event, entry["source"], target, overwrites=bool(entry.get("overwriteIfExists")))

    return step


def rename_keys(config: Config) -> Step:
    """Renames fields."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for entry in config["entries"]:
            _move(event, entry["key"], entry["renameTo"], overwrites=bool(entry.get("overwriteIfExists")))

    return step


def _move(event: Event, source: str, target: str, *, overwrites: bool) -> None:
    value = find(event, source)
    within_itself = target == source or target.startswith(f"{source}.")
    if value is MISSING or within_itself or (not overwrites and find(event, target) is not MISSING):
        return
    remove(event, source)
    put(event, target, value)


def list_to_map(config: Config) -> Step:
    """Makes a map of a list of objects, by one of their fields."""
    source, key, value_key = config["source"], config["key"], config.get("valueKey")
    flattens, keeps = bool(config.get("flatten")), config.get("flattenedElement")
    if flattens and not keeps:
        raise InvalidTransformer("flattenedElement is required when flatten is set to true.")

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        listed, place = find(event, source), under(event, config.get("target"))
        if not isinstance(listed, list) or place is None:
            return
        found: dict[str, list[Any]] = {}
        for element in cast("list[Any]", listed):
            if not isinstance(element, dict):
                continue
            fields = cast("Event", element)
            name, value = find(fields, key), find(fields, value_key) if value_key else fields
            if name is not MISSING and value is not MISSING:
                found.setdefault(str(name), []).append(deepcopy(value))
        for name, values in found.items():
            place[name] = values if not flattens else values[-1 if keeps == "last" else 0]

    return step
