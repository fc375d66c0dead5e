"""The texts of documents: JSON or YAML, and from one to the other."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from foulweather.services.ssm import refusals
from foulweather.services.ssm.documents import calendars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


DIGITS_MAX = 1_000


def parsed(text: str, form: str) -> Mapping[str, Any]:
    """A document's text as an object; what is TEXT is a calendar."""
    if form == "TEXT":
        return calendars.parsed(text)
    found = _from_json(text) if form == "JSON" else _from_yaml(text)
    if not isinstance(found, dict):
        raise refusals.refused("InvalidDocumentContent", f"{form} not well-formed. at Line: 1, Column: 1")
    return cast("dict[str, Any]", found)


def rendered(text: str, form: str, wanted: str) -> str:
    """A document's text in the format that somebody wants."""
    if form == wanted:
        return text
    found = dict(parsed(text, form))
    if wanted == "JSON":
        return json.dumps(found, indent=2, ensure_ascii=False)
    import yaml

    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"at Line: {error.lineno}, Column: {error.colno}"
        raise refusals.refused("InvalidDocumentContent", f"JSON not well-formed. {where}") from None
    except RecursionError:
        raise refusals.refused("InvalidDocumentContent", "JSON not well-formed. It is nested too deeply.") from None


def _from_yaml(text: str) -> Any:
    import yaml

    try:
        # Aliases make a huge object of a small text.
        events = cast("Iterator[object]", yaml.parse(text, yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
        if any(isinstance(event, yaml.AliasEvent) for event in events):
            raise refusals.refused("InvalidDocumentContent", "YAML not well-formed. Aliases are not supported.")
        return yaml.load(text, _loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"at Line: {mark.line + 1}, Column: {mark.column + 1}" if mark is not None else "at Line: 1, Column: 1"
        raise refusals.refused("InvalidDocumentContent", f"YAML not well-formed. {where}") from None
    except (RecursionError, ValueError):
        raise refusals.refused("InvalidDocumentContent", "YAML not well-formed. at Line: 1, Column: 1") from None


@cache
def _loader() -> Any:
    """YAML as JSON could say it: a date is a text."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads documents."""

        def construct_scalar(self, node: Any) -> Any:
            # Numbers of base 60 (`1:30:00`) take the library the square of their length.
            text = super().construct_scalar(node)  # pyright: ignore
            if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float") and len(text) > DIGITS_MAX:
                raise ValueError("a number is too long")
            return text

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader
