"""Contributor Insights rules and their reports.

A report is made of the log events that are there when it is asked for, of the times in which the rule was enabled: they
are read from CloudWatch Logs in the caller's name.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetInsightRuleReport.html
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.cloudwatch import contributors, limits, paging, refusals, tagging
from foulweather.services.cloudwatch.records import InsightRule
from foulweather.services.cloudwatch.state import WatchState

Request = Mapping[str, Any]
RULES_MAX = 100
CONTRIBUTORS = 10
CONTRIBUTORS_MAX = 100
METRICS = (
    "UniqueContributors", "MaxContributorValue", "SampleCount", "Sum", "Minimum", "Maximum", "Average"
)  # fmt: skip
ByKeys = dict[tuple[str, ...], dict[int, list[float]]]
"""What each contributor contributed in each period."""


def put_insight_rule(call: Call, request: Request) -> dict[str, Any]:
    """Make a rule, or replace one; it counts events from now on."""
    limits.check_model(call, request)
    name, text = request["RuleName"], request["RuleDefinition"]
    if request.get("ApplyOnTransformedLogs"):
        raise not_implemented("cloudwatch", "PutInsightRule.ApplyOnTransformedLogs")
    value = request.get("RuleState") or "ENABLED"
    if value not in ("ENABLED", "DISABLED"):
        raise refusals.invalid(f"The value {value} for parameter RuleState is invalid.", RuleState=value)
    if "LogGroupARNs" in text:
        raise not_implemented("cloudwatch", "PutInsightRule.RuleDefinition.LogGroupARNs")
    try:
        contributors.parsed(text)
    except contributors.DefinitionFault as fault:
        raise refusals.invalid(f"The rule definition is not valid: {fault}.", RuleDefinition=text) from None
    state = call.state(WatchState)
    rule = state.insight_rules.get(name)
    if rule is None:
        if len(state.insight_rules) >= RULES_MAX:
            raise AwsError("LimitExceededException", f"An account can have at most {RULES_MAX} rules.")
        arn = call.arn("cloudwatch", f"insight-rule/{name}")
        rule = InsightRule(name=name, arn=arn, definition=text, tags=tagging.given(request.get("Tags")))
    elif rule.definition != text:
        rule.definition, rule.spans = text, []  # what another definition counted is another report
    _switch(call, rule, value == "ENABLED")
    state.insight_rules.put(name, rule)
    call.changed("cloudwatch.InsightRulePut", rule.arn, RuleDefinition=text, RuleState=value)
    return {}


def _switch(call: Call, rule: InsightRule, is_enabled: bool) -> None:
    if is_enabled == rule.is_enabled:
        return
    if is_enabled:
        rule.spans = [*rule.spans, [call.now, 0]]
    else:
        rule.spans = [*rule.spans[:-1], [rule.spans[-1][0], call.now]]


def describe_insight_rules(call: Call, request: Request) -> dict[str, Any]:
    """The rules of this place."""
    limits.check_model(call, request)
    rules = sorted(call.state(WatchState).insight_rules.values(), key=lambda rule: rule.name)
    listed, token = paging.page(rules, request.get("NextToken"), request.get("MaxResults") or 500)
    told = [
        {
            "Name": rule.name,
            "State": "ENABLED" if rule.is_enabled else "DISABLED",
            "Schema": '{"Name": "CloudWatchLogRule", "Version": 1}',
            "Definition": rule.definition,
            "ManagedRule": False,
        }
        for rule in listed
    ]
    return {"InsightRules": told, **({"NextToken": token} if token is not None else {})}


def enable_insight_rules(call: Call, request: Request) -> dict[str, Any]:
    """Let rules count again."""
    return _each(call, request, lambda rule: _set_enabled(call, rule, True))


def disable_insight_rules(call: Call, request: Request) -> dict[str, Any]:
    """Let rules count no more; what they counted stays."""
    return _each(call, request, lambda rule: _set_enabled(call, rule, False))


def delete_insight_rules(call: Call, request: Request) -> dict[str, Any]:
    """Delete rules."""

    def delete(rule: InsightRule) -> None:
        call.state(WatchState).insight_rules.delete(rule.name)
        call.changed("cloudwatch.InsightRuleDeleted", rule.arn, RuleDefinition=None)

    return _each(call, request, delete)


def _set_enabled(call: Call, rule: InsightRule, is_enabled: bool) -> None:
    _switch(call, rule, is_enabled)
    call.state(WatchState).insight_rules.touch(rule.name)
    call.changed("cloudwatch.InsightRulePut", rule.arn, RuleState="ENABLED" if is_enabled else "DISABLED")


def _each(call: Call, request: Request, do: Callable[[InsightRule], None]) -> dict[str, Any]:
    limits.check_model(call, request)
    failures: list[dict[str, str]] = []
    for name in request["RuleNames"]:
        rule = call.state(WatchState).insight_rules.get(name)
        if rule is not None:
            do(rule)
        else:
            failures.append(
                {
                    "FailureResource": name,
                    "ExceptionType": "ResourceNotFoundException",
                    "FailureCode": "404",
                    "FailureDescription": f"Rule {name} does not exist.",
                }
            )
    return {"Failures": failures}


# --- reports


async def get_insight_rule_report(call: Call, request: Request) -> dict[str, Any]:
    """Who contributed most in a time, and how much all did together."""
    limits.check_model(call, request)
    rule = call.state(WatchState).insight_rules.get(request["RuleName"])
    if rule is None:
        raise AwsError("ResourceNotFoundException", f"Rule {request['RuleName']} does not exist.", 404,
                       facts=refusals.facts(RuleName=request["RuleName"]))  # fmt: skip
    period_s, start_ms, end_ms = request["Period"], request["StartTime"], request["EndTime"]
    if period_s < 60 or period_s % 60:
        raise refusals.invalid("The parameter Period must be a multiple of 60.", Period=period_s)
    if start_ms >= end_ms:
        raise refusals.invalid("The parameter StartTime must be less than the parameter EndTime.")
    wanted: list[str] = request.get("Metrics") or []
    for name in wanted:
        if name not in METRICS:
            raise refusals.invalid(f"The value {name} for parameter Metrics is invalid.", Metrics=wanted)
    order = request.get("OrderBy") or "Sum"
    if order not in ("Sum", "Maximum"):
        raise refusals.invalid(f"The value {order} for parameter OrderBy is invalid.", OrderBy=order)
    count = request.get("MaxContributorCount") or CONTRIBUTORS
    if not 1 <= count <= CONTRIBUTORS_MAX:
        raise refusals.invalid(f"MaxContributorCount must be between 1 and {CONTRIBUTORS_MAX}.")
    definition = contributors.parsed(rule.definition)
    found: ByKeys = {}
    async for at_ms, message in _events(call, rule, definition, start_ms, end_ms):
        contribution = definition.contribution(message)
        if contribution is not None:
            begins_ms = at_ms - at_ms % (period_s * 1000)
            found.setdefault(contribution.keys, {}).setdefault(begins_ms, []).append(contribution.value)
    return _report(definition, found, wanted, (order, count))


def _report(definition: contributors.Definition, found: ByKeys, wanted: list[str], most: tuple[str, int]) -> Any:
    sums = {keys: {at: sum(values) for at, values in periods.items()} for keys, periods in found.items()}
    order, count = most
    rank = max if order == "Maximum" else sum
    listed = sorted(sums, key=lambda keys: (-rank(sums[keys].values()), keys))[:count]
    report: dict[str, Any] = {
        "KeyLabels": list(definition.keys),
        "AggregationStatistic": "Sum" if definition.sums else "SampleCount",
        "AggregateValue": float(sum(sum(each.values()) for each in sums.values())),
        "ApproximateUniqueCount": len(sums),
        "Contributors": [
            {
                "Keys": list(keys),
                "ApproximateAggregateValue": float(sum(sums[keys].values())),
                "Datapoints": [{"Timestamp": at, "ApproximateValue": float(v)} for at, v in sorted(sums[keys].items())],
            }
            for keys in listed
        ],
    }
    if wanted:
        times = sorted({at for each in sums.values() for at in each})
        report["MetricDatapoints"] = [_datapoint(at, found, sums, wanted) for at in times]
    return report


def _datapoint(at: int, found: ByKeys, sums: Mapping[Any, Mapping[int, float]], wanted: list[str]) -> dict[str, Any]:
    values = [value for periods in found.values() for value in periods.get(at, ())]
    of_each = [each[at] for each in sums.values() if at in each]
    whole = {
        "UniqueContributors": len(of_each),
        "MaxContributorValue": max(of_each),
        "SampleCount": len(values),
        "Sum": sum(values),
        "Minimum": min(values),
        "Maximum": max(values),
        "Average": sum(values) / len(values),
    }
    return {"Timestamp": at, **{name: float(whole[name]) for name in wanted}}


async def _events(
    call: Call, rule: InsightRule, definition: contributors.Definition, start_ms: int, end_ms: int
) -> AsyncIterator[tuple[int, str]]:
    """The log events of a rule's groups in a time in which it was enabled."""
    logs = call.forwarded("cloudwatch").logs
    for group in await _groups(logs, definition):
        token: str | None = None
        while True:
            request: dict[str, Any] = {"logGroupName": group, "startTime": start_ms, "endTime": end_ms - 1}
            if token is not None:
                request["nextToken"] = token
            answer = logs.filter_log_events(request)
            page: dict[str, Any] = await answer if inspect.isawaitable(answer) else answer
            for event in page.get("events", ()):
                at_ms = event["timestamp"]
                if any(begins_ms <= at_ms and (not ends_ms or at_ms < ends_ms) for begins_ms, ends_ms in rule.spans):
                    yield at_ms, event["message"]
            token = page.get("nextToken")
            if token is None:
                break


async def _groups(logs: Any, definition: contributors.Definition) -> list[str]:
    found: list[str] = []
    token: str | None = None
    while True:
        answer = logs.describe_log_groups({"nextToken": token} if token is not None else {})
        page: dict[str, Any] = await answer if inspect.isawaitable(answer) else answer
        found += [each["logGroupName"] for each in page["logGroups"] if definition.covers(each["logGroupName"])]
        token = page.get("nextToken")
        if token is None:
            return found
