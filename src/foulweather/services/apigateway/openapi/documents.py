"""API definitions as documents: JSON or YAML, of OpenAPI 2.0 or 3.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from foulweather.services.apigateway import limits, refusals

Document = dict[str, Any]
_DEPTH_MAX: Final = 100
_NUMBERS: Final = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_DIGITS_MAX: Final = 1_000


def read(body: bytes) -> Document:
    """A definition, of JSON or YAML."""
    if len(body) > limits.DEFINITION_BYTES_MAX:
        raise refusals.invalid("API definition exceeds the maximum size of 6 MB", body=len(body))
    try:
        text = body.decode("utf-8-sig")
        document: Any = json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
        msgspec.msgpack.encode(document)  # rows cannot hold half of a surrogate pair, or numbers of any size
    except (ValueError, OverflowError, TypeError, RecursionError) as error:
        raise refusals.invalid("Invalid OpenAPI input.", body=str(error)) from None
    if not isinstance(document, dict):
        raise refusals.invalid("Invalid OpenAPI input.", body="it is no object")
    if _depth_exceeds(document, _DEPTH_MAX):
        raise refusals.invalid("Invalid OpenAPI input.", body=f"it is nested deeper than {_DEPTH_MAX} levels")
    return cast("Document", document)


def _depth_exceeds(held: Any, most: int) -> bool:
    """Whether something is nested too deeply to be walked."""
    level: list[Any] = [held]
    for _ in range(most):
        below: list[Any] = []
        for one in level:
            below += cast("Document", one).values() if isinstance(one, dict) else cast("list[Any]", one)
        level = [one for one in below if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def version_of(document: Mapping[str, Any]) -> int:
    """2 for Swagger 2.0, 3 for OpenAPI 3.0."""
    if str(document.get("swagger", "")).startswith("2."):
        return 2
    if str(document.get("openapi", "")).startswith("3.0"):
        return 3
    raise refusals.invalid("Invalid OpenAPI input.", swagger=document.get("swagger"), openapi=document.get("openapi"))


def part(document: Mapping[str, Any], name: str) -> Document:
    """An object in an object; nothing where there is none."""
    found: Any = document.get(name)
    return cast("Document", found) if isinstance(found, dict) else {}


def objects(document: Mapping[str, Any], name: str) -> list[Document]:
    """The objects of a list in an object; nothing where there is none."""
    found: Any = document.get(name)
    return [one for one in cast("list[Any]", found) if isinstance(one, dict)] if isinstance(found, list) else []


def resolved(document: Mapping[str, Any], held: Any) -> Any:
    """What a reference within the definition stands for (`#/components/parameters/…`)."""
    for _ in range(32):
        if not isinstance(held, dict) or not isinstance(cast("Document", held).get("$ref"), str):
            return cast("Any", held)
        at: Any = document
        for step in str(cast("Document", held)["$ref"]).removeprefix("#/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            at = cast("Document", at).get(step) if isinstance(at, dict) else None
        held = at
    raise refusals.invalid("Invalid OpenAPI input.", ref="references go in a circle")


def _yaml(text: str) -> Any:
    import yaml  # here, for most definitions are JSON

    class Loader(yaml.SafeLoader):
        """YAML's safe types, without aliases: a short text cannot become a huge definition."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):  # pyright: ignore[reportUnknownMemberType]
                raise ValueError("aliases are not supported")
            return super().compose_node(parent, index)  # pyright: ignore

        def construct_scalar(self, node: Any) -> Any:
            # Numbers of base 60 (`1:30:00`) take the library the square of their length.
            text = super().construct_scalar(node)  # pyright: ignore
            if node.tag in _NUMBERS and len(text) > _DIGITS_MAX:
                raise ValueError("a number is too long")
            return text

    # Dates stay text: what is imported is JSON.
    resolvers: Any = Loader.yaml_implicit_resolvers
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in resolvers.items()
    }
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
