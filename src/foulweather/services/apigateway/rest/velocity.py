"""Mapping templates: Velocity, with what API Gateway puts into it (`$input`, `$context`, `$util`, `$stageVariables`).

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from foulweather.kernel import json_queries
from foulweather.services.apigateway.rest import json_paths, velocity_engine
from foulweather.services.apigateway.rest.java_values import Map, plain, shown, wrapped
from foulweather.services.apigateway.rest.template_work import VALUE_WORK, WORK


class TemplateFailed(Exception):
    """A template does not parse, or something in it went wrong; the message says what."""


class Input:
    """`$input`: the body and the parameters of the request, or the body of the integration's response."""

    OPEN_TO_TEMPLATES = frozenset({"body", "json", "params", "path"})

    def __init__(self, body: str, parameters: Callable[[], Mapping[str, Mapping[str, str]]]) -> None:
        self.body = body
        self._parameters = parameters
        self._document: Any = json_paths.MISSING

    def __str__(self) -> str:
        return "$input"  # Java would print an address in its memory

    def json(self, path: str) -> str:
        """What a JSONPath finds, as JSON."""
        found = self._found(path)
        if found is json_paths.MISSING:
            return '""'
        WORK.value(found)
        return WORK.text(json.dumps(found, separators=(",", ":"), ensure_ascii=False))

    def path(self, path: str) -> Any:
        """What a JSONPath finds, as something that can be walked through."""
        found = self._found(path)
        if found is json_paths.MISSING or found is None:
            return ""
        WORK.value(found)
        return wrapped(found)

    def params(self, name: str | None = None) -> Any:
        """A parameter, of the path, the query string or the headers, in that order; or all, by where they are."""
        every = self._parameters()
        if name is None:
            return Map({place: Map(values) for place, values in every.items()})
        for place, values in every.items():
            if name in values:
                return values[name]
            if place == "header":
                lower = name.lower()
                for each, value in values.items():
                    if each.lower() == lower:
                        return value
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
        return Map(every[name]) if name in every else ""

    def _found(self, path: str) -> Any:
        if self._document is json_paths.MISSING:
            try:
                self._document = json.loads(self.body) if self.body else {}
            except ValueError:
                self._document = self.body
        try:
            return json_paths.compiled(path)(self._document)
        finally:
            WORK.spend(VALUE_WORK * json_queries.taken_work())


_ESCAPES = {'"': '\\"', "'": "\\'", "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"}
_ESCAPES["\t"] = "\\t"
_ESCAPED = re.compile(r"[^ -~]|[\"'\\/]")


class Conversions:
    """`$util`."""

    OPEN_TO_TEMPLATES = frozenset(
        {"base64Decode", "base64Encode", "escapeJavaScript", "parseJson", "urlDecode", "urlEncode"}
    )

    def __str__(self) -> str:
        return "$util"

    @staticmethod
    def escapeJavaScript(text: Any) -> str:  # noqa: N802
        """Text as it may stand in a JavaScript string; single quotes are escaped too, which JSON does not know."""
        return _ESCAPED.sub(_escaped, shown(text))

    @staticmethod
    def parseJson(text: str) -> Any:  # noqa: N802
        """The JSON in a text."""
        WORK.text(text, times=8)
        return wrapped(json.loads(text))

    @staticmethod
    def urlEncode(text: Any) -> str:  # noqa: N802
        """Text as in a form."""
        return quote_plus(WORK.text(shown(text), times=4), safe="*-._")

    @staticmethod
    def urlDecode(text: Any) -> str:  # noqa: N802
        """Text out of a form."""
        return unquote_plus(WORK.text(shown(text), times=4))

    @staticmethod
    def base64Encode(text: Any) -> str:  # noqa: N802
        """Text in base64."""
        return base64.b64encode(shown(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:  # noqa: N802
        """Text out of base64."""
        return base64.b64decode(shown(text)).decode("utf-8", "replace")


def _escaped(found: re.Match[str]) -> str:
    WORK.spend(VALUE_WORK)
    known = _ESCAPES.get(found[0])
    return known if known is not None else "".join(f"\\u{unit:04X}" for unit in _units(found[0]))


def _units(char: str) -> list[int]:
    code = ord(char)
    if code < 0x10000:
        return [code]
    code -= 0x10000
    return [0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)]


class Template:
    """A template, read once."""

    __slots__ = ("_compiled", "_constant", "_error")

    def __init__(self, text: str) -> None:
        self._constant = None if "$" in text or "#" in text or "\\" in text else text
        self._error = ""
        self._compiled: Any = None
        if self._constant is None:
            reader = velocity_engine.engine()
            try:
                self._compiled = reader.compiled(text)
            except reader.errors as error:
                self._error = str(error)

    @property
    def constant(self) -> str | None:
        """The text of a template in which nothing is to be replaced."""
        return self._constant

    def merged(self, variables: Mapping[str, Any]) -> str:
        """The text that comes of it; raises TemplateFailed."""
        if self._constant is not None:
            return self._constant
        if self._error:
            raise TemplateFailed(self._error)
        reader = velocity_engine.engine()
        try:
            return reader.merged(self._compiled, variables)
        except reader.errors as error:
            raise TemplateFailed(_told(error)) from error
        except (ValueError, TypeError, ArithmeticError, MemoryError) as error:
            raise TemplateFailed(str(error)) from error


@lru_cache(4096)
def template(text: str) -> Template:
    """A template by its text: one that several methods have is read once."""
    return Template(text)


def _told(error: Any) -> str:
    cause = error.__cause__
    return f"{cause}" if cause is not None else str(error)


def text_of(value: Any) -> str:
    """A value as an expression of a parameter mapping gives it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)
