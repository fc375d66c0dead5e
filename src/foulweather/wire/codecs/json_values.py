"""JSON's plain values into and out of the model's, compiled per shape.

Readers state the rules and AWS's words for what breaks them; `json_types` is the fast way round them for
what breaks none.
"""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any, Final, cast

from foulweather.wire.codecs import timestamps
from foulweather.wire.codecs.refusals import NotAMember, serialization
from foulweather.wire.codecs.scalars import INTEGER_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.model import Shape

JAVA_NAMES: Final = {
    "string": "String",
    "character": "String",
    "integer": "Integer",
    "long": "Long",
    "boolean": "Boolean",
    "float": "Float",
    "double": "Double",
    "blob": "ByteBuffer",
    "timestamp": "Date",
}
_SPECIAL_FLOATS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Dialect:
    """What differs between the protocols that carry JSON-like values."""

    def __init__(
        self,
        *,
        renamed: bool = True,
        refusal_of_scalar: str = "{token} can not be converted to {article} {type}",
        union_needs_one: bool = True,
    ) -> None:
        self.renamed = renamed
        self.refusal_of_scalar = refusal_of_scalar
        self.union_needs_one = union_needs_one

    def name(self, shape: Shape, default: str) -> str:
        """The key of the member `default`."""
        return (shape.trait("locationName") or default) if self.renamed else default

    def refused(self, value: Any, shape: Shape) -> AwsError:
        """AWS's words for a value of the wrong kind."""
        if isinstance(value, dict):
            return serialization("Start of structure or map found where not expected.")
        if isinstance(value, list):
            return serialization("Start of list found where not expected")
        kind = JAVA_NAMES[shape.type]
        article = "an" if kind[0] in "AEIOU" else "a"
        return serialization(self.refusal_of_scalar.format(token=token(value), article=article, type=kind))


DYNAMODB_REFUSAL: Final = "{token} cannot be converted to {type}"
"""DynamoDB's own wording; every other service has the other one."""


def token(value: Any) -> str:
    """The name of a JSON scalar's token, as it appears in AWS's messages."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NULL_VALUE"


class ValueReader:
    """Compiles shapes into functions that check decoded JSON and turn it into the model's values."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._structures: dict[object, Callable[[Any], Any]] = {}

    def value(self, shape: Shape) -> Callable[[Any], Any]:
        """What reads `shape`, whose value is not null."""
        kind = shape.type
        if shape.is_document:
            return _as_it_is
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        if kind in INTEGER_BOUNDS:
            return self._integer(shape)
        return {
            "string": self._string,
            "character": self._string,
            "boolean": self._boolean,
            "float": self._float,
            "double": self._float,
            "timestamp": self._timestamp,
            "blob": self._blob,
        }[kind](shape)

    def structure(self, shape: Shape) -> Callable[[Any], dict[str, Any]]:
        """What reads a structure's body members; unknown keys are ignored and null means absent."""
        if shape.name in self._structures:
            return self._structures[shape.name]
        members: dict[str, tuple[str, Callable[[Any], Any]]] = {}
        one_only = bool(shape.trait("union")) and self._dialect.union_needs_one

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _not_a_structure(value)
            result: dict[str, Any] = {}
            for key, held in cast("dict[str, Any]", value).items():
                if held is not None:
                    member = members.get(key)
                    if member is not None:
                        result[member[0]] = member[1](held)
            if one_only and len(result) > 1:
                raise serialization("Unexpected value type in payload: a union has exactly one member")
            return result

        self._structures[shape.name] = read
        for name, member in shape.members.items():
            if member.trait("location") is None:
                members[self._dialect.name(member, name)] = (name, self.value(member))
        return read

    def _list(self, shape: Shape) -> Callable[[Any], list[Any]]:
        item, sparse = self.value(shape.member), bool(shape.trait("sparse"))

        def read(value: Any) -> list[Any]:
            if type(value) is not list:
                raise _not_a_collection(value)
            items = cast("list[Any]", value)
            if sparse:
                return [None if each is None else item(each) for each in items]
            # Null has no place in a dense list; AWS's parsers drop it.
            return [item(each) for each in items if each is not None]

        return read

    def _map(self, shape: Shape) -> Callable[[Any], dict[str, Any]]:
        item, sparse = self.value(shape.value), bool(shape.trait("sparse"))

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _not_a_collection(value)
            entries = cast("dict[str, Any]", value)
            if sparse:
                return {key: None if each is None else item(each) for key, each in entries.items()}
            return {key: item(each) for key, each in entries.items() if each is not None}

        return read

    def _string(self, shape: Shape) -> Callable[[Any], str]:
        refused = self._dialect.refused

        def read(value: Any) -> str:
            if type(value) is not str:
                raise refused(value, shape)
            return value

        return read

    def _boolean(self, shape: Shape) -> Callable[[Any], bool]:
        refused = self._dialect.refused

        def read(value: Any) -> bool:
            if type(value) is not bool:
                raise refused(value, shape)
            return value

        return read

    def _integer(self, shape: Shape) -> Callable[[Any], int]:
        refused = self._dialect.refused
        least, most = INTEGER_BOUNDS[shape.type]

        def read(value: Any) -> int:
            if type(value) is float and value.is_integer():
                value = int(value)
            if type(value) is not int or not least <= value <= most:
                raise refused(value, shape)
            return value

        return read

    def _float(self, shape: Shape) -> Callable[[Any], float]:
        refused = self._dialect.refused

        def read(value: Any) -> float:
            if type(value) is float:
                return value
            if type(value) is int:
                try:
                    return float(value)
                except OverflowError as error:
                    raise refused(value, shape) from error
            if type(value) is str and value in _SPECIAL_FLOATS:
                return _SPECIAL_FLOATS[value]
            raise refused(value, shape)

        return read

    def _timestamp(self, shape: Shape) -> Callable[[Any], int]:
        refused = self._dialect.refused
        form = shape.trait("timestampFormat", "unixTimestamp")

        def read(value: Any) -> int:
            try:
                if form == "unixTimestamp":
                    if type(value) in (int, float):
                        return timestamps.from_unix(value)
                elif type(value) is str:
                    return timestamps.from_rfc822(value) if form == "rfc822" else timestamps.from_iso8601(value)
            except (ValueError, OverflowError) as error:
                raise refused(value, shape) from error
            raise refused(value, shape)

        return read

    def _blob(self, shape: Shape) -> Callable[[Any], bytes]:
        refused = self._dialect.refused

        def read(value: Any) -> bytes:
            if type(value) is not str:
                raise refused(value, shape)
            try:
                return base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError) as error:
                raise serialization(_base64_complaint(value)) from error

        return read


