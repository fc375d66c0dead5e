"""Rules: which events they match, or when they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.events import limits, naming, paging, refusals, schedules, trails
from foulweather.services.events.state import Rule

Request = Mapping[str, Any]


def put_rule(call: Call, request: Request) -> dict[str, Any]:
    """Make a rule, or replace what it matches; its targets and tags stay."""
    pattern, schedule = request.get("EventPattern") or "", request.get("ScheduleExpression") or ""
    if not pattern and not schedule:
        raise refusals.invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        limits.checked_pattern(pattern)
    wanted = request.get("State") or "ENABLED"
    state, bus = naming.require_bus(call, request.get("EventBusName"))
    if schedule:
        schedules.check(schedule, bus.name)
    name = request["Name"]
    rule = state.rules.get(f"{bus.name}/{name}")
    if rule is None:
        held = len(state.rules_on(bus.name))
        if held >= limits.RULES_MAX:
            raise refusals.too_many(bus.arn, "Number of rules", held, limits.RULES_MAX)
        tags = limits.checked_tags(request.get("Tags") or (), {})
        rule = Rule(name, bus.name, naming.rule_arn(bus, name), call.account, call.now, tags=tags)
        rule.begins_ms = call.now
        state.add(rule)
    if schedule != rule.schedule or (wanted != "DISABLED" and not rule.is_enabled):
        # "When you create a rate expression, it starts immediately": the first run is one period later.
        rule.begins_ms = call.now
    rule.pattern, rule.schedule, rule.state = pattern, schedule, wanted
    state.patterns_changed(bus.name)
    rule.description, rule.role = request.get("Description"), request.get("RoleArn") or ""
    schedules.arm(call, state, rule)
    trails.begin(call, state)
    call.changed(
        "events.RulePut", rule.arn, EventPattern=pattern, ScheduleExpression=schedule, State=wanted, RoleArn=rule.role
    )
    return {"RuleArn": rule.arn}


def delete_rule(call: Call, request: Request) -> dict[str, Any]:
    """Delete a rule without targets; deleting one that is not there is no error."""
    state, bus = naming.require_bus(call, request.get("EventBusName"))
    rule = state.rules.get(f"{bus.name}/{request['Name']}")
    if rule is None:
        return {}
    if rule.targets:
        raise refusals.invalid(
            "Rule can't be deleted since it has targets.", Name=rule.name, targets=list(rule.targets)
        )
    state.remove(rule)
    schedules.arm(call, state, rule)
    call.changed("events.RuleDeleted", rule.arn)
    return {}


def describe_rule(call: Call, request: Request) -> dict[str, Any]:
    """A rule."""
    _, rule = naming.require_rule(call, request)
    return {**_shown(rule), "CreatedBy": rule.created_by}


def enable_rule(call: Call, request: Request) -> dict[str, Any]:
    """Have a rule match, or keep time, from now on."""
    _turn(call, request, "ENABLED")
    return {}


def disable_rule(call: Call, request: Request) -> dict[str, Any]:
    """Have a rule match nothing and not run any more."""
    _turn(call, request, "DISABLED")
    return {}


def list_rules(call: Call, request: Request) -> dict[str, Any]:
    """A bus's rules whose names begin with a prefix."""
    state, bus = naming.require_bus(call, request.get("EventBusName"))
    prefix = request.get("NamePrefix") or ""
    found = [rule for name, rule in sorted(state.rules_on(bus.name).items()) if name.startswith(prefix)]
    listed, more = paging.page(found, request)
    return {"Rules": [_shown(rule) for rule in listed], **more}


def _shown(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": rule.name, "Arn": rule.arn, "State": rule.state, "EventBusName": rule.bus}
    if rule.pattern:
        found["EventPattern"] = rule.pattern
    if rule.schedule:
        found["ScheduleExpression"] = rule.schedule
    if rule.description is not None:
        found["Description"] = rule.description
    if rule.role:
        found["RoleArn"] = rule.role
    return found


def _turn(call: Call, request: Request, to: str) -> None:
    state, rule = naming.require_rule(call, request)
    if rule.state != to:
        rule.state, rule.begins_ms = to, call.now
        state.patterns_changed(rule.bus)
        schedules.arm(call, state, rule)
        trails.begin(call, state)
    call.changed("events.RuleEnabled" if to == "ENABLED" else "events.RuleDisabled", rule.arn, State=to)
