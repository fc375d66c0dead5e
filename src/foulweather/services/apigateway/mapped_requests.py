"""Where requests to a custom domain name go: by its routing rules, by what is mapped under its paths, or by both.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-mode.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html
"""

from __future__ import annotations

from typing import Final, NamedTuple

from foulweather.kernel.http import HttpRequest
from foulweather.services.apigateway.region_records import DomainName, Mapping, RoutingRule
from foulweather.services.apigateway.rest.addresses import stage_of
from foulweather.services.apigateway.state import RestState, under

_BY_RULES_ALONE: Final = "ROUTING_RULE_ONLY"
_BY_MAPPINGS_ALONE: Final = "BASE_PATH_MAPPING_ONLY"


class Target(NamedTuple):
    """The stage that a request goes to, the path below it, and the base path that was taken off."""

    api_id: str
    stage: str
    path: str
    base_path: str


def target(state: RestState, domain: DomainName, request: HttpRequest) -> Target | None:
    """Where a request goes: "API Gateway always evaluates all routing rules before evaluating any API mappings"."""
    path, mode = request.path, domain.routing_mode
    if mode != _BY_MAPPINGS_ALONE:
        rules = sorted(under(state.routing_rules, domain.domain_name), key=lambda rule: rule.priority)
        for rule in rules:
            base = matched(rule, request)
            if base is not None:
                if base and rule.strips_base_path:
                    return Target(rule.api_id, rule.stage, path[len(base) + 1 :] or "/", base)
                return Target(rule.api_id, rule.stage, path, "(none)")
    if mode == _BY_RULES_ALONE:
        return None
    mapping = _mapped(state, domain, path)
    if mapping is None:
        return None
    rest = (path[len(mapping.base_path) + 1 :] if mapping.base_path else path) or "/"
    stage, rest = (mapping.stage, rest) if mapping.stage else stage_of(rest)
    return Target(mapping.api_id, stage, rest, mapping.base_path or "(none)")


def matched(rule: RoutingRule, request: HttpRequest) -> str | None:
    """The base path by which a rule's conditions are met, empty where it has no such; None if they are not met."""
    for any_of in rule.headers:
        if not any(_fits(glob, request.by_name().get(name.lower())) for name, glob in any_of):
            return None
    if rule.base_paths is None:
        return ""
    fitting = [base for base in rule.base_paths if f"{request.path}/".startswith(f"/{base}/")]
    return max(fitting, key=len) if fitting else None


def _fits(glob: str, value: str | None) -> bool:
    """Whether a header's value is what a glob says: `*` may stand at its beginning and its end."""
    if value is None:
        return False
    if glob == "*":
        return True
    begins, ends = glob.startswith("*"), glob.endswith("*")
    text = glob[begins : len(glob) - ends]
    if begins and ends:
        return text in value
    if ends:
        return value.startswith(text)
    return value.endswith(text) if begins else value == text


def _mapped(state: RestState, domain: DomainName, path: str) -> Mapping | None:
    """The mapping with the longest base path that a path begins with."""
    fitting = [
        each
        for each in under(state.mappings, domain.domain_name)
        if not each.base_path or f"{path}/".startswith(f"/{each.base_path}/")
    ]
    return max(fitting, key=lambda each: len(each.base_path)) if fitting else None
