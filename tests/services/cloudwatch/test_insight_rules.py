"""Contributor Insights: who contributes what to the events of log groups."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.cloudwatch import contributors
from harness import Aws
from services.cloudwatch.test_log_metrics import logs, write
from services.cloudwatch.watching import refused

__all__ = ["logs"]


def definition(**changed: Any) -> dict[str, Any]:
    whole = {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["/shop/*"],
        "LogFormat": "JSON",
        "Contribution": {"Keys": ["$.ip"], "Filters": []},
        "AggregateOn": "Count",
    }
    return {**whole, **changed}


def rule(aws: Aws, name: str = "ips", **changed: Any) -> None:
    text = json.dumps(definition(**changed))
    aws.cloudwatch.put_insight_rule({"RuleName": name, "RuleState": "ENABLED", "RuleDefinition": text})


async def report(aws: Aws, name: str = "ips", **given: Any) -> dict[str, Any]:
    span = {"StartTime": aws.now - 3_600_000, "EndTime": aws.now + 60_000, "Period": 60}
    return await aws.cloudwatch.get_insight_rule_report({"RuleName": name, **span, **given})


def line(ip: str, size: int = 1, **more: Any) -> str:
    return json.dumps({"ip": ip, "bytes": size, "request": {"method": "GET", **more}})


async def test_the_top_contributors_come_first(aws: Aws, logs: Any) -> None:
    rule(aws)
    await write(aws, *[line("10.0.0.1")] * 3, line("10.0.0.2"), "no json", "{}")
    told = await report(aws)
    assert [(each["Keys"], each["ApproximateAggregateValue"]) for each in told["Contributors"]] == [
        (["10.0.0.1"], 3),
        (["10.0.0.2"], 1),
    ]
    assert (told["AggregateValue"], told["ApproximateUniqueCount"]) == (4, 2)
    assert (told["KeyLabels"], told["AggregationStatistic"]) == (["$.ip"], "SampleCount")
    assert len((await report(aws, MaxContributorCount=1))["Contributors"]) == 1


async def test_values_are_summed_by_period(aws: Aws, logs: Any) -> None:
    rule(aws, AggregateOn="Sum", Contribution={"Keys": ["$.ip"], "ValueOf": "$.bytes", "Filters": []})
    await write(aws, line("a", 10), line("b", 25))
    await aws.advance(seconds=60)
    await write(aws, line("a", 20))
    told = await report(aws, Metrics=["UniqueContributors", "MaxContributorValue", "Sum"])
    assert [(each["Keys"], each["ApproximateAggregateValue"]) for each in told["Contributors"]] == [
        (["a"], 30),
        (["b"], 25),
    ]
    assert [point["ApproximateValue"] for point in told["Contributors"][0]["Datapoints"]] == [10, 20]
    assert [(point["UniqueContributors"], point["MaxContributorValue"], point["Sum"]) for point in
            told["MetricDatapoints"]] == [(2, 25, 35), (1, 20, 20)]  # fmt: skip
    assert [each["Keys"] for each in (await report(aws, OrderBy="Maximum"))["Contributors"]] == [["b"], ["a"]]


async def test_a_rule_counts_while_it_is_enabled(aws: Aws, logs: Any) -> None:
    await write(aws, line("before"))
    await aws.advance(seconds=1)
    rule(aws)
    await write(aws, line("during"))
    await aws.advance(seconds=1)
    aws.cloudwatch.disable_insight_rules({"RuleNames": ["ips"]})
    await write(aws, line("after"))
    assert [each["Keys"] for each in (await report(aws))["Contributors"]] == [["during"]]
    assert aws.cloudwatch.describe_insight_rules({})["InsightRules"][0]["State"] == "DISABLED"


@pytest.mark.parametrize(
    ("test", "passes"),
    [
        ({"In": ["GET", "PUT"]}, True),
        ({"NotIn": ["GET"]}, False),
        ({"StartsWith": ["G"]}, True),
        ({"IsPresent": False}, False),
        ({"EqualTo": 1}, False),
    ],
)
def test_filters(test: dict[str, Any], passes: bool) -> None:
    contribution = {"Keys": ["$.ip"], "Filters": [{"Match": "$.request.method", **test}]}
    found = contributors.parsed(json.dumps(definition(Contribution=contribution))).contribution(line("a"))
    assert (found is not None) == passes


def test_numbers_are_compared_as_numbers() -> None:
    contribution = {"Keys": ["$.ip"], "Filters": [{"Match": "$.bytes", "GreaterThan": 9}]}
    parsed = contributors.parsed(json.dumps(definition(Contribution=contribution)))
    assert parsed.contribution(line("a", 10)) is not None
    assert parsed.contribution(line("a", 9)) is None


def test_common_log_format_goes_by_position() -> None:
    fields = {"1": "ip", "5": "request", "6": "status"}
    contribution = {"Keys": ["ip", "status"], "Filters": [{"Match": "request", "StartsWith": ["GET"]}]}
    whole = definition(LogFormat="CLF", Fields=fields, Contribution=contribution)
    parsed = contributors.parsed(json.dumps(whole))
    found = parsed.contribution('10.0.0.1 - - [10/Oct/2026:13:55:36 -0700] "GET /a b HTTP/1.1" 200 23')
    assert found is not None
    assert found.keys == ("10.0.0.1", "200")


@pytest.mark.parametrize(
    "changed",
    [
        {"Schema": {"Name": "Other", "Version": 1}},
        {"LogGroupNames": []},
        {"LogFormat": "XML"},
        {"LogFormat": "CLF"},
        {"AggregateOn": "Sum"},
        {"Contribution": {"Keys": ["a", "b", "c", "d", "e"]}},
        {"Contribution": {"Keys": ["a"], "Filters": [{"Match": "$.a"}]}},
    ],
)
def test_a_definition_that_is_none_is_refused(aws: Aws, changed: dict[str, Any]) -> None:
    request = {"RuleName": "ips", "RuleDefinition": json.dumps(definition(**changed))}
    refused("InvalidParameterValueException", aws.cloudwatch.put_insight_rule, request)
    assert aws.cloudwatch.describe_insight_rules({})["InsightRules"] == []


async def test_rules_that_are_not_there(aws: Aws) -> None:
    (failure,) = aws.cloudwatch.delete_insight_rules({"RuleNames": ["none"]})["Failures"]
    assert failure["FailureResource"] == "none"
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        await report(aws, "none")


def test_a_rule_has_tags(aws: Aws) -> None:
    rule(aws)
    arn = f"arn:aws:cloudwatch:{aws.region}:{aws.account}:insight-rule/ips"
    aws.cloudwatch.tag_resource({"ResourceARN": arn, "Tags": [{"Key": "team", "Value": "shop"}]})
    assert aws.cloudwatch.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "team", "Value": "shop"}]


@pytest.mark.parametrize(
    "operation",
    [
        "put_managed_insight_rules",
        "list_managed_insight_rules",
        "start_otel_enrichment",
    ],
)
def test_what_is_not_built_says_so(aws: Aws, operation: str) -> None:
    refused("NotImplemented", lambda request: getattr(aws.cloudwatch, operation)(request), {})
