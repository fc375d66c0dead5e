"""What the operations of maintenance windows need permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.ssm.windows import naming

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]


def window(call: Call, request: Request) -> Sequence[Resource]:
    """The window that WindowId names."""
    return (naming.resource(call, request["WindowId"]),)


def window_and_target(call: Call, request: Request) -> Sequence[Resource]:
    """The window, and the target of it: both must be allowed."""
    return (
        *window(call, request),
        Resource(call.arn("ssm", f"windowtarget/{request['WindowTargetId']}"), call.account),
    )


def window_and_task(call: Call, request: Request) -> Sequence[Resource]:
    """The window, and the task of it: both must be allowed."""
    return (*window(call, request), Resource(call.arn("ssm", f"windowtask/{request['WindowTaskId']}"), call.account))


def conditions(call: Call, request: Request) -> Conditions:
    """The tags of a request, and those of the window that it names."""
    found: Conditions = {}
    tags: Sequence[Mapping[str, str]] = request.get("Tags") or ()
    if tags:
        found |= {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
        found["aws:tagkeys"] = [tag["Key"] for tag in tags]
    if "WindowId" in request:
        tags_of = naming.resource(call, request["WindowId"]).tags
        found |= {f"ssm:resourcetag/{key.lower()}": value for key, value in tags_of.items()}
    return found


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new window need ssm:AddTagsToResource too."""
    if not request.get("Tags"):
        return ()
    named = Resource(call.arn("ssm", "maintenancewindow/*"), call.account)
    return (Permission("ssm:AddTagsToResource", named, conditions(call, request)),)


def _read(name: str) -> Access:
    return Access(f"ssm:{name}", is_read=True)


ACCESS: dict[str, Access] = {
    "CreateMaintenanceWindow": Access("ssm:CreateMaintenanceWindow", conditions=conditions, also=tagging),
    **{
        name: Access(f"ssm:{name}", window, conditions)
        for name in (
            "DeleteMaintenanceWindow",
            "RegisterTargetWithMaintenanceWindow",
            "RegisterTaskWithMaintenanceWindow",
            "UpdateMaintenanceWindow",
        )
    },
    **{
        name: Access(f"ssm:{name}", window_and_target, conditions)
        for name in ("DeregisterTargetFromMaintenanceWindow", "UpdateMaintenanceWindowTarget")
    },
    **{
        name: Access(f"ssm:{name}", window_and_task, conditions)
        for name in ("DeregisterTaskFromMaintenanceWindow", "UpdateMaintenanceWindowTask")
    },
    **{
        name: Access(f"ssm:{name}", window, conditions, is_read=True)
        for name in (
            "DescribeMaintenanceWindowExecutions",
            "DescribeMaintenanceWindowTargets",
            "DescribeMaintenanceWindowTasks",
            "GetMaintenanceWindow",
        )
    },
    "GetMaintenanceWindowTask": Access("ssm:GetMaintenanceWindowTask", window_and_task, conditions, is_read=True),
    **{
        name: _read(name)
        for name in (
            "DescribeMaintenanceWindowExecutionTaskInvocations",
            "DescribeMaintenanceWindowExecutionTasks",
            "DescribeMaintenanceWindowSchedule",
            "DescribeMaintenanceWindows",
            "DescribeMaintenanceWindowsForTarget",
            "GetMaintenanceWindowExecution",
            "GetMaintenanceWindowExecutionTask",
            "GetMaintenanceWindowExecutionTaskInvocation",
        )
    },
    "CancelMaintenanceWindowExecution": Access("ssm:CancelMaintenanceWindowExecution"),
}
