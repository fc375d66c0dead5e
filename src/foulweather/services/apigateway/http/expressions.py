"""What parameter mappings and identity sources name: `$request.header.x`, `${context.y}-text`, or plain text.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from foulweather.services.apigateway.rest import json_paths

BODY_BYTES_MAX = 100 * 1024
"""A body that a JSON path looks into is cut off there."""
_ROOTS = r"(?:request\.(?:header|querystring|path|body)|response\.(?:header|body)|context|stageVariables)"
_WHOLE = re.compile(rf"\$({_ROOTS}(?:[.\[][^\s{{}}$]+)?)")
_BRACED = re.compile(rf"\$\{{({_ROOTS}(?:[.\[][^{{}}]+)?)\}}")


class Asked(Protocol):
    """A request, as far as expressions look into it."""

    path: str
    path_parameters: dict[str, str]
    body: bytes

    @property
    def variables(self) -> Mapping[str, str]:
        """The stage's variables."""
        ...

    @property
    def lower_headers(self) -> Mapping[str, str]:
        """Headers by name in lower case, several values joined by commas."""
        ...

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The parameters of the query string."""
        ...

    def context_value(self, name: str) -> str | None:
        """A variable of `$context`."""
        ...


class Answered(NamedTuple):
    """A backend's answer, as far as expressions look into it."""

    headers: Mapping[str, str]
    body: bytes


class Expression(NamedTuple):
    """Text, and between it what is looked up: (`text`, `variable`) in turn."""

    parts: tuple[tuple[str, str], ...]
    text: str

    @property
    def is_plain(self) -> bool:
        """Whether nothing is looked up."""
        return not self.parts

    def value(self, asked: Asked, answer: Answered | None = None) -> str | None:
        """What it comes to; None where the one thing it names is missing."""
        if not self.parts:
            return self.text
        if len(self.parts) == 1 and not self.parts[0][0] and not self.text:
            return _looked_up(self.parts[0][1], asked, answer)
        found = [text + (_looked_up(name, asked, answer) or "") for text, name in self.parts]
        return "".join(found) + self.text


def compiled(text: str) -> Expression:
    """An expression taken apart."""
    if text.startswith("route.request."):  # the form that WebSocket APIs have, which HTTP APIs take too
        text = f"${text.removeprefix('route.')}"
    whole = _WHOLE.fullmatch(text)
    if whole is not None:
        return Expression((("", whole[1]),), "")
    parts: list[tuple[str, str]] = []
    at = 0
    for found in _BRACED.finditer(text):
        parts.append((text[at : found.start()], found[1]))
        at = found.end()
    return Expression(tuple(parts), text[at:])


def _looked_up(name: str, asked: Asked, answer: Answered | None) -> str | None:
    root, _, rest = name.partition(".")
    if root == "context":
        return asked.context_value(rest)
    if root == "stageVariables":
        return asked.variables.get(rest)
    kind, _, rest = rest.partition(".")
    if kind.startswith("body"):  # `body.name`, and `body[0]`
        body = answer.body if root == "response" and answer is not None else asked.body
        return _of_body(body, name.partition("body")[2])
    if root == "response":
        return None if answer is None else answer.headers.get(rest.lower())
    if kind == "header":
        return asked.lower_headers.get(rest.lower())
    if kind == "querystring":
        values = asked.query.get(rest)
        return None if values is None else ",".join(values)
    return asked.path_parameters.get(rest) if rest else asked.path


def _of_body(body: bytes, path: str) -> str | None:
    if not path:
        return body.decode("utf-8", "replace")
    try:
        document: Any = json.loads(body[:BODY_BYTES_MAX])
        found = json_paths.compiled(f"${path}")(document)
    except (ValueError, RecursionError):
        return None
    if found is json_paths.MISSING or found is None:
        return None
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))
