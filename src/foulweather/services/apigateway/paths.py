"""Parts of paths."""

from __future__ import annotations

import re
from typing import Final

from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.records import Resource
from foulweather.services.apigateway.state import RestState, under

_PART = re.compile(r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}")
_PART_WORDS: Final = (
    "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning "
    "and the end."
)


def checked_part(part: str) -> str:
    """A part of a path: of these letters, or a variable in braces, which `+` makes greedy."""
    if not part:
        raise refusals.invalid("Resource's path part must be specified", pathPart=part)
    if not _PART.fullmatch(part):
        raise refusals.invalid(_PART_WORDS, pathPart=part)
    return part


def joined(parent: str, part: str) -> str:
    """The path of a part under a parent's path."""
    return f"{parent.rstrip('/')}/{part}"


def require_free(state: RestState, api_id: str, parent: Resource, part: str, itself: str = "") -> None:
    """Refuse a part that another child of the parent has, or that cannot stand beside or below what is there."""
    if (parent.path_part or "").endswith("+}"):
        words = f"Cannot create a child of a resource with a greedy path variable: {parent.path_part}"
        raise refusals.invalid(words, pathPart=part)
    for other in under(state.resources, api_id):
        if other.parent_id != parent.id or other.id == itself:
            continue
        if other.path_part == part:
            words = f"Another resource with the same parent already has this name: {part}"
            raise refusals.conflict(words)
        if part.startswith("{") and (other.path_part or "").startswith("{"):
            raise refusals.invalid(
                f"A sibling ({other.path_part}) of this resource already has a variable path part -- only one is "
                "allowed",
                pathPart=part,
            )
