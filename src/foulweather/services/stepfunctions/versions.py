"""Versions of state machines.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import naming, paging, publishing, refusals
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def publish_state_machine_version(call: Call, request: Request) -> dict[str, Any]:
    """Publish the latest revision; if a revision is named, only when it is the latest."""
    state = call.state(SfnState)
    machine = publishing.require(state, naming.unqualified(request["stateMachineArn"]))
    wanted, latest = request.get("revisionId"), machine.revision.rpartition("/")[2]
    if wanted and wanted != (latest if machine.is_revised else "INITIAL"):
        raise refusals.conflict(
            f"Failed to publish the State Machine version for revision {wanted}. The current State Machine revision is "
            f"{latest if machine.is_revised else 'INITIAL'}.",
            Fact(machine.arn, "revisionId", latest),
        )
    version = publishing.publish(call, state, machine, request.get("description") or "")
    return {"creationDate": version.created_ms, "stateMachineVersionArn": f"{machine.arn}:{version.number}"}


def delete_state_machine_version(call: Call, request: Request) -> dict[str, Any]:
    """Delete a version that no alias names."""
    arn = request["stateMachineVersionArn"]
    named = naming.machine(arn)
    if not named.qualifier.isdecimal():
        raise refusals.invalid_arn(arn, "Not a state machine version ARN")
    state = call.state(SfnState)
    machine = state.machines.get(naming.own(named, arn))
    version = machine.versions.get(named.qualifier) if machine is not None else None
    if machine is None or version is None:
        return {}
    using = [
        alias.name for alias in machine.aliases.values() if any(each.version == version.number for each in alias.routes)
    ]
    if using:
        raise refusals.conflict(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this "
            f"version: [{', '.join(using)}]",
            Fact(arn, "aliases", using),
        )
    del machine.versions[named.qualifier]
    state.machines.touch(machine.arn)
    state.drop_unused(version.revision)
    call.changed("stepfunctions.VersionDeleted", arn)
    return {}


def list_state_machine_versions(call: Call, request: Request) -> dict[str, Any]:
    """The versions of a state machine, the latest first."""
    arn = naming.unqualified(request["stateMachineArn"])
    machine = call.state(SfnState).machines.get(arn)
    held = [] if machine is None else sorted(machine.versions.values(), key=lambda each: -each.number)
    listed, more = paging.page(call, held, request, arn)
    told = [{"stateMachineVersionArn": f"{arn}:{each.number}", "creationDate": each.created_ms} for each in listed]
    return {"stateMachineVersions": told, **more}
