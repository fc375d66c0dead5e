"""Tags of state machines and activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import limits, naming, refusals
from foulweather.services.stepfunctions.records import Activity, StateMachine
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A resource's tags."""
    held = _require(call, request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in held.tags.items()]}


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or give them other values."""
    held = _require(call, request["resourceArn"])
    _set(call, held, limits.checked_tags(request["tags"], held.tags, held.arn))
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; those that are not there do not matter."""
    held, gone = _require(call, request["resourceArn"]), set(request["tagKeys"])
    _set(call, held, {key: value for key, value in held.tags.items() if key not in gone})
    return {}


def _require(call: Call, arn: str) -> StateMachine | Activity:
    kind = naming.parts(arn)
    if kind is None or kind[0] not in ("stateMachine", "activity"):
        raise refusals.invalid_arn(arn)
    state = call.state(SfnState)
    found = state.machines.get(arn) or state.activities.get(arn)
    if found is None:
        raise refusals.not_found(arn)
    return found


def _set(call: Call, held: StateMachine | Activity, tags: dict[str, str]) -> None:
    held.tags = tags
    state = call.state(SfnState)
    if isinstance(held, StateMachine):
        state.machines.touch(held.arn)
    else:
        state.activities.touch(held.arn)
    call.changed("stepfunctions.ResourceTagged", held.arn, Tags=tags)
