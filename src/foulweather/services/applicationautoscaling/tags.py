"""Tags of scalable targets; policies and scheduled actions have none.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.applicationautoscaling import limits
from foulweather.services.applicationautoscaling.state import ScalingState

Request = Mapping[str, Any]


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Set tags."""
    state = call.state(ScalingState)
    target = state.target_at(request["ResourceARN"])
    tags: dict[str, str] = {**target.tags, **request["Tags"]}
    limits.check_tags(request["Tags"], len(tags))
    target.tags = tags
    state.targets.touch(target.key)
    call.changed("application-autoscaling.Tagged", target.arn, Tags=tags)
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; removing one that is not there is no error."""
    state = call.state(ScalingState)
    target = state.target_at(request["ResourceARN"])
    target.tags = {key: value for key, value in target.tags.items() if key not in request["TagKeys"]}
    state.targets.touch(target.key)
    call.changed("application-autoscaling.Untagged", target.arn, Tags=target.tags)
    return {}


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A target's tags."""
    return {"Tags": dict(call.state(ScalingState).target_at(request["ResourceARN"]).tags)}
