"""What targets name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm import refusals
from foulweather.services.ssm.windows import naming
from foulweather.services.ssm.windows.state import Window


def named(targets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The window's targets that a task refers to."""
    return [value for each in targets if each.get("Key") == "WindowTargetIds" for value in each.get("Values") or ()]


def nodes(targets: Sequence[Mapping[str, Any]]) -> list[str]:
    """The nodes that targets name by their ids."""
    return [value for each in targets if each.get("Key") == "InstanceIds" for value in each.get("Values") or ()]


def check_task_targets(call: Call, window: Window, targets: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a task's targets that are not registered, where they must be."""
    for each in targets:
        if each.get("Key") not in ("InstanceIds", "WindowTargetIds"):
            raise not_implemented("ssm", f"{call.operation}.Targets.Key={each.get('Key')}")
    for target_id in named(targets):
        naming.target(window, target_id)
    if nodes(targets) and not window.members["AllowUnassociatedTargets"]:
        raise refusals.invalid(
            "The maintenance window doesn't allow unassociated targets: specify targets that are registered with it "
            "(WindowTargetIds).",
            AllowUnassociatedTargets=False,
        )
