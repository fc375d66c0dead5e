"""Tags of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm import limits, naming
from foulweather.services.ssm.state import Parameter, SsmState

Request = Mapping[str, Any]


def add_tags_to_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags to a parameter, or give them other values."""
    state, parameter = _parameter(call, request)
    _set(call, state, parameter, limits.checked_tags(request["Tags"], parameter.tags))
    return {}


def remove_tags_from_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags from a parameter; those it has not do not matter."""
    state, parameter = _parameter(call, request)
    gone = set(request["TagKeys"])
    _set(call, state, parameter, {key: value for key, value in parameter.tags.items() if key not in gone})
    return {}


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """The tags of a parameter."""
    _, parameter = _parameter(call, request)
    return {"TagList": [{"Key": key, "Value": value} for key, value in parameter.tags.items()]}


def _parameter(call: Call, request: Request) -> tuple[SsmState, Parameter]:
    if request["ResourceType"] != "Parameter":
        raise not_implemented("ssm", f"{call.operation}.ResourceType={request['ResourceType']}")
    found = naming.named(call, request["ResourceId"])
    naming.check_kept_here(call, found.name)
    if found.parameter is None:
        raise AwsError(
            "InvalidResourceId",
            "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
            facts=(Fact("request", "ResourceId", request["ResourceId"]), Fact(found.arn, "exists", False)),
        )
    return call.state(SsmState, found.account), found.parameter


def _set(call: Call, state: SsmState, parameter: Parameter, tags: dict[str, str]) -> None:
    parameter.tags = tags
    state.touch(parameter)
    call.changed("ssm.ParameterTagged", parameter.arn, Tags=tags)
