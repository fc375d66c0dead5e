"""Sampling rules: which requests instrumented applications and services trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.sampling import DEFAULT, Rule, Sampling
from foulweather.kernel.why import Fact
from foulweather.services.xray import limits, paging

Request = Mapping[str, Any]
_MEMBERS = {
    "Priority": "priority",
    "FixedRate": "rate",
    "ReservoirSize": "reservoir",
    "ResourceARN": "resource",
    "ServiceName": "service",
    "ServiceType": "service_type",
    "Host": "host",
    "HTTPMethod": "method",
    "URLPath": "path",
    "Attributes": "attributes",
}
_OF_DEFAULT = frozenset({"FixedRate", "ReservoirSize"})


def create_sampling_rule(call: Call, request: Request) -> dict[str, Any]:
    """Make a rule."""
    state, asked = call.state(Sampling), request["SamplingRule"]
    name = asked.get("RuleName") or ""
    if not name:
        raise limits.invalid("A sampling rule must have a name.", RuleName=name)
    if asked["Version"] != 1:
        raise limits.invalid("The version of a sampling rule must be 1.", Version=asked["Version"])
    if asked.get("SamplingRateBoost"):
        raise not_implemented("xray", "CreateSamplingRule.SamplingRateBoost")
    tags = limits.checked_tags(request.get("Tags") or (), {})
    if name == DEFAULT or name in state.rules:
        raise limits.invalid(f"Rule name already exists: {name}", RuleName=name)
    if len([each for each in state.rules if each != DEFAULT]) >= limits.RULES_MAX:
        raise AwsError(
            "RuleLimitExceededException",
            f"You have reached the maximum number of sampling rules: {limits.RULES_MAX}",
            400,
            facts=(Fact("quota", "custom sampling rules", limits.RULES_MAX),),
        )
    arn = call.arn("xray", f"sampling-rule/{name}")
    told = {field: asked[member] for member, field in _MEMBERS.items() if asked.get(member) is not None}
    rule = Rule(name=name, arn=arn, tags=tags, created_ms=call.now, modified_ms=call.now, **told)
    state.rules.put(name, rule)
    call.changed("xray.SamplingRuleCreated", arn, **_set(told), Tags=tags)
    return {"SamplingRuleRecord": _shown(rule)}


def update_sampling_rule(call: Call, request: Request) -> dict[str, Any]:
    """Change a rule; of the default one only how much it samples."""
    state, asked = call.state(Sampling), request["SamplingRuleUpdate"]
    if asked.get("SamplingRateBoost"):
        raise not_implemented("xray", "UpdateSamplingRule.SamplingRateBoost")
    rule = _require(call, state, asked)
    told = {field: asked[member] for member, field in _MEMBERS.items() if asked.get(member) is not None}
    fixed = [member for member, field in _MEMBERS.items() if field in told and member not in _OF_DEFAULT]
    if rule.name == DEFAULT and fixed:
        raise limits.invalid(
            "Only the fixed rate and the reservoir size of the default rule can be changed.", Members=", ".join(fixed)
        )
    rule = msgspec.structs.replace(rule, **told, modified_ms=call.now)
    state.rules.put(rule.name, rule)
    call.changed("xray.SamplingRuleUpdated", rule.arn, **_set(told))
    return {"SamplingRuleRecord": _shown(rule)}


def delete_sampling_rule(call: Call, request: Request) -> dict[str, Any]:
    """Delete a rule."""
    state = call.state(Sampling)
    rule = _require(call, state, request)
    if rule.name == DEFAULT:
        raise limits.invalid("The default rule cannot be deleted.", RuleName=DEFAULT)
    state.rules.delete(rule.name)
    call.changed("xray.SamplingRuleDeleted", rule.arn)
    return {"SamplingRuleRecord": _shown(rule)}


def get_sampling_rules(call: Call, request: Request) -> dict[str, Any]:
    """All rules with the default one, in the order in which they are asked."""
    rules = list(call.state(Sampling).in_order(call.account, call.region))
    listed, more = paging.page(rules, request)
    return {"SamplingRuleRecords": [_shown(rule) for rule in listed], **more}


def _require(call: Call, state: Sampling, asked: Request) -> Rule:
    name, arn = asked.get("RuleName") or "", asked.get("RuleARN") or ""
    if bool(name) == bool(arn):
        raise limits.invalid("Either the name or the ARN of a sampling rule must be given, and not both.")
    for rule in state.in_order(call.account, call.region):
        if rule.name == name or rule.arn == arn:
            return rule
    raise limits.invalid("Sampling rule does not exist.", SamplingRule=name or arn)


def _set(told: Mapping[str, Any]) -> dict[str, Any]:
    return {member: told[field] for member, field in _MEMBERS.items() if field in told}


def _shown(rule: Rule) -> dict[str, Any]:
    made: dict[str, Any] = {"RuleName": rule.name, "RuleARN": rule.arn, "Version": 1}
    made |= {member: getattr(rule, field) for member, field in _MEMBERS.items()}
    made["FixedRate"] = float(rule.rate)
    return {"SamplingRule": made, "CreatedAt": rule.created_ms, "ModifiedAt": rule.modified_ms}
