"""A sampling rule: five traces a second, and of the other requests five percent.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
"""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused, visit
from catalog.functions import let_in, modelled
from catalog.traced import PUT_SEGMENTS, api, summaries
from foulweather.testing import Aws

RULE = {
    "RuleName": "orders",
    "ResourceARN": "*",
    "Priority": 1000,
    "FixedRate": 0.05,
    "ReservoirSize": 5,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
}


@pytest.fixture
def url(aws: Aws) -> str:
    """A traced API with a function behind it."""
    arn = modelled(aws, "place-order", 'duration_ms = 1\nresponse = {statusCode = 200, body = "ok"}\n', PUT_SEGMENTS)
    found, source = api(aws, arn)
    let_in(aws, "place-order", "apigateway", source)
    visit(aws, "GET", found)  # the first one waits for its environment
    aws.advance("1s")
    return found


def traced(aws: Aws, url: str, requests: int) -> int:
    """How many of so many requests in one second are traced."""
    now_ms, before = aws.now_ms, len(summaries(aws))
    aws.advance(f"{1000 - now_ms % 1000}ms")
    for _ in range(requests):
        assert visit(aws, "GET", url).status == 200
    assert aws.now_ms - now_ms < 2000
    aws.advance("1s")
    return len(summaries(aws)) - before


def rules(xray: Any) -> list[str]:
    return [each["SamplingRule"]["RuleName"] for each in xray.get_sampling_rules()["SamplingRuleRecords"]]


def test_of_105_requests_in_a_second_five_and_about_five_of_the_others_are_traced(aws: Aws, url: str) -> None:
    xray = aws.client("xray")
    xray.create_sampling_rule(SamplingRule=RULE)
    assert rules(xray) == ["orders", "Default"]
    assert 5 <= traced(aws, url, 105) <= 16
    counted = [
        each
        for each in xray.get_sampling_statistic_summaries()["SamplingStatisticSummaries"]
        if each["RuleName"] == "orders"
    ]
    assert sum(each["RequestCount"] for each in counted) == 105


def test_without_a_rate_the_reservoir_alone_counts_and_it_is_full_again_each_second(aws: Aws, url: str) -> None:
    aws.client("xray").create_sampling_rule(SamplingRule={**RULE, "FixedRate": 0})
    assert [traced(aws, url, 30) for _ in range(2)] == [5, 5]


def test_the_default_rule_takes_one_a_second_and_can_be_changed_but_not_deleted(aws: Aws, url: str) -> None:
    xray = aws.client("xray")
    assert refused(xray.delete_sampling_rule, RuleName="Default")["Code"] == "InvalidRequestException"
    update = {"RuleName": "Default", "FixedRate": 0.0}
    xray.update_sampling_rule(SamplingRuleUpdate=update)
    assert traced(aws, url, 30) == 1
    error = refused(xray.update_sampling_rule, SamplingRuleUpdate={**update, "Host": "x"})
    assert error["Code"] == "InvalidRequestException"


def test_a_rule_without_a_resource_is_no_rule(aws: Aws) -> None:
    """Terraform's `resource_arn` is required, as ResourceARN is."""
    bare = {name: value for name, value in RULE.items() if name != "ResourceARN"}
    error = refused(aws.client("xray", config=_unchecked()).create_sampling_rule, SamplingRule=bare)
    assert (error["Status"], "resourceARN" in error["Message"] or "ResourceARN" in error["Message"]) == (400, True)


def _unchecked() -> Any:
    from botocore.config import Config

    return Config(parameter_validation=False)


def test_a_rule_for_another_path_leaves_requests_to_the_default_one(aws: Aws, url: str) -> None:
    aws.client("xray").create_sampling_rule(SamplingRule={**RULE, "URLPath": "/prod/health", "ReservoirSize": 50})
    aws.client("xray").update_sampling_rule(SamplingRuleUpdate={"RuleName": "Default", "FixedRate": 0.0})
    assert traced(aws, url, 30) == 1
