"""Targets of windows: registered, changed, taken away.

https://docs.aws.amazon.com/systems-manager/latest/userguide/assign-targets-maint-window.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm import refusals
from foulweather.services.ssm.windows import limits, naming, targeting
from foulweather.services.ssm.windows.state import Target

Request = Mapping[str, Any]
_KEPT: Final = ("ResourceType", "Targets", "OwnerInformation", "Name", "Description")
_NODES_MAX: Final = 50


def register_target_with_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """Register nodes, by their ids, with a window."""
    state, window = naming.require(call, request["WindowId"])
    members = {name: request[name] for name in _KEPT if name in request}
    _check(call, request["ResourceType"], request["Targets"])
    token: str = request.get("ClientToken") or ""
    before = next((each for each in window.targets.values() if token and each.token == token), None)
    if before is not None:
        naming.same(before.members, members, token)
        return {"WindowTargetId": before.id}
    limits.check_count("targets per maintenance window", len(window.targets), limits.TARGETS_MAX)
    target = Target(call.world.ids.uuid(), members, token)
    window.targets = {**window.targets, target.id: target}
    state.windows.touch(window.id)
    call.changed("ssm.MaintenanceWindowTargetSet", window.arn, WindowTargetId=target.id, **members)
    return {"WindowTargetId": target.id}


def update_maintenance_window_target(call: Call, request: Request) -> dict[str, Any]:
    """Change a target; with Replace, what is left out is not set any more."""
    state, window = naming.require(call, request["WindowId"])
    target = naming.target(window, request["WindowTargetId"])
    if request.get("Replace") and "Targets" not in request:
        raise refusals.invalid("Targets is required when Replace is true.", Replace=True)
    kind = target.members["ResourceType"]
    if "Targets" in request:
        _check(call, kind, request["Targets"])
    held = {"ResourceType": kind} if request.get("Replace") else target.members
    target.members = held | {name: request[name] for name in _KEPT if name in request}
    state.windows.touch(window.id)
    call.changed("ssm.MaintenanceWindowTargetSet", window.arn, WindowTargetId=target.id, **target.members)
    shown = {name: value for name, value in target.members.items() if name != "ResourceType"}
    return {"WindowId": window.id, "WindowTargetId": target.id, **shown}


def deregister_target_from_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """Take a target away; with Safe, only if no task refers to it."""
    state, window = naming.require(call, request["WindowId"])
    target = naming.target(window, request["WindowTargetId"])
    users = [
        each.id for each in window.tasks.values() if target.id in targeting.named(each.members.get("Targets") or ())
    ]
    if request.get("Safe") and users:
        raise AwsError(
            "TargetInUseException",
            "You specified the Safe option for the DeregisterTargetFromMaintenanceWindow operation, but the target is "
            "still referenced in a task.",
            facts=(Fact(target.id, "referenced by tasks", users),),
        )
    window.targets = {key: each for key, each in window.targets.items() if key != target.id}
    state.windows.touch(window.id)
    call.changed("ssm.MaintenanceWindowTargetDeregistered", window.arn, WindowTargetId=target.id, Targets=None)
    return {"WindowId": window.id, "WindowTargetId": target.id}


def _check(call: Call, kind: str, targets: Sequence[Mapping[str, Any]]) -> None:
    if not targets:
        raise refusals.invalid("Targets must not be empty.", Targets=[])
    for each in targets:
        # Tags and resource groups stand for EC2 instances, which this world does not have.
        if kind != "INSTANCE" or each.get("Key") != "InstanceIds":
            raise not_implemented("ssm", f"{call.operation}.Targets.Key={each.get('Key')}")
    found = targeting.nodes(targets)
    if not 1 <= len(found) <= _NODES_MAX:
        raise refusals.invalid(f"Between 1 and {_NODES_MAX} instance IDs can be specified.", InstanceIds=found)
