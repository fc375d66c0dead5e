"""Records the shape of every row that a world keeps, so that a data directory of an older version stays readable.

    python scripts/stored_shapes.py        compares with tests/world/stored_shapes.json, and records what is new

Refuses what an older directory's rows could not be read as: a table that went, a field that changed its type, a new one
without a default. Such a change takes a new `FORMAT` in world/log.py, with a step that makes the old rows new ones.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

import foulweather
from foulweather.world.journal import Event
from foulweather.world.store import State, TableField

RECORDED = Path(__file__).resolve().parent.parent / "tests" / "world" / "stored_shapes.json"
Shape = dict[str, Any]


def shapes() -> dict[str, Shape]:
    """The shape of every table's rows, by its path, and of the journal's events."""
    for module in pkgutil.walk_packages(foulweather.__path__, "foulweather."):
        if module.name.startswith("foulweather.services.") and not module.name.rpartition(".")[2].startswith("__"):
            importlib.import_module(module.name)
    found: dict[str, Shape] = {"journal": _shape(inspect.type_info(Event), ())}
    for state in _below(State):
        if not state.__module__.startswith("foulweather."):
            continue  # of a test
        for name, field in vars(state).items():
            if isinstance(field, TableField):
                path = f"{state.__module__.removeprefix('foulweather.')}/{name}"
                row: Any = field.row
                of_row = {"is": "bytes"} if row is bytes else _shape(inspect.type_info(row), ())
                found[path] = {"scope": state.scope, "row": of_row}
    return dict(sorted(found.items()))


def breaks(old: dict[str, Shape], new: dict[str, Shape]) -> list[str]:
    """Why rows of the old shapes could not be read as the new ones."""
    return [each for path in old for each in _breaks(path, old[path], new.get(path))]


def _breaks(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict) and {"fields"} <= old.keys() & new.keys():
        yield from _field_breaks(path, old, new)
    elif isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for key in old:
            if key == "values":  # of a literal: more of them harm nobody
                if gone := set(old[key]) - set(new[key]):
                    yield f"{path}: no longer knows {sorted(gone)}"
            else:
                yield from _breaks(f"{path}.{key}", old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for each, other in zip(old, new, strict=True):
            yield from _breaks(path, each, other)
    elif old != new:
        yield f"{path}: was {json.dumps(old)[:80]}, is {json.dumps(new)[:80]}"


def _field_breaks(path: str, old: Shape, new: Shape) -> Iterator[str]:
    before, after = old["fields"], new["fields"]
    if (old["packed"], old["tag"]) != (new["packed"], new["tag"]):
        yield f"{path}: is packed otherwise"
    if old["packed"] and list(before) != list(after)[: len(before)]:
        yield f"{path}: is packed by position, and its fields moved"
    for name, field in after.items():
        if name in before:
            yield from _breaks(f"{path}.{name}", before[name]["type"], field["type"])
        elif field["required"]:
            yield f"{path}.{name}: is new and has no default"


def _shape(kind: inspect.Type, within: tuple[type, ...]) -> Shape:
    if isinstance(kind, inspect.StructType):
        if kind.cls in within:
            return {"is": kind.cls.__name__}
        inner = (*within, kind.cls)
        fields = {
            field.encode_name: {"required": field.required, "type": _shape(field.type, inner)} for field in kind.fields
        }
        return {"packed": kind.array_like, "tag": kind.tag, "fields": fields}
    shape: Shape = {"is": type(kind).__name__.removesuffix("Type").lower()}
    for each in ("key_type", "value_type", "item_type"):
        if hasattr(kind, each):
            shape[each.removesuffix("_type")] = _shape(getattr(kind, each), within)
    if isinstance(kind, inspect.UnionType):
        shape["types"] = [_shape(each, within) for each in kind.types]
    elif isinstance(kind, inspect.TupleType):
        shape["types"] = [_shape(each, within) for each in kind.item_types]
    elif isinstance(kind, inspect.NamedTupleType):
        shape["types"] = [_shape(field.type, within) for field in kind.fields]
    elif isinstance(kind, inspect.LiteralType):
        shape["values"] = sorted(map(str, kind.values))
    elif isinstance(kind, inspect.EnumType):
        shape["values"] = sorted(str(each.value) for each in kind.cls)
    return shape


def _below(state: type[State]) -> Iterator[type[State]]:
    for each in state.__subclasses__():
        yield each
        yield from _below(each)


def main() -> int:
    """Compare, and record what is new."""
    now = shapes()
    before = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    broken = breaks(before, msgspec.json.decode(msgspec.json.encode(now)))
    for each in broken:
        print(each, file=sys.stderr)
    if broken:
        return 1
    RECORDED.write_text(json.dumps(now, separators=(",", ":")).replace('"scope"', '\n"scope"') + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
