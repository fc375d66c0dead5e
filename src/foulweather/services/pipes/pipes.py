"""Pipes: made, shown, changed, deleted and listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.pipes import checks, finding, limits, logging, paging, settling
from foulweather.services.pipes.state import DELETED, RUNNING, SOURCE_PARAMETERS, Pipe, PipesState, part

Request = Mapping[str, Any]
_SETTINGS: Final = (
    "Description",
    "SourceParameters",
    "Enrichment",
    "EnrichmentParameters",
    "TargetParameters",
    "LogConfiguration",
    "KmsKeyIdentifier",
)


def create_pipe(call: Call, request: Request) -> dict[str, Any]:
    """Make a pipe; it runs, or is stopped, a moment later."""
    name, state = request["Name"], call.state(PipesState)
    made = Pipe(
        name=name,
        arn=call.arn("pipes", f"pipe/{name}"),
        source=request["Source"],
        target=request["Target"],
        role=request["RoleArn"],
        settings={member: request[member] for member in _SETTINGS if request.get(member)},
        created_ms=call.now,
        modified_ms=call.now,
        desired=request.get("DesiredState") or RUNNING,
        tags=dict(request.get("Tags") or {}),
    )
    checks.checked(call, made)
    if name in state.pipes:
        raise limits.conflict(name, f"Pipe {name} already exists.")
    if len(state.pipes) >= limits.PIPES_MAX:
        raise limits.too_many(len(state.pipes))
    logging.prepare(call, made)
    settling.begin(call, made, "CREATING")
    _changed(call, made, "PipeCreated")
    return finding.told(made)


def describe_pipe(call: Call, request: Request) -> dict[str, Any]:
    """A pipe with its settings, and why it is in its state where something failed."""
    found = finding.pipe(call, request["Name"])
    shown = {**finding.told(found), "Source": found.source, "Target": found.target, "RoleArn": found.role}
    shown |= found.settings
    if found.reason:
        shown["StateReason"] = found.reason
    return {**shown, "Tags": found.tags} if found.tags else shown


def update_pipe(call: Call, request: Request) -> dict[str, Any]:
    """Change what is given; the parameters of a service are changed as one."""
    found = finding.settled(call, request["Name"])
    settings = {**found.settings}
    for member in _SETTINGS:
        if member not in request:
            continue
        if not request[member]:
            settings.pop(member, None)
        elif member == "SourceParameters":
            settings[member] = _source_parameters(found, request[member])
        else:
            settings[member] = request[member]
    made = Pipe(
        name=found.name,
        arn=found.arn,
        source=found.source,
        target=request.get("Target") or found.target,
        role=request["RoleArn"],
        settings=settings,
        created_ms=found.created_ms,
        modified_ms=call.now,
        desired=request.get("DesiredState") or found.desired,
        turn=found.turn,
        since_ms=found.since_ms,
        positions=found.positions,
        tags=found.tags,
    )
    checks.checked(call, made)
    if request.get("LogConfiguration"):
        logging.prepare(call, made)
    settling.begin(call, made, "UPDATING")
    _changed(call, made, "PipeUpdated")
    return finding.told(made)


def _source_parameters(found: Pipe, given: Request) -> dict[str, Any]:
    """Where a stream is begun cannot be changed, and stays."""
    own = SOURCE_PARAMETERS[found.source_kind]
    held = part(found.settings, "SourceParameters")
    made: dict[str, Any] = {**held, **given}
    if own in given:
        kept = ("StartingPosition", "StartingPositionTimestamp")
        made[own] = {**{name: held[own][name] for name in kept if name in held[own]}, **given[own]}
    if "FilterCriteria" in given and not given["FilterCriteria"].get("Filters"):
        made.pop("FilterCriteria")
    return made


def delete_pipe(call: Call, request: Request) -> dict[str, Any]:
    """Delete a pipe; it is gone a moment later."""
    found = finding.settled(call, request["Name"])
    found.desired = DELETED
    settling.begin(call, found, "DELETING")
    call.changed("pipes.PipeDeleting", found.arn, CurrentState=found.current)
    return finding.told(found)


def list_pipes(call: Call, request: Request) -> dict[str, Any]:
    """The pipes by name, in some state, from some source, to some target."""
    found = [
        pipe
        for _, pipe in sorted(call.state(PipesState).pipes.items())
        if pipe.name.startswith(request.get("NamePrefix") or "")
        and pipe.source.startswith(request.get("SourcePrefix") or "")
        and pipe.target.startswith(request.get("TargetPrefix") or "")
        and request.get("DesiredState") in (None, pipe.desired)
        and request.get("CurrentState") in (None, pipe.current)
    ]
    listed, more = paging.page(found, request)
    return {"Pipes": [_summary(pipe) for pipe in listed], **more}


def _summary(pipe: Pipe) -> dict[str, Any]:
    shown = {**finding.told(pipe), "Source": pipe.source, "Target": pipe.target}
    if pipe.settings.get("Enrichment"):
        shown["Enrichment"] = pipe.settings["Enrichment"]
    if pipe.reason:
        shown["StateReason"] = pipe.reason
    return shown


def _changed(call: Call, pipe: Pipe, kind: str) -> None:
    settings = {
        **{name: value for name, value in pipe.settings.items() if name not in SOURCE_PARAMETERS.values()},
        **pipe.source_settings,
    }
    call.changed(f"pipes.{kind}", pipe.arn, **settings, Source=pipe.source, Target=pipe.target, RoleArn=pipe.role)
