"""Aliases of state machines.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.stepfunctions import checking, limits, naming, paging, publishing, refusals
from foulweather.services.stepfunctions.records import Alias, Route, StateMachine
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]
_REASON: Final = "INVALID_ROUTING_CONFIGURATION"
_NAME: Final = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]+")


def create_state_machine_alias(call: Call, request: Request) -> dict[str, Any]:
    """Name one or two versions; the same again is no other."""
    name, state = request["name"], call.state(SfnState)
    machine, routes = _routes(call, state, request["routingConfiguration"])
    arn, description = f"{machine.arn}:{name}", request.get("description") or ""
    held = machine.aliases.get(name)
    if held is not None:
        if held.routes != routes or held.description != description:
            raise refusals.conflict(
                "Failed to create alias because an alias with the same name and a different routing configuration "
                "already exists.",
                Fact(arn, "exists", True),
            )
        return {"stateMachineAliasArn": arn, "creationDate": held.created_ms}
    checking.check_count(len(machine.aliases), limits.ALIASES_MAX, "ServiceQuotaExceededException", "aliases")
    machine.aliases[name] = Alias(name, routes, call.now, call.now, description)
    state.machines.touch(machine.arn)
    call.changed("stepfunctions.AliasCreated", arn, routingConfiguration=_shown(machine, routes))
    return {"stateMachineAliasArn": arn, "creationDate": call.now}


def update_state_machine_alias(call: Call, request: Request) -> dict[str, Any]:
    """Route an alias elsewhere, or describe it otherwise."""
    arn, state = request["stateMachineAliasArn"], call.state(SfnState)
    if request.get("routingConfiguration") is None and request.get("description") is None:
        raise refusals.invalid(
            "Either the description or the routingConfiguration must be specified", "MISSING_REQUIRED_PARAMETER"
        )
    machine, alias = _require(state, arn)
    if machine.is_deleting:
        raise refusals.deleting(machine.arn)
    if request.get("routingConfiguration") is not None:
        other, routes = _routes(call, state, request["routingConfiguration"])
        if other is not machine:
            raise refusals.invalid(
                "The versions of an alias must be of its own state machine", _REASON, stateMachineAliasArn=arn
            )
        alias.routes = routes
    if request.get("description") is not None:
        alias.description = request["description"]
    alias.updated_ms = call.now
    state.machines.touch(machine.arn)
    call.changed("stepfunctions.AliasUpdated", arn, routingConfiguration=_shown(machine, alias.routes))
    return {"updateDate": call.now}


def delete_state_machine_alias(call: Call, request: Request) -> dict[str, Any]:
    """Delete an alias; its versions stay."""
    arn, state = request["stateMachineAliasArn"], call.state(SfnState)
    machine, alias = _require(state, arn)
    del machine.aliases[alias.name]
    state.machines.touch(machine.arn)
    call.changed("stepfunctions.AliasDeleted", arn)
    return {}


def describe_state_machine_alias(call: Call, request: Request) -> dict[str, Any]:
    """An alias."""
    arn = request["stateMachineAliasArn"]
    machine, alias = _require(call.state(SfnState), arn)
    told: dict[str, Any] = {
        "stateMachineAliasArn": arn,
        "name": alias.name,
        "routingConfiguration": _shown(machine, alias.routes),
        "creationDate": alias.created_ms,
        "updateDate": alias.updated_ms,
    }
    if alias.description:
        told["description"] = alias.description
    return told


def list_state_machine_aliases(call: Call, request: Request) -> dict[str, Any]:
    """The aliases of a state machine, or of one of its versions, the latest first."""
    arn = request["stateMachineArn"]
    named = naming.machine(arn)
    machine = publishing.require(call.state(SfnState), naming.own(named, arn))
    if named.qualifier and named.qualifier not in machine.versions:
        raise refusals.not_found(arn)
    held = [
        each
        for each in machine.aliases.values()
        if not named.qualifier or any(route.version == int(named.qualifier) for route in each.routes)
    ]
    held.sort(key=lambda each: -each.created_ms)
    listed, more = paging.page(call, held, request, arn)
    told = [{"stateMachineAliasArn": f"{machine.arn}:{each.name}", "creationDate": each.created_ms} for each in listed]
    return {"stateMachineAliases": told, **more}


def _require(state: SfnState, arn: str) -> tuple[StateMachine, Alias]:
    named = naming.machine(arn)
    if not _NAME.fullmatch(named.qualifier):
        raise refusals.invalid_arn(arn, "Not a state machine alias ARN")
    machine = state.machines.get(naming.own(named, arn))
    alias = machine.aliases.get(named.qualifier) if machine is not None else None
    if machine is None or alias is None:
        raise refusals.not_found(arn)
    return machine, alias


def _routes(call: Call, state: SfnState, given: list[Mapping[str, Any]]) -> tuple[StateMachine, list[Route]]:
    """The versions that an alias names, of one state machine, with weights that make 100."""
    own, routes = "", list[Route]()
    for each in given:
        arn = each["stateMachineVersionArn"]
        named = naming.machine(arn)
        if not named.qualifier.isdecimal():
            raise refusals.invalid_arn(arn, "Not a state machine version ARN")
        if own and naming.own(named, arn) != own:
            raise refusals.invalid("Routing configuration must contain versions of one state machine.", _REASON)
        own = naming.own(named, arn)
        routes.append(Route(int(named.qualifier), each["weight"]))
    if sum(each.weight for each in routes) != 100:
        raise refusals.invalid("Sum of routing configuration weights must equal 100.", _REASON)
    if len({each.version for each in routes}) != len(routes):
        raise refusals.invalid("Routing configuration must contain distinct state machine version ARNs.", _REASON)
    machine = state.machines.get(own)
    if machine is None:
        raise refusals.not_found(own)
    if machine.is_deleting:
        raise refusals.deleting(own)
    for route in routes:
        if str(route.version) not in machine.versions:
            raise refusals.not_found(f"{own}:{route.version}")
    return machine, routes


def _shown(machine: StateMachine, routes: list[Route]) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": f"{machine.arn}:{each.version}", "weight": each.weight} for each in routes]
