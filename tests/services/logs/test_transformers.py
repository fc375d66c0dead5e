"""Transformers: set, tried, and seen by filters and queries; what cannot be transformed says so."""

from __future__ import annotations

import gzip
import json
from typing import Any

import msgspec
import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.logs import forwarding
from foulweather.services.logs.chunks import Extras
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, filtered, make, put, read

PARSE = [{"parseJSON": {}}]
UPPER = [{"parseJSON": {}}, {"upperCaseString": {"withKeys": ["level"]}}]
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
ALL = {"policyName": "all", "policyType": "TRANSFORMER_POLICY", "policyDocument": json.dumps(UPPER)}


def transform(aws: Aws, config: list[dict[str, Any]], group: str = GROUP) -> None:
    aws.logs.put_transformer({"logGroupIdentifier": group, "transformerConfig": config})


def refused(operation: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value


async def queried(aws: Aws, text: str) -> list[dict[str, str]]:
    now_s = aws.now // 1000
    request = {"logGroupName": GROUP, "startTime": now_s - 3600, "endTime": now_s + 60, "queryString": text}
    started = aws.logs.start_query(request)
    await aws.advance(seconds=5)
    rows = aws.logs.get_query_results(started)["results"]
    return [{cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in rows]


def test_a_transformer_is_kept_shown_and_taken_away(aws: Aws) -> None:
    make(aws)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}"
    assert aws.logs.get_transformer({"logGroupIdentifier": arn}) == {}
    transform(aws, PARSE)
    told = aws.logs.get_transformer({"logGroupIdentifier": arn})
    assert (told["logGroupIdentifier"], told["transformerConfig"], told["creationTime"]) == (arn, PARSE, aws.now)
    aws.logs.delete_transformer({"logGroupIdentifier": GROUP})
    error = refused(aws.logs.delete_transformer, {"logGroupIdentifier": GROUP})
    assert error.code == "ResourceNotFoundException"
    transform(aws, PARSE)
    aws.logs.delete_log_group({"logGroupName": GROUP})
    make(aws)
    assert aws.logs.get_transformer({"logGroupIdentifier": GROUP}) == {}


def test_refusals_come_in_order(aws: Aws) -> None:
    make(aws, "/rare", logGroupClass="INFREQUENT_ACCESS")
    request = {"logGroupIdentifier": "/none", "transformerConfig": [{"trimString": {"withKeys": ["a"]}}]}
    error = refused(aws.logs.put_transformer, request)
    assert (error.code, "must be a parser" in error.message) == ("InvalidParameterException", True)
    assert refused(aws.logs.put_transformer, {**request, "transformerConfig": []}).code == "InvalidParameterException"
    error = refused(aws.logs.put_transformer, {**request, "transformerConfig": PARSE})
    assert error.code == "ResourceNotFoundException"
    error = refused(aws.logs.put_transformer, {"logGroupIdentifier": "/rare", "transformerConfig": PARSE})
    assert error.message == "This operation is only supported on the Standard log class."
    nobody = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/n", ACCOUNT, "AIDAN"))
    error = refused(nobody.logs.put_transformer, {**request, "transformerConfig": PARSE})
    assert "logs:PutTransformer" in error.message


def test_a_transformer_is_tried_on_messages(aws: Aws) -> None:
    request = {"transformerConfig": UPPER, "logEventMessages": ['{"level": "warn"}', "no JSON"]}
    good, bad = aws.logs.test_transformer(request)["transformedLogs"]
    assert (good["eventNumber"], good["transformedEventMessage"]) == (1, '{"level":"WARN"}')
    assert bad == {"eventNumber": 2, "eventMessage": "no JSON"}


async def test_events_are_shown_as_they_came_and_queried_as_transformed(aws: Aws) -> None:
    make(aws)
    put(aws, '{"level": "before"}')
    transform(aws, UPPER)
    await aws.advance(seconds=1)
    put(aws, '{"level": "warn"}', "no JSON")
    assert filtered(aws) == read(aws)["events"] == ['{"level": "before"}', '{"level": "warn"}', "no JSON"]
    assert await queried(aws, 'fields level, @message | filter level = "WARN"') == [
        {"level": "WARN", "@message": '{"level": "warn"}'}
    ]
    assert await queried(aws, "stats count(*) as n by level | sort level") == [
        {"n": "1"},
        {"level": "WARN", "n": "1"},
        {"level": "before", "n": "1"},
    ]
    (failed,) = await queried(aws, "fields @message, @transformationError | filter ispresent(@transformationError)")
    assert failed == {"@message": "no JSON", "@transformationError": "The source field is not valid JSON."}
    (event,) = aws.events("logs.Transformed")
    assert (event.facts["events"], event.facts["errors"], event.facts["bytes"]) == (1, 1, len('{"level":"WARN"}'))


async def test_what_was_transformed_outlives_the_merging_of_chunks(aws: Aws) -> None:
    make(aws)
    transform(aws, UPPER)
    for number in range(70):
        put(aws, json.dumps({"level": f"l{number}"}) if number % 2 else "none")
    assert await queried(aws, 'filter level like "L" | stats count(*) as n') == [{"n": "35"}]
    assert await queried(aws, "filter ispresent(@transformationError) | stats count(*) as n") == [{"n": "35"}]
    (row,) = await queried(aws, 'fields @ptr, level | filter level = "L69"')
    assert row == {"level": "L69"}


def test_chunks_of_a_build_without_transformers_are_read() -> None:
    hidden = msgspec.msgpack.encode([{3: [(0, 2)]}, []])
    assert msgspec.msgpack.decode(hidden, type=Extras) == Extras({3: [(0, 2)]})


async def test_filters_see_transformed_events_where_they_ask_for_them(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    async def sending(*arguments: Any, **_more: Any) -> None:
        sent.append(arguments[4])

    monkeypatch.setattr(forwarding, "_sent", sending)
    make(aws)
    one = {"metricName": "n", "metricNamespace": "Shop", "metricValue": "1"}
    metric = {"logGroupName": GROUP, "filterPattern": '{ $.level = "WARN" }', "metricTransformations": [one]}
    error = refused(aws.logs.put_metric_filter, {**metric, "filterName": "t", "applyOnTransformedLogs": True})
    assert "that have an active log transformer" in error.message
    transform(aws, UPPER)
    aws.logs.put_metric_filter({**metric, "filterName": "t", "applyOnTransformedLogs": True})
    aws.logs.put_metric_filter({**metric, "filterName": "o"})
    wanted = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "WARN", "destinationArn": FUNCTION}
    await aws.logs.put_subscription_filter({**wanted, "applyOnTransformedLogs": True})
    sent.clear()
    put(aws, '{"level": "warn"}')
    await aws.advance(seconds=1)
    assert len(aws.events("logs.MetricFiltered")) == 1
    shown = {each["filterName"]: each for each in aws.logs.describe_metric_filters({})["metricFilters"]}
    assert (shown["t"]["applyOnTransformedLogs"], shown["o"]["applyOnTransformedLogs"]) == (True, False)
    (delivered,) = [json.loads(gzip.decompress(each)) for each in sent]
    assert [each["message"] for each in delivered["logEvents"]] == ['{"level":"WARN"}']


async def test_an_accounts_transformer_is_for_groups_without_their_own(aws: Aws) -> None:
    make(aws)
    await aws.logs.put_account_policy({**ALL, "selectionCriteria": 'LogGroupNamePrefix = "/ap"'})
    put(aws, '{"level": "warn"}')
    assert await queried(aws, "fields level") == [{"level": "WARN"}]
    transform(aws, PARSE)
    put(aws, '{"level": "own"}')
    found = await queried(aws, "fields level | sort level")
    assert [row["level"] for row in found] == ["WARN", "own"]
    with pytest.raises(AwsError, match="overlap"):
        await aws.logs.put_account_policy(
            {**ALL, "policyName": "b", "selectionCriteria": 'LogGroupNamePrefix = "/app"'}
        )
    for document in ("{}", "x", json.dumps([{"trimString": {"withKeys": ["a"]}}]), json.dumps([{"grok": {}}])):
        with pytest.raises(AwsError, match="InvalidParameterException"):
            await aws.logs.put_account_policy({**ALL, "policyDocument": document})


@pytest.mark.parametrize(
    ("criteria", "count"),
    [
        ('@aws.region = "us-east-1"', 1),
        ('@aws.region != "us-east-1"', 0),
        (f'@aws.account IN ["{ACCOUNT}", "999988887777"] AND @aws.region NOT IN ["cn-north-1"]', 1),
        ('@aws.region = "eu-west-1" or (@aws.account = "1" and @aws.region = "us-east-1")', 0),
    ],
)
def test_a_metric_filter_is_for_the_places_that_its_criteria_select(aws: Aws, criteria: str, count: int) -> None:
    make(aws)
    one = {"metricName": "n", "metricNamespace": "Shop", "metricValue": "1"}
    request = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "", "metricTransformations": [one]}
    fields = ["@aws.account", "@aws.region"]
    aws.logs.put_metric_filter({**request, "fieldSelectionCriteria": criteria, "emitSystemFieldDimensions": fields})
    put(aws, "x")
    found = aws.events("logs.MetricFiltered")
    assert [each.facts["dimensions"] for each in found] == [
        {"@aws.account": ACCOUNT, "@aws.region": "us-east-1"}
    ] * count
    (shown,) = aws.logs.describe_metric_filters({})["metricFilters"]
    assert (shown["fieldSelectionCriteria"], shown["emitSystemFieldDimensions"]) == (criteria, fields)
    for wrong in ("@aws.zone = 'a'", "@aws.region", '@aws.region = "a" x', "(" * 30):
        error = refused(aws.logs.put_metric_filter, {**request, "fieldSelectionCriteria": wrong})
        assert error.message == "Invalid fieldSelectionCriteria."
