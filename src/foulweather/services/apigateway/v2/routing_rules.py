"""Routing rules: conditions on requests to a domain name, by which they go to stages of REST APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway.region_records import DomainName, RoutingRule
from foulweather.services.apigateway.state import RestState, under
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals

Request = Mapping[str, Any]
_GLOB = re.compile(r"\*|\*?[^*]+\*?")
_BASE_PATH = re.compile(r"[A-Za-z0-9$\-_.+!*'()]+(?:/[A-Za-z0-9$\-_.+!*'()]+)*")
HEADERS_MAX: Final = 2
"""How many conditions on headers a rule may have, beside one on base paths."""


def create_routing_rule(call: Call, request: Request) -> dict[str, Any]:
    """Have requests that meet conditions go to a stage."""
    state, domain = _domain(call, request)
    made = _made(call, state, domain, request, finding.new_id(call, 6))
    held = len(list(under(state.routing_rules, domain.domain_name)))
    limits.require_room(call, held, limits.ROUTING_RULES_MAX, "routing rules", domain.domain_name)
    return _kept(call, state, made, "RoutingRuleCreated")


def get_routing_rule(call: Call, request: Request) -> dict[str, Any]:
    """A rule."""
    return _told(call, _found(call, request)[2])


def list_routing_rules(call: Call, request: Request) -> dict[str, Any]:
    """The rules of a domain name, in the order in which they are looked at."""
    state, domain = _domain(call, request)
    rules = sorted(under(state.routing_rules, domain.domain_name), key=lambda rule: rule.priority)
    asked = {**request, "MaxResults": str(request["MaxResults"]) if "MaxResults" in request else None}
    page = paging.listed(rules, asked, lambda rule: _told(call, rule))
    page["RoutingRules"] = page.pop("Items")
    return page


def put_routing_rule(call: Call, request: Request) -> dict[str, Any]:
    """Put another rule in the place of one: "the RoutingRuleId isn't changed"."""
    state, domain, held = _found(call, request)
    return _kept(call, state, _made(call, state, domain, request, held.id), "RoutingRuleUpdated")


def delete_routing_rule(call: Call, request: Request) -> None:
    """Take a rule away."""
    state, domain, rule = _found(call, request)
    state.routing_rules.delete(f"{domain.domain_name}/{rule.id}")
    finding.changed(call, "RoutingRuleDeleted", _path(rule))


def _domain(call: Call, request: Request) -> tuple[RestState, DomainName]:
    if request.get("DomainNameId"):
        raise not_implemented("apigatewayv2", f"{call.operation}.DomainNameId")  # it names a private one
    state = call.state(RestState)
    found = state.domains.get(request["DomainName"].lower())
    if found is None:
        path = finding.arn(call, f"/domainnames/{request['DomainName']}")
        raise refusals.missing("Invalid domain name identifier specified", path)
    return state, found


def _found(call: Call, request: Request) -> tuple[RestState, DomainName, RoutingRule]:
    state, domain = _domain(call, request)
    found = state.routing_rules.get(f"{domain.domain_name}/{request['RoutingRuleId']}")
    if found is None:
        path = f"/domainnames/{domain.domain_name}/routingrules/{request['RoutingRuleId']}"
        raise refusals.missing("Invalid routing rule identifier specified", finding.arn(call, path))
    return state, domain, found


def _made(call: Call, state: RestState, domain: DomainName, request: Request, rule_id: str) -> RoutingRule:
    """The rule that a request describes, once it is one."""
    priority: int = request["Priority"]
    if not 1 <= priority <= 1_000_000:
        raise refusals.invalid("Priority must be between 1 and 1000000", Priority=priority)
    actions: Sequence[Request] = request["Actions"]
    if len(actions) != 1 or not actions[0].get("InvokeApi"):
        raise refusals.invalid("A routing rule must have exactly one action, InvokeApi", Actions=len(actions))
    invoked: Request = actions[0]["InvokeApi"]
    headers, base_paths = _conditions(request["Conditions"])
    strips = bool(invoked.get("StripBasePath"))
    if strips and base_paths is None:
        raise refusals.invalid("StripBasePath needs a condition on base paths", StripBasePath=True)
    api, stage = invoked["ApiId"], invoked["Stage"]
    if api not in state.apis:
        # "Currently, the only supported action is to invoke a stage of a REST API."
        words = f"Invalid API identifier specified {call.account}:{api}"
        raise refusals.missing(words, finding.arn(call, f"/restapis/{api}"))
    if f"{api}/{stage}" not in state.stages:
        raise refusals.invalid("Invalid stage identifier specified", ApiId=api, Stage=stage)
    if (
        domain.endpoint_configuration.get("types") == ["EDGE"]
        and base_paths
        and any("/" in base for base in base_paths)
    ):
        words = "Only paths of one level can be matched under an edge-optimized domain name"
        raise refusals.invalid(words, DomainName=domain.domain_name)
    for other in under(state.routing_rules, domain.domain_name):
        if other.priority == priority and other.id != rule_id:  # "Rules can't have the same priority."
            raise refusals.conflict(
                f"A routing rule with priority {priority} already exists for this domain name",
                call.fact(finding.arn(call, _path(other)), "Priority", priority),
            )
    return RoutingRule(
        id=rule_id,
        domain=domain.domain_name,
        priority=priority,
        api_id=api,
        stage=stage,
        strips_base_path=strips,
        headers=headers,
        base_paths=base_paths,
    )


def _conditions(conditions: Sequence[Request]) -> tuple[list[list[tuple[str, str]]], list[str] | None]:
    """The conditions of a rule: "up to two matchHeaders conditions and one matchBasePaths conditions"."""
    headers: list[list[tuple[str, str]]] = []
    base_paths: list[str] | None = None
    for condition in conditions:
        by_headers, by_paths = condition.get("MatchHeaders"), condition.get("MatchBasePaths")
        if (by_headers is None) == (by_paths is None):
            raise refusals.invalid("A condition must have either MatchHeaders or MatchBasePaths", Conditions=condition)
        if by_headers is not None:
            headers.append([_header(one) for one in by_headers["AnyOf"]])
        elif base_paths is not None:
            raise refusals.invalid("A routing rule can have at most one MatchBasePaths condition")
        elif by_paths is not None:
            base_paths = [_base_path(one) for one in by_paths["AnyOf"]]
    if len(headers) > HEADERS_MAX:
        words = f"A routing rule can have at most {HEADERS_MAX} MatchHeaders conditions"
        raise refusals.invalid(words, MatchHeaders=len(headers))
    if base_paths == [] or [] in headers:
        raise refusals.invalid("AnyOf must have at least one value")
    return headers, base_paths


def _header(asked: Request) -> tuple[str, str]:
    name, glob = asked["Header"], asked["ValueGlob"]
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise refusals.invalid(f"Invalid header name: {name}", Header=name)
    if not _GLOB.fullmatch(glob):
        # "*prefix-match, suffix-match*, or *contains*"
        words = "A wildcard can only stand at the beginning and at the end of a header value"
        raise refusals.invalid(words, ValueGlob=glob)
    return name, glob


def _base_path(asked: str) -> str:
    path = asked.strip("/")
    if not _BASE_PATH.fullmatch(path):
        raise refusals.invalid("Base path contains invalid characters", MatchBasePaths=asked)
    return path


def _kept(call: Call, state: RestState, rule: RoutingRule, kind: str) -> dict[str, Any]:
    state.routing_rules.put(f"{rule.domain}/{rule.id}", rule)
    told = _told(call, rule)
    call.changed(f"apigateway.{kind}", finding.arn(call, _path(rule)), **told)
    return told


def _path(rule: RoutingRule) -> str:
    return f"/domainnames/{rule.domain}/routingrules/{rule.id}"


def _told(call: Call, rule: RoutingRule) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [
        {"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": glob} for name, glob in any_of]}}
        for any_of in rule.headers
    ]
    if rule.base_paths is not None:
        conditions.append({"MatchBasePaths": {"AnyOf": rule.base_paths}})
    invoked = {"ApiId": rule.api_id, "Stage": rule.stage, "StripBasePath": rule.strips_base_path}
    return {
        "Actions": [{"InvokeApi": invoked}],
        "Conditions": conditions,
        "Priority": rule.priority,
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
        "RoutingRuleArn": f"arn:aws:apigateway:{call.region}:{call.account}:{_path(rule)}",
        "RoutingRuleId": rule.id,
    }
