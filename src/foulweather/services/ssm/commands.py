"""Run Command and Session Manager, as they are where no node is managed.

https://docs.aws.amazon.com/systems-manager/latest/userguide/troubleshooting-remote-commands.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm import refusals
from foulweather.services.ssm.documents import naming

Request = Mapping[str, Any]


def send_command(call: Call, request: Request) -> dict[str, Any]:
    """Run a document on nodes; there is no managed node, so nobody can."""
    instances: list[str] = list(request.get("InstanceIds") or ())
    if len(set(instances)) < len(instances):
        raise refusals.refused(
            "DuplicateInstanceId",
            "You can't specify a managed node ID in more than one association.",
            InstanceIds=instances,
        )
    place = naming.named(call, request["DocumentName"])
    if place.document is None and not naming.RESERVED.match(place.name):
        raise naming.no_such_document(place)
    if place.document is not None:
        if place.document.type != "Command":
            raise refusals.refused(
                "InvalidDocument",
                f"Document {place.name} of type {place.document.type} can't be run: only those of type Command can.",
                DocumentName=place.name,
            )
        naming.selected(
            call.state(naming.DocumentsState, place.account), place.document, request.get("DocumentVersion")
        )
    if request.get("Targets"):
        raise not_implemented("ssm", "SendCommand.Targets")
    if not instances:
        raise refusals.refused("InvalidParameters", "Specify either InstanceIds or Targets.")
    raise AwsError(
        "InvalidInstanceId",
        f"Instances [[{', '.join(instances)}]] not in a valid state for account {call.account}",
        facts=tuple(Fact(instance, "managed by Systems Manager", False) for instance in instances),
        remedy=("aws ssm describe-instance-information",),
    )


def list_commands(call: Call, request: Request) -> dict[str, Any]:
    """The commands that were sent: none."""
    _check_command(request)
    return {"Commands": []}


def list_command_invocations(call: Call, request: Request) -> dict[str, Any]:
    """What came of the commands: there were none."""
    _check_command(request)
    return {"CommandInvocations": []}


def get_command_invocation(call: Call, request: Request) -> dict[str, Any]:
    """What came of a command on a node: there was none."""
    raise refusals.refused(
        "InvocationDoesNotExist",
        "The command ID and managed node ID you specified didn't match any invocations. Verify the command ID and the "
        "managed node ID and try again.",
        CommandId=request["CommandId"],
        InstanceId=request["InstanceId"],
    )


def cancel_command(call: Call, request: Request) -> dict[str, Any]:
    """Cancel a command: there is none."""
    raise _invalid_command(request["CommandId"])


def describe_instance_information(call: Call, request: Request) -> dict[str, Any]:
    """The managed nodes: none."""
    return {"InstanceInformationList": []}


def start_session(call: Call, request: Request) -> dict[str, Any]:
    """Open a session on a node; no node is connected."""
    target: str = request["Target"]
    raise AwsError(
        "TargetNotConnected",
        f"{target} is not connected.",
        facts=(Fact(target, "managed by Systems Manager", False),),
        remedy=("aws ssm describe-instance-information",),
    )


def _check_command(request: Request) -> None:
    if request.get("CommandId"):
        raise _invalid_command(request["CommandId"])


def _invalid_command(command_id: str) -> AwsError:
    return refusals.refused(
        "InvalidCommandId", "The specified command ID isn't valid. Verify the ID and try again.", CommandId=command_id
    )
