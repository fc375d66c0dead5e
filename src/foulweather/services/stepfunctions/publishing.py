"""State machines' revisions: which are published, how they are shown, and when they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import encryption, limits, refusals
from foulweather.services.stepfunctions.records import Revision, StateMachine, Version
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def publish(call: Call, state: SfnState, machine: StateMachine, description: str) -> Version:
    """A version of the latest revision; the one that is there already when there is one."""
    for version in machine.versions.values():
        if version.revision == machine.revision:
            return version
    if len(machine.versions) >= limits.VERSIONS_MAX:
        raise refusals.too_many("ServiceQuotaExceededException", "versions", limits.VERSIONS_MAX)
    version = Version(machine.next_version, machine.revision, call.now, description)
    machine.next_version += 1
    machine.versions[str(version.number)] = version
    state.machines.touch(machine.arn)
    call.changed("stepfunctions.VersionPublished", f"{machine.arn}:{version.number}", description=description)
    return version


def remove(state: SfnState, machine: StateMachine) -> None:
    """Remove a state machine with its versions and aliases; executions that are over are kept."""
    state.machines.delete(machine.arn)
    for revision in {machine.revision, *(each.revision for each in machine.versions.values())}:
        state.drop_unused(revision)


def remove_if_over(state: SfnState, arn: str) -> None:
    """Remove a state machine on its way out whose last execution is over."""
    machine = state.machines.get(arn)
    if machine is not None and machine.is_deleting and not any(each.is_open for each in state.of(arn)):
        remove(state, machine)


def shown(revision: Revision, request: Request) -> dict[str, Any]:
    """What a revision says, as the API tells it."""
    return {
        "definition": "" if request.get("includedData") == "METADATA_ONLY" else revision.definition,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False, **revision.logging},
        "tracingConfiguration": {"enabled": revision.tracing},
        "encryptionConfiguration": encryption.shown(revision.encryption),
    }


def require(state: SfnState, arn: str) -> StateMachine:
    """A state machine that is not on its way out."""
    machine = state.machines.get(arn)
    if machine is None:
        raise refusals.no_machine(arn)
    if machine.is_deleting:
        raise refusals.deleting(arn)
    return machine
