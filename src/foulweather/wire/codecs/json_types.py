"""msgspec types built from shapes, so that C decodes, checks and builds a request's dicts in one go.

A type accepts only what `json_values` reads to the very same dict; whatever it refuses is read again
there, which words the refusal or knows better (null for absent, `"NaN"`, `1.0` for 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

import msgspec

from foulweather.wire.codecs.scalars import INTEGER_BOUNDS

if TYPE_CHECKING:
    from foulweather.kernel.model import Shape
    from foulweather.wire.codecs.json_values import Dialect


class Untypable(Exception):
    """The shape needs a conversion that no type expresses: a renamed member, a timestamp, a document."""


class TypeBuilder:
    """Builds one service's types, each shape's once."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._structures: dict[str, Any] = {}
        self._untypable: set[str] = set()

    def type_of(self, shape: Shape) -> Any | None:
        """The type of the structure `shape`, or None if it has none."""
        known = set(self._structures)
        try:
            return self._structure(shape)
        except Untypable:
            # What was built on the way may hold the half-built type.
            for name in set(self._structures) - known:
                del self._structures[name]
            return None

    def _value(self, shape: Shape) -> Any:
        kind = shape.type
        if shape.is_document or shape.trait("sparse"):
            raise Untypable(shape.name)
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            return list[self._value(shape.member)]
        if kind == "map":
            return dict[str, self._value(shape.value)]
        if kind in INTEGER_BOUNDS:
            least, most = INTEGER_BOUNDS[kind]
            return Annotated[int, msgspec.Meta(ge=least, le=most)]
        scalars: dict[str, type] = {
            "string": str,
            "character": str,
            "boolean": bool,
            "float": float,
            "double": float,
            "blob": bytes,
        }
        if kind not in scalars:
            raise Untypable(shape.name)
        return scalars[kind]

    def _structure(self, shape: Shape) -> Any:
        name = shape.name
        if name in self._structures:
            return self._structures[name]
        if name in self._untypable or shape.trait("union"):
            raise Untypable(name)
        built: Any = cast(Any, TypedDict)(name, {}, total=False)
        self._structures[name] = built
        annotations: dict[str, Any] = {}
        try:
            for member_name, member in shape.members.items():
                if member.trait("location") is not None:
                    continue
                if self._dialect.name(member, member_name) != member_name:
                    raise Untypable(name)
                annotations[member_name] = self._value(member)
        except Untypable:
            self._untypable.add(name)
            raise
        # A recursive shape refers to its own type, so the members can only be filled in afterwards.
        built.__annotations__ = annotations
        built.__optional_keys__ = frozenset(annotations)
        built.__required_keys__ = frozenset()
        return built