def _as_it_is(value: Any) -> Any:
    return value


def _base64_complaint(text: str) -> str:
    if len(text) % 4:
        return f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
    return "Invalid Base64 character detected"


def _not_a_structure(value: Any) -> AwsError:
    if isinstance(value, list):
        return serialization("Start of list found where not expected")
    return serialization("Unexpected value type in payload")


def _not_a_collection(value: Any) -> AwsError:
    if isinstance(value, dict):
        return serialization("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return serialization("Start of list found where not expected")
    return serialization("Unexpected field type")


class ValueWriter:
    """Compiles shapes into functions that turn the model's values into what a JSON or CBOR encoder takes.

    They leave out members that are None, and refuse members that the shape does not have.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        timestamp: Callable[[int], Any] = timestamps.unix_number,
        floats_as_text: bool = True,
        timestamp_format_matters: bool = True,
    ) -> None:
        self._dialect = dialect
        self._timestamp = timestamp
        self._floats_as_text = floats_as_text
        self._timestamp_format_matters = timestamp_format_matters
        self._structures: dict[object, Callable[[Any], Any]] = {}

    def value(self, shape: Shape) -> Callable[[Any], Any]:
        """What writes `shape`, whose value is not None."""
        kind = shape.type
        if shape.is_document:
            return _as_it_is
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            item = self.value(shape.member)
            return lambda value: [None if each is None else item(each) for each in value]
        if kind == "map":
            held = self.value(shape.value)
            return lambda value: {key: None if each is None else held(each) for key, each in value.items()}
        if kind == "timestamp":
            form = shape.trait("timestampFormat") if self._timestamp_format_matters else None
            return self._timestamp if form in (None, "unixTimestamp") else timestamps.formatter(form)
        if kind in ("float", "double") and self._floats_as_text:
            return _float
        return _as_it_is

    def structure(self, shape: Shape) -> Callable[[Any], dict[str, Any]]:
        """What writes a structure's body members."""
        if shape.name in self._structures:
            return self._structures[shape.name]
        members: dict[str, tuple[str, Callable[[Any], Any]]] = {}

        def write(value: Mapping[str, Any]) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for name, held in value.items():
                member = members.get(name)
                if member is None:
                    if name in elsewhere:
                        continue
                    raise NotAMember(shape.name, name)
                if held is not None:
                    result[member[0]] = member[1](held)
            return result

        self._structures[shape.name] = write
        elsewhere: set[str] = set()
        for name, member in shape.members.items():
            if member.trait("location") in ("header", "headers", "statusCode"):
                elsewhere.add(name)
            else:
                members[name] = (self._dialect.name(member, name), self.value(member))
        return write


def _float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
