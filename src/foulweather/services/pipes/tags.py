"""Tags of pipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.pipes import limits
from foulweather.services.pipes.state import Pipe, PipesState

Request = Mapping[str, Any]


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A pipe's tags."""
    return {"tags": _require(call, request["resourceArn"]).tags}


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or give them other values."""
    found = _require(call, request["resourceArn"])
    made = {**found.tags, **request["tags"]}
    if any(key.lower().startswith("aws:") for key in request["tags"]):
        raise limits.invalid("Tag keys starting with 'aws:' are reserved for system use", tags=sorted(request["tags"]))
    if len(made) > limits.TAGS_MAX:
        raise limits.invalid(f"A pipe can have at most {limits.TAGS_MAX} tags.", tags=len(made))
    _set(call, found, made)
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; those that are not there do not matter."""
    found, gone = _require(call, request["resourceArn"]), set(request["tagKeys"])
    _set(call, found, {key: value for key, value in found.tags.items() if key not in gone})
    return {}


def _require(call: Call, arn: str) -> Pipe:
    name = arn.rpartition("/")[2]
    found = call.state(PipesState).pipes.get(name)
    if found is None or found.arn != arn:
        raise limits.missing(name)
    return found


def _set(call: Call, found: Pipe, tags: dict[str, str]) -> None:
    found.tags = tags
    call.state(PipesState).pipes.put(found.name, found)
    call.changed("pipes.PipeTagged", found.arn, Tags=tags)
