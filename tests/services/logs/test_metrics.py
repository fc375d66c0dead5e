"""Metrics out of events: the journal's events that CloudWatch reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.logs.log_calls import GROUP, make, put, put_at

MINUTE_MS = 60_000


def put_filter(aws: Aws, pattern: str, name: str = "f", **transformation: Any) -> None:
    wanted = {"metricName": "M", "metricNamespace": "N", "metricValue": "1", **transformation}
    aws.logs.put_metric_filter(
        {"logGroupName": GROUP, "filterName": name, "filterPattern": pattern, "metricTransformations": [wanted]}
    )


def refused(aws: Aws, pattern: str, name: str = "f", **transformation: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        put_filter(aws, pattern, name, **transformation)
    return caught.value


def facts(aws: Aws, kind: str = "logs.MetricFiltered") -> list[dict[str, Any]]:
    return [event.facts for event in aws.events(kind)]


def test_each_match_is_a_value_at_its_events_time(aws: Aws) -> None:
    make(aws)
    put(aws, "ERROR before the filter")
    put_filter(aws, "ERROR", unit="Count")
    put_at(aws, (aws.now - 5, "ERROR"), (aws.now, "fine"))
    assert facts(aws) == [
        {
            "namespace": "N",
            "name": "M",
            "value": 1.0,
            "unit": "Count",
            "dimensions": {},
            "at_ms": aws.now - 5,
        }
    ]


def test_values_and_dimensions_come_out_of_the_event(aws: Aws) -> None:
    make(aws)
    put_filter(aws, "{ $.latency > 0 }", metricValue="$.latency", dimensions={"Path": "$.path", "Zone": "$.zone"})
    put_filter(aws, "[ip, size]", name="g", metricValue="$size", dimensions={"Ip": "$ip"})
    put(aws, '{"latency": 12.5, "path": "/a"}', '{"latency": "x"}', '{"latency": 0}', "10.0.0.1 77", "10.0.0.1 much")
    assert [(each["value"], each["dimensions"]) for each in facts(aws)] == [
        (12.5, {"Path": "/a"}),
        (77.0, {"Ip": "10.0.0.1"}),
    ]


def test_a_minute_in_which_nothing_matched_counts_as_the_default(aws: Aws) -> None:
    make(aws)
    put_filter(aws, "ERROR", defaultValue=0)
    first = aws.now - aws.now % MINUTE_MS - 3 * MINUTE_MS
    put_at(aws, (first, "fine"), (first + 1, "fine"), (first + MINUTE_MS, "ERROR"), (first + MINUTE_MS + 1, "fine"))
    assert [(each["value"], each["at_ms"]) for each in facts(aws)] == [(1.0, first + MINUTE_MS), (0, first)]


def test_a_filter_that_is_gone_counts_no_more(aws: Aws) -> None:
    make(aws)
    put_filter(aws, "ERROR")
    assert aws.logs.describe_log_groups({})["logGroups"][0]["metricFilterCount"] == 1
    aws.logs.delete_metric_filter({"logGroupName": GROUP, "filterName": "f"})
    put(aws, "ERROR")
    assert facts(aws) == []
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        aws.logs.delete_metric_filter({"logGroupName": GROUP, "filterName": "f"})


@pytest.mark.parametrize(
    ("pattern", "transformation", "message"),
    [
        ("a:b", {}, "Invalid character(s) in term 'a:b'"),
        ("{ $.a = }", {}, "Invalid filter pattern"),
        (
            "{ $.a = 1 }",
            {"dimensions": {"A": "$.a"}, "defaultValue": 0.0},
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
        ),
        ("{ $.a = 1 }", {"dimensions": dict.fromkeys("ABCD", "$.a")}, "at most 3 dimensions"),
        ("ERROR", {"dimensions": {"A": "$.a"}}, "The specified filter pattern does not support dimensions"),
        ("[a, b]", {"metricValue": "$c"}, "the field $c is not in the filter pattern"),
        ("ERROR", {"metricValue": "many"}, "invalid metric value"),
        ("ERROR", {"metricNamespace": "AWS/Logs"}, "cannot start with AWS/"),
        ("ERROR", {"metricNamespace": "a:b"}, "regular expression pattern"),
        ("ERROR", {"unit": "Parsecs"}, "enum value set"),
    ],
)
def test_what_no_filter_can_do_is_refused(aws: Aws, pattern: str, transformation: dict[str, Any], message: str) -> None:
    make(aws)
    error = refused(aws, pattern, **transformation)
    assert error.code == "InvalidParameterException"
    assert message in error.message
    assert aws.logs.describe_metric_filters({})["metricFilters"] == []


async def test_a_group_has_a_hundred_filters_and_five_with_regexes(aws: Aws) -> None:
    make(aws)
    for n in range(5):
        put_filter(aws, "%x%", name=f"r{n}")
    error = refused(aws, "%x%", name="r5")
    assert (error.code, error.message) == ("LimitExceededException", "Resource limit exceeded.")
    put_filter(aws, "%y%", name="r4")
    for n in range(95):
        await aws.advance(seconds=1)
        put_filter(aws, "x", name=f"f{n:02d}")
    error = refused(aws, "x", name="more")
    assert error.code == "LimitExceededException"


def test_filters_are_described_by_group_by_prefix_and_by_metric(aws: Aws) -> None:
    make(aws)
    put_filter(aws, "A", name="a1")
    put_filter(aws, "B", name="b1", metricName="Other")

    def names(**request: Any) -> list[str]:
        return [each["filterName"] for each in aws.logs.describe_metric_filters(request)["metricFilters"]]

    assert names() == ["a1", "b1"]
    assert names(logGroupName=GROUP, filterNamePrefix="b") == ["b1"]
    assert names(metricName="Other", metricNamespace="N") == ["b1"]
    with pytest.raises(AwsError, match="must be specified together"):
        names(metricName="Other")


def test_a_pattern_is_tried_on_messages(aws: Aws) -> None:
    tried = aws.logs.test_metric_filter(
        {"filterPattern": "[ip, ..., status = 4*, size]", "logEventMessages": ["a - 404 1", "b - 200 2"]}
    )
    assert tried["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": "a - 404 1",
            "extractedValues": {"$ip": "a", "$2": "-", "$status": "404", "$size": "1"},
        }
    ]


# --- the embedded metric format


def embedded(**root: Any) -> str:
    directive = {
        "Namespace": "Shop",
        "Dimensions": [["Service"], ["Service", "Path"]],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}],
    }
    metadata = {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "Service": "api", "Path": "/a", "Latency": [10, 20.5], **root})


def test_embedded_metrics_are_put_for_each_set_of_dimensions_and_each_value(aws: Aws) -> None:
    make(aws)
    put(aws, embedded(), "plain", '{"no": "metrics"}')
    found = facts(aws, "logs.MetricEmbedded")
    assert [(each["dimensions"], each["value"]) for each in found] == [
        ({"Service": "api"}, 10),
        ({"Service": "api"}, 20.5),
        ({"Service": "api", "Path": "/a"}, 10),
        ({"Service": "api", "Path": "/a"}, 20.5),
    ]
    assert {(each["namespace"], each["name"], each["unit"], each["at_ms"]) for each in found} == {
        ("Shop", "Latency", "Milliseconds", 1_700_000_000_000)
    }
    assert all(set(each) == {"namespace", "name", "value", "unit", "dimensions", "at_ms"} for each in found)


@pytest.mark.parametrize("root", [{"Latency": "slow"}, {"Latency": None}, {"Service": 5}, {"Latency": [1] * 101}])
def test_what_breaks_the_format_is_counted_and_put_nowhere(aws: Aws, root: dict[str, Any]) -> None:
    make(aws)
    put(aws, embedded(**root))
    assert facts(aws, "logs.MetricEmbedded") == []
    assert facts(aws, "logs.EmbeddedMetricRejected") == [{"error": "EMFValidationErrors"}]


@pytest.mark.parametrize("absent", ["CloudWatchMetrics", "Timestamp"])
def test_what_lacks_the_metadata_is_no_document_of_the_format(aws: Aws, absent: str) -> None:
    """ "The value MUST be an object and MUST contain the following members": both of them."""
    make(aws)
    document = json.loads(embedded())
    del document["_aws"][absent]
    put(aws, json.dumps(document))
    assert facts(aws, "logs.MetricEmbedded") == []
    assert facts(aws, "logs.EmbeddedMetricRejected") == [{"error": "EMFParsingErrors"}]


@pytest.mark.parametrize(
    "changed",
    [
        {"Namespace": None},
        {"Dimensions": None},
        {"Metrics": None},
        {"Metrics": [{"Name": "Latency", "Unit": "Minutes"}]},
        {"Metrics": [{"Name": "Latency", "StorageResolution": 5}]},
    ],
)
def test_a_directive_that_is_not_whole_puts_nothing(aws: Aws, changed: dict[str, Any]) -> None:
    make(aws)
    document = json.loads(embedded())
    directive = {**document["_aws"]["CloudWatchMetrics"][0], **changed}
    document["_aws"]["CloudWatchMetrics"] = [{key: value for key, value in directive.items() if value is not None}]
    put(aws, json.dumps(document))
    assert facts(aws, "logs.MetricEmbedded") == []
    assert facts(aws, "logs.EmbeddedMetricRejected") == [{"error": "EMFValidationErrors"}]


@pytest.mark.parametrize("absent", ["Latency", "Path"])
def test_a_directive_that_refers_to_what_the_event_lacks_puts_nothing(aws: Aws, absent: str) -> None:
    """ "The root node MUST contain all target members defined by the references in the MetricDirective object." """
    make(aws)
    document = json.loads(embedded(Errors=1))
    document["_aws"]["CloudWatchMetrics"][0]["Metrics"].append({"Name": "Errors"})
    document["_aws"]["CloudWatchMetrics"].append(
        {"Namespace": "Own", "Dimensions": [[]], "Metrics": [{"Name": "Errors"}]}
    )
    del document[absent]
    put(aws, json.dumps(document))
    # Another directive of the same event is another matter.
    assert [(each["namespace"], each["name"]) for each in facts(aws, "logs.MetricEmbedded")] == [("Own", "Errors")]
    assert facts(aws, "logs.EmbeddedMetricRejected") == [{"error": "EMFValidationErrors"}]


def test_infrequent_access_has_no_embedded_metrics(aws: Aws) -> None:
    make(aws, logGroupClass="INFREQUENT_ACCESS")
    put(aws, embedded())
    assert facts(aws, "logs.MetricEmbedded") == []
