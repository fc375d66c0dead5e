"""What the REST protocols share: members in the path, the query string, headers and the status."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from foulweather.wire.codecs import timestamps
from foulweather.wire.codecs.forms import pairs
from foulweather.wire.codecs.refusals import serialization
from foulweather.wire.codecs.scalars import text_reader, text_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.http import HttpRequest
    from foulweather.kernel.model import OperationModel, Shape

Refuse = "Callable[[str, str, Shape], AwsError]"

_LIST_ITEM: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_ESCAPED: Final = re.compile(r"\\(.)")
_LINE_BREAKS: Final = str.maketrans("\r\n\0", "   ")

encode_json = msgspec.json.Encoder().encode


def header_items(text: str) -> list[str]:
    """The items of a header that is a list; quoted ones may hold commas."""
    if '"' not in text:
        return [item.strip() for item in text.split(",")] if text.strip() else []
    items: list[str] = []
    position = 0
    while position < len(text):
        match = _LIST_ITEM.match(text, position)
        if match is None or match.end() == position:
            break
        items.append(match[2].strip() if match[1] is None else _ESCAPED.sub(r"\1", match[1]))
        position = match.end()
    return items


def _dates(text: str) -> list[str]:
    parts = text.split(",")
    return [",".join(parts[index : index + 2]).strip() for index in range(0, len(parts), 2)]


def _json_value(text: str) -> Any:
    try:
        return msgspec.json.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise ValueError("not base64 of JSON") from error


class RequestBinding:
    """Reads a request's members outside of its body."""

    def __init__(
        self, shape: Shape, literal_keys: frozenset[str], refuse: Callable[[str, str, Shape], AwsError]
    ) -> None:
        self._literal_keys = literal_keys
        self._refuse = refuse
        self._labels: list[tuple[str, str, Callable[[str], Any]]] = []
        self._headers: dict[str, tuple[str, Callable[[str], Any]]] = {}
        self._prefixes: list[tuple[str, str]] = []
        self._query: dict[str, tuple[str, Callable[[list[str]], Any]]] = {}
        self._all_query: tuple[str, bool] | None = None
        for name, member in shape.members.items():
            self._bind(name, member, member.trait("locationName") or name)
        self._has_query = bool(self._query) or self._all_query is not None
        self._has_headers = bool(self._headers or self._prefixes)

    def _bind(self, name: str, member: Shape, wire_name: str) -> None:
        location = member.trait("location")
        if location == "uri":
            self._labels.append((name, wire_name, self._scalar(member, wire_name, "iso8601")))
        elif location == "header":
            self._headers[wire_name.lower()] = (name, self._header(member, wire_name))
        elif location == "headers":
            prefix = member.trait("locationName") or ""
            self._prefixes.append((name, prefix.lower()))
        elif location == "querystring":
            if member.type == "map":
                self._all_query = (name, member.value.type == "list")
            elif member.type == "list":
                item = self._scalar(member.member, wire_name, "iso8601")
                self._query[wire_name] = (name, lambda values: [item(value) for value in values])
            else:
                convert = self._scalar(member, wire_name, "iso8601")
                self._query[wire_name] = (name, lambda values: convert(values[0]))

    def _scalar(self, shape: Shape, wire_name: str, timestamp_format: str) -> Callable[[str], Any]:
        convert = text_reader(shape, timestamp_format)
        if shape.type == "string" and shape.trait("jsonvalue"):
            convert = _json_value
        elif shape.type == "string":
            return convert
        refuse = self._refuse

        def read(text: str) -> Any:
            try:
                return convert(text.strip())
            except (ValueError, OverflowError) as error:
                raise refuse(wire_name, text, shape) from error

        return read

    def _header(self, member: Shape, wire_name: str) -> Callable[[str], Any]:
        if member.type != "list":
            return self._scalar(member, wire_name, "rfc822")
        item = self._scalar(member.member, wire_name, "rfc822")
        form = member.member.trait("timestampFormat", "rfc822")
        split = _dates if member.member.type == "timestamp" and form == "rfc822" else header_items
        return lambda text: [item(each) for each in split(text)]

    def left_out(self, header: str) -> bool:
        """Do not read a header; whether there is a member for it."""
        return self._headers.pop(header.lower(), None) is not None

    def read(self, request: HttpRequest, labels: Mapping[str, str], result: dict[str, Any]) -> None:
        """Add the members to `result`."""
        for name, wire_name, convert in self._labels:
            if wire_name in labels:
                result[name] = convert(labels[wire_name])
        if self._has_query and request.query:
            self._read_query(request.query, result)
        if self._has_headers:
            self._read_headers(request, result)

    def _read_query(self, query: str, result: dict[str, Any]) -> None:
        found: dict[str, list[str]] = {}
        for key, value in pairs(query):
            found.setdefault(key, []).append(value)
        if self._all_query is not None:
            name, lists = self._all_query
            everything = {
                key: values if lists else values[0]
                for key, values in found.items()
                if key not in self._literal_keys and key not in self._query
            }
            if everything:
                result[name] = everything
        for key, values in found.items():
            bound = self._query.get(key)
            if bound is not None:
                result[bound[0]] = bound[1](values)

    def _read_headers(self, request: HttpRequest, result: dict[str, Any]) -> None:
        bound = self._headers
        seen: dict[str, str] = {}
        for key, value in request.headers:
            lower = key.lower()
            if lower in bound:
                seen[lower] = f"{seen[lower]},{value}" if lower in seen else value
            for name, prefix in self._prefixes:
                if lower.startswith(prefix):
                    held: dict[str, str] = result.setdefault(name, {})
                    rest = key[len(prefix) :]
                    held[rest] = f"{held[rest]},{value}" if rest in held else value
        for lower, value in seen.items():
            name, convert = bound[lower]
            result[name] = convert(value)


