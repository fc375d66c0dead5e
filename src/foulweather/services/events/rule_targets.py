"""Targets of rules."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.events import limits, naming, paging, refusals, target_checks
from foulweather.services.events.sending import PRINCIPAL
from foulweather.services.events.state import Rule

Request = Mapping[str, Any]


def put_targets(call: Call, request: Request) -> dict[str, Any]:
    """Add targets to a rule, or replace those of the same ids."""
    for target in request["Targets"]:
        target_checks.check(call, target)
    state, rule = naming.require_rule(call, request, "Rule")
    wanted = {**rule.targets, **{target["Id"]: dict(target) for target in request["Targets"]}}
    if len(wanted) > limits.TARGETS_MAX:
        raise refusals.too_many(rule.arn, "Targets per rule", len(wanted), limits.TARGETS_MAX)
    for target in request["Targets"]:
        if target.get("RoleArn"):
            _require_assumable(call, rule, target["RoleArn"])
    rule.targets = wanted
    state.patterns_changed(rule.bus)
    state.rules.touch(rule.key)
    facts = {f"target {target['Id']}": target["Arn"] for target in request["Targets"]}
    call.changed("events.TargetsPut", rule.arn, **facts)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def remove_targets(call: Call, request: Request) -> dict[str, Any]:
    """Take targets from a rule; those that are not there do not matter."""
    state, rule = naming.require_rule(call, request, "Rule")
    gone = set(request["Ids"])
    rule.targets = {id: target for id, target in rule.targets.items() if id not in gone}
    state.patterns_changed(rule.bus)
    state.rules.touch(rule.key)
    call.changed("events.TargetsRemoved", rule.arn, **{f"target {id}": None for id in sorted(gone)})
    return {"FailedEntryCount": 0, "FailedEntries": []}


def list_targets_by_rule(call: Call, request: Request) -> dict[str, Any]:
    """A rule's targets."""
    _, rule = naming.require_rule(call, request, "Rule")
    listed, more = paging.page(list(rule.targets.values()), request)
    return {"Targets": list(listed), **more}


def list_rule_names_by_target(call: Call, request: Request) -> dict[str, Any]:
    """The names of the rules that have a target."""
    state, bus = naming.require_bus(call, request.get("EventBusName"))
    arn = request["TargetArn"]
    names = [
        name
        for name, rule in sorted(state.rules_on(bus.name).items())
        if any(target["Arn"] == arn for target in rule.targets.values())
    ]
    listed, more = paging.page(names, request)
    return {"RuleNames": list(listed), **more}


def _require_assumable(call: Call, rule: Rule, role: str) -> None:
    """Refuse a role that EventBridge may not be."""
    question = {"RoleArn": role, "RoleSessionName": "EventBridge"}
    try:
        response: Any = answers.given(call, question)
        if response is None:
            own = call.acting_as(PRINCIPAL, source_arn=rule.arn, source_account=call.account)
            response = own.sts.assume_role(question)
    except AwsError as error:
        refusal = refusals.invalid(f"Provided role '{role}' cannot be assumed by principal '{PRINCIPAL}'.")
        raise refusal.because(error.why) from None
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
