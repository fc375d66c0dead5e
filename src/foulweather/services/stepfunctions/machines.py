"""State machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import (
    checking,
    encryption,
    limits,
    logging,
    naming,
    paging,
    publishing,
    refusals,
    roles,
)
from foulweather.services.stepfunctions.records import Revision, StateMachine
from foulweather.services.stepfunctions.running import each_open
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]


def create_state_machine(call: Call, request: Request) -> dict[str, Any]:
    """Make a state machine; the same one again is no other."""
    name, kind = naming.checked_name(request["name"]), request.get("type") or "STANDARD"
    arn, role, state = naming.machine_arn(call, name), request["roleArn"], call.state(SfnState)
    configuration = encryption.checked(request.get("encryptionConfiguration"))
    checking.check_role(role)
    held_logging = checking.checked_logging(call, request.get("loggingConfiguration"))
    tracing = checking.checked_tracing(call, request.get("tracingConfiguration"))
    _check_description(request)
    checking.check_definition(request["definition"], kind)
    tags = limits.checked_tags(request.get("tags") or (), {}, arn)
    held = state.machines.get(arn)
    if held is not None:
        return _same(state, held, request, kind, held_logging, configuration, tracing=tracing)
    checking.check_count(len(state.machines), limits.MACHINES_MAX, "StateMachineLimitExceeded", "state machines")
    principal = roles.require_assumable(call, role, arn)
    logging.prepare(call, principal, held_logging)
    data_key = encryption.sealed(call, configuration, arn)
    revision = Revision(
        f"{arn}/{call.world.ids.uuid()}",
        request["definition"],
        role,
        call.now,
        held_logging,
        tracing,
        configuration,
        data_key,
    )
    machine = StateMachine(name, arn, kind, revision.id, call.now, call.now, tags=tags)
    state.revisions.put(revision.id, revision)
    state.machines.put(arn, machine)
    _changed(call, "stepfunctions.StateMachineCreated", machine, revision)
    answer: dict[str, Any] = {"stateMachineArn": arn, "creationDate": call.now}
    if request.get("publish"):
        version = publishing.publish(call, state, machine, request.get("versionDescription") or "")
        answer["stateMachineVersionArn"] = f"{arn}:{version.number}"
    return answer


def _check_description(request: Request) -> None:
    if request.get("versionDescription") and not request.get("publish"):
        raise refusals.invalid("Version description can only be set when publish is true")


def _same(
    state: SfnState,
    held: StateMachine,
    request: Request,
    kind: str,
    logs: Mapping[str, Any],
    configuration: Mapping[str, Any],
    *,
    tracing: bool,
) -> dict[str, Any]:
    """Creating what is there: "CreateStateMachine is an idempotent API"."""
    if held.is_deleting:
        raise refusals.deleting(held.arn)
    revision = state.revisions[held.revision]
    is_same = (
        revision.definition == request["definition"]
        and revision.role == request["roleArn"]
        and held.kind == kind
        and revision.logging == logs
        and revision.tracing == tracing
        and revision.encryption == configuration
    )
    if not is_same:
        raise refusals.machine_exists(held.arn)
    answer: dict[str, Any] = {"stateMachineArn": held.arn, "creationDate": held.created_ms}
    if request.get("publish") and held.versions:
        answer["stateMachineVersionArn"] = f"{held.arn}:{max(int(number) for number in held.versions)}"
    return answer


def update_state_machine(call: Call, request: Request) -> dict[str, Any]:
    """Give a state machine another definition, role or configuration; what runs goes on as it was."""
    arn = naming.unqualified(request["stateMachineArn"])
    names = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
    if not any(request.get(name) is not None for name in names):
        raise AwsError(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified",
            400,
            facts=tuple(Fact("request", name, None) for name in names),
        )
    state = call.state(SfnState)
    machine = publishing.require(state, arn)
    old = state.revisions[machine.revision]
    configuration, data_key = old.encryption, old.data_key
    if request.get("encryptionConfiguration") is not None:
        configuration = encryption.checked(request["encryptionConfiguration"])
    role = request.get("roleArn") or old.role
    checking.check_role(role)
    logs = old.logging
    if request.get("loggingConfiguration") is not None:
        logs = checking.checked_logging(call, request["loggingConfiguration"])
    tracing = old.tracing
    if request.get("tracingConfiguration") is not None:
        tracing = checking.checked_tracing(call, request["tracingConfiguration"])
    _check_description(request)
    definition = request.get("definition") or old.definition
    checking.check_definition(definition, machine.kind)
    if role != old.role or logs != old.logging:
        logging.prepare(call, roles.require_assumable(call, role, arn), logs)
    if configuration != old.encryption or (configuration and definition != old.definition):
        data_key = encryption.sealed(call, configuration, arn)
    number = call.world.ids.uuid()
    revision = Revision(
        f"{arn}/{number}", definition, role, call.now, logs, tracing, configuration, data_key if configuration else b""
    )
    state.revisions.put(revision.id, revision)
    machine.revision, machine.updated_ms, machine.is_revised = revision.id, call.now, True
    state.machines.touch(arn)
    state.drop_unused(old.id)
    _changed(call, "stepfunctions.StateMachineUpdated", machine, revision)
    answer: dict[str, Any] = {"updateDate": call.now, "revisionId": number}
    if request.get("publish"):
        version = publishing.publish(call, state, machine, request.get("versionDescription") or "")
        answer["stateMachineVersionArn"] = f"{arn}:{version.number}"
    return answer


def delete_state_machine(call: Call, request: Request) -> dict[str, Any]:
    """Delete a state machine, once its executions are over: they end on their next state transition."""
    named = naming.machine(request["stateMachineArn"])
    arn = naming.own(named, request["stateMachineArn"])
    if named.qualifier:
        raise refusals.invalid_arn(request["stateMachineArn"], "This operation does not support qualified ARNs")
    state = call.state(SfnState)
    machine = state.machines.get(arn)
    if machine is None:
        return {}
    if any(each_open(state, arn)):
        machine.is_deleting = True
        state.machines.touch(arn)
    else:
        publishing.remove(state, machine)
    call.changed("stepfunctions.StateMachineDeleted", arn)
    return {}


def describe_state_machine(call: Call, request: Request) -> dict[str, Any]:
    """A state machine, or one of its versions."""
    arn = request["stateMachineArn"]
    named = naming.machine(arn)
    state = call.state(SfnState)
    machine = state.machines.get(naming.own(named, arn))
    if machine is None:
        raise refusals.no_machine(arn)
    revision_id, created_ms, extra = machine.revision, machine.created_ms, dict[str, Any]()
    if named.qualifier:
        version = machine.versions.get(named.qualifier)
        if version is None:
            raise refusals.no_machine(arn)
        revision_id, created_ms = version.revision, version.created_ms
        if version.description:
            extra["description"] = version.description
    revision = state.revisions[revision_id]
    if request.get("includedData") != "METADATA_ONLY":
        encryption.require_open(call, revision)
    if machine.is_revised:
        extra["revisionId"] = revision_id.rpartition("/")[2]
    return {
        "stateMachineArn": arn,
        "name": machine.name,
        "status": "DELETING" if machine.is_deleting else "ACTIVE",
        "roleArn": revision.role,
        "type": machine.kind,
        "creationDate": created_ms,
        **publishing.shown(revision, request),
        **extra,
    }


def list_state_machines(call: Call, request: Request) -> dict[str, Any]:
    """The state machines of the account in the Region."""
    found = sorted(call.state(SfnState).machines.values(), key=lambda each: (each.created_ms, each.name))
    listed, more = paging.page(call, found, request)
    told = [
        {"stateMachineArn": each.arn, "name": each.name, "type": each.kind, "creationDate": each.created_ms}
        for each in listed
    ]
    return {"stateMachines": told, **more}


def describe_state_machine_for_execution(call: Call, request: Request) -> dict[str, Any]:
    """The state machine as it was when an execution began."""
    arn = request["executionArn"]
    naming.check_execution(arn)
    state = call.state(SfnState)
    execution = state.executions.get(arn)
    if execution is None or (execution.kind == "EXPRESS" and not execution.map_run):
        raise refusals.no_execution(arn)
    revision = state.revisions[execution.revision]
    if request.get("includedData") != "METADATA_ONLY":
        encryption.require_open(call, revision)
    told: dict[str, Any] = {
        "stateMachineArn": execution.machine,
        "name": execution.machine.rpartition(":")[2],
        "roleArn": revision.role,
        "updateDate": revision.created_ms,
        **publishing.shown(revision, request),
    }
    machine = state.machines.get(execution.machine)
    if machine is not None and machine.is_revised:
        told["revisionId"] = revision.id.rpartition("/")[2]
    if execution.map_run:
        run = state.map_runs[execution.map_run]
        told["mapRunArn"], told["label"] = run.arn, run.label
        told["stateMachineArn"] = f"{execution.machine}/{run.label}"
    return told


def _changed(call: Call, kind: str, machine: StateMachine, revision: Revision) -> None:
    call.changed(
        kind,
        machine.arn,
        definition=revision.id.rpartition("/")[2],
        roleArn=revision.role,
        type=machine.kind,
        loggingConfiguration=revision.logging,
        tracing=revision.tracing,
        encryptionConfiguration=revision.encryption.get("kmsKeyId"),
    )