def header_text(text: str) -> str:
    """`text` as a header can carry it: no line breaks, and UTF-8 where it is not ASCII."""
    if text.isascii():
        return text if text.isprintable() else text.translate(_LINE_BREAKS)
    return text.translate(_LINE_BREAKS).encode("utf-8", "replace").decode("latin-1")


class ResponseBinding:
    """Writes a result's (or an error's) members outside of its body."""

    def __init__(self, shape: Shape | None) -> None:
        self._headers: dict[str, tuple[str, Callable[[Any], str]]] = {}
        self._prefixes: list[tuple[str, str]] = []
        self._status: str | None = None
        self.names: set[str] = set()
        self.sets_content_type = False
        for name, member in () if shape is None else shape.members.items():
            location = member.trait("location")
            if location == "header":
                wire_name = member.trait("locationName") or name
                self._headers[name] = wire_name, _header_writer(member)
                self.sets_content_type |= wire_name.lower() == "content-type"
            elif location == "headers":
                self._prefixes.append((name, member.trait("locationName") or ""))
            elif location == "statusCode":
                self._status = name
            else:
                continue
            self.names.add(name)

    def write(self, result: Mapping[str, Any], headers: list[tuple[str, str]]) -> int | None:
        """Add the headers to `headers`; the status, if a member holds it."""
        bound = self._headers
        for name, value in result.items():
            found = bound.get(name)
            if found is not None and value is not None:
                headers.append((found[0], found[1](value)))
        for name, prefix in self._prefixes:
            entries: dict[str, str] = result.get(name) or {}
            for key, value in entries.items():
                headers.append((header_text(prefix + key), header_text(value)))
        return None if self._status is None else result.get(self._status)


def _header_writer(member: Shape) -> Callable[[Any], str]:
    if member.trait("jsonvalue"):
        return lambda value: base64.b64encode(encode_json(value)).decode()
    if member.type == "list":
        item = _header_writer(member.member)
        if member.member.type == "string":
            return lambda value: ", ".join([_quoted(item(each)) for each in value])
        return lambda value: ", ".join([item(each) for each in value])
    convert = text_writer(member, timestamps.rfc822)
    return header_text if convert is None else convert


def _quoted(text: str) -> str:
    if '"' in text or "," in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def literal_keys(operation: OperationModel) -> frozenset[str]:
    """The query string's keys that are part of the operation's path."""
    _, _, query = operation.http["requestUri"].partition("?")
    return frozenset(key for key, _ in pairs(query))


def refused_json(_wire_name: str, _text: str, shape: Shape) -> AwsError:
    """rest-json's refusal of a label, header or parameter that is not of its type."""
    kind = {"integer": "Integer", "long": "Long"}.get(shape.type, shape.type.capitalize())
    return serialization(f"STRING_VALUE can not be converted to {'an' if kind[0] in 'AEIOU' else 'a'} {kind}")
