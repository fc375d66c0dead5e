"""Metric math: operators, every function, searches, Metrics Insights."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.cloudwatch.watching import MINUTE_MS, data, put, query, refused, values

# Minutes 0 to 3 before now, the oldest first.
FIRST = (1.0, 2.0, None, 8.0)
SECOND = (4.0, None, 5.0, 2.0)


def given(aws: Aws) -> None:
    for name, numbers in (("A", FIRST), ("B", SECOND)):
        for minute, value in enumerate(numbers):
            if value is not None:
                put(aws, value, name=name, at_ms=aws.now - (3 - minute) * MINUTE_MS)


def computed(aws: Aws, expression: str, *, back_s: int = 180) -> list[list[float]]:
    queries = [
        query("A", ReturnData=False),
        query("B", query_id="m2", ReturnData=False),
        {"Id": "e1", "Expression": expression},
    ]
    request = {"EndTime": aws.now + MINUTE_MS}
    return [each["Values"] for each in data(aws, *queries, back_s=back_s, **request)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + 1", [2, 3, 9]), ("m1 + m2", [5, 10]), ("m1 - m2", [-3, 6]), ("m1 * m2", [4, 16]), ("m1 / m2", [0.25, 4]),
        ("m1 ^ 2", [1, 4, 64]), ("-m1", [-1, -2, -8]), ("2 * (m1 + 1)", [4, 6, 18]), ("m1 / (m1 - 1)", [2, 8 / 7]),
        ("m1 > 1", [0, 1, 1]), ("m1 == 2 OR m1 == 8", [0, 1, 1]), ("m1 > 1 AND m1 < 5", [0, 1, 0]),
        ("m1 >= 2 && m1 != 8", [0, 1, 0]), ("10 - m1", [9, 8, 2]),
        ("ABS(-m1)", [1, 2, 8]), ("CEIL(m1 / 3)", [1, 1, 3]), ("FLOOR(m1 / 3)", [0, 0, 2]),
        ("LOG10(m1 * 0 + 100)", [2, 2, 2]), ("LOG(m1 * 0 + 1)", [0, 0, 0]),
        ("m1 - AVG(m1)", [-8 / 3, -5 / 3, 13 / 3]), ("m1 / SUM(m1)", [1 / 11, 2 / 11, 8 / 11]),
        ("m1 - MIN(m1)", [0, 1, 7]), ("MAX(m1) - m1", [7, 6, 0]), ("m1 * 0 + DATAPOINT_COUNT(m1)", [3, 3, 3]),
        ("m1 * 0 + STDDEV(m2)", [1.2472191289, 1.2472191289, 1.2472191289]),
        ("SUM([m1, m2])", [5, 2, 5, 10]), ("AVG([m1, m2])", [2.5, 2, 5, 5]), ("MAX(METRICS())", [4, 2, 5, 8]),
        ('MIN(METRICS("m"))', [1, 2, 5, 2]), ("DIFF(m1)", [1, 6]), ("DIFF_TIME(m1)", [60, 120]),
        ("RATE(m1)", [1 / 60, 0.05]), ("RUNNING_SUM(m1)", [1, 3, 11]), ("FILL(m1, 0)", [1, 2, 0, 8]),
        ("FILL(m1, REPEAT)", [1, 2, 2, 8]), ("FILL(m1, LINEAR)", [1, 2, 5, 8]), ("FILL(m1, m2)", [1, 2, 5, 8]),
        ("IF(m1 > 1, m1, 0)", [0, 2, 8]), ("IF(m1 > 1, m1)", [2, 8]), ("IF(m1 > 1, m2, 7)", [7, 2]),
        ("FIRST([m1, m2])", [1, 2, 8]), ("LAST([m1, m2])", [4, 5, 2]), ("m1 * 0 + METRIC_COUNT(METRICS())", [2, 2, 2]),
        ("m1 * 0 + PERIOD(m1)", [60, 60, 60]), ("TIME_SERIES(5)", [5, 5, 5, 5]), ("YEAR(m1)", [2025, 2025, 2026]),
        ("MONTH(m1)", [12, 12, 1]), ("DATE(m1)", [31, 31, 1]), ("DAY(m1)", [3, 3, 4]), ("HOUR(m1)", [23, 23, 0]),
        ("MINUTE(m1)", [57, 58, 0]), ("EPOCH(m1) - 1767225600", [-180, -120, 0]),
    ],
)  # fmt: skip
def test_one_series(aws: Aws, expression: str, expected: list[float]) -> None:
    given(aws)
    (found,) = computed(aws, expression)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[m1, m2] * 2", [[2, 4, 16], [8, 10, 4]]),
        ("SORT([m1, m2], MAX, DESC)", [[1, 2, 8], [4, 5, 2]]),
        ("SORT([m1, m2], MAX, ASC, 1)", [[4, 5, 2]]),
        ("SLICE([m1, m2], 1)", [[4, 5, 2]]),
        ("SLICE([m1, m2], 0, 1)", [[1, 2, 8]]),
        ("REMOVE_EMPTY([m1, IF(m2 > 100, m2)])", [[1, 2, 8]]),
        ("ABS([m1, m2])", [[1, 2, 8], [4, 5, 2]]),
    ],
)
def test_arrays(aws: Aws, expression: str, expected: list[list[float]]) -> None:
    given(aws)
    assert computed(aws, expression) == expected


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("Syntax error", "m1 +"), ("Syntax error", "m1 $ 2"), ("Undefined variable: m9", "m9 * 2"),
        ("Unknown function: MEDIAN", "MEDIAN(m1)"), ("must return a time series", "AVG(m1)"),
        ("between two arrays", "[m1] + [m2]"), ("in a circle", "e1 + m1"), ("does not take", "ABS(m1, m2)"),
    ],
)  # fmt: skip
def test_expressions_that_are_refused(aws: Aws, words: str, expression: str) -> None:
    given(aws)
    with pytest.raises(AwsError) as caught:
        computed(aws, expression)
    assert caught.value.code == "ValidationError"
    assert words in caught.value.message


@pytest.mark.parametrize("expression", ["SERVICE_QUOTA(m1)", "INSIGHT_RULE_METRIC('r', Sum)", "LAMBDA('f')"])
def test_functions_of_what_is_not_built_are_501(aws: Aws, expression: str) -> None:
    with pytest.raises(AwsError) as caught:
        computed(aws, expression)
    assert caught.value.status == 501


def put_pages(aws: Aws) -> None:
    for page, value in (("home", 3.0), ("cart", 9.0), ("help", 1.0)):
        put(aws, value, Dimensions=[{"Name": "Page", "Value": page}])
    put(aws, 100, Dimensions=[{"Name": "Page", "Value": "home"}, {"Name": "Zone", "Value": "a"}])


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ('{Shop,Page} MetricName="Latency"', [9, 1, 3]), ("{Shop,Page} home", [3]), ('{Shop,Page} Page="cart"', [9]),
        ("{Shop,Page} home OR cart", [9, 3]), ("{Shop,Page} NOT home", [9, 1]), ("{Shop,Page,Zone}", [100]),
        ('Namespace="Shop" Zone="a"', [100]), ("{Shop,Page} (home OR help) AND Latency", [1, 3]),
        ("{Shop,Page} nothing", []),
    ],
)  # fmt: skip
def test_searches(aws: Aws, search: str, expected: list[float]) -> None:
    put_pages(aws)
    told = data(aws, {"Id": "s1", "Expression": f"SEARCH('{search}', 'Sum', 60)"})
    assert [each["Values"][0] for each in told] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT SUM(Latency) FROM Shop", [113]),
        ('SELECT AVG(Latency) FROM SCHEMA("Shop", Page)', [13 / 3]),
        ("SELECT MAX(Latency) FROM SCHEMA(Shop, Page) GROUP BY Page ORDER BY MAX() DESC LIMIT 2", [9, 3]),
        ("SELECT COUNT(Latency) FROM SCHEMA(Shop, Page) WHERE Page != 'home'", [2]),
        ("SELECT SUM(Latency) FROM Shop WHERE Page = 'home' AND Zone = 'a'", [100]),
        ("SELECT SUM(Latency) FROM Shop WHERE AWS.AccountId = '111122223333'", [113]),
        ("SELECT SUM(Latency) FROM Shop WHERE AWS.AccountId = '999988887777'", []),
        ("SELECT SUM(Latency) FROM Shop GROUP BY AWS.AccountId", [113]),
        ("select min(Latency) from Shop group by Page order by min() asc", [1, 3, 9]),
    ],
)
def test_metrics_insights(aws: Aws, text: str, expected: list[float]) -> None:
    put_pages(aws)
    told = data(aws, {"Id": "q1", "Expression": text, "Period": 60})
    assert [each["Values"][0] for each in told] == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["SELECT MEDIAN(x) FROM y", "SELECT SUM(x)", "SELECT SUM(x) FROM y LIMIT 900", "SELECT SUM(x) FROM y WHERE a"],
)
def test_queries_that_are_refused(aws: Aws, text: str) -> None:
    request = {
        "MetricDataQueries": [{"Id": "q1", "Expression": text, "Period": 60}],
        "StartTime": aws.now - MINUTE_MS,
        "EndTime": aws.now,
    }
    refused("ValidationError", aws.cloudwatch.get_metric_data, request)


def test_a_band_is_there_once_there_is_enough_to_learn_from(aws: Aws) -> None:
    band: dict[str, Any] = {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}
    put(aws, 10)
    assert data(aws, query(ReturnData=False), band)[0]["Values"] == []
    for minute in range(30):
        put(aws, 10 + minute % 2, at_ms=aws.now - minute * MINUTE_MS)
    high, low = data(aws, query(stat="Average", ReturnData=False), band, back_s=600)
    assert (high["Label"], low["Label"]) == ("Latency High", "Latency Low")
    assert min(high["Values"]) > 10.5 > max(low["Values"])


def test_detectors_are_put_described_and_deleted(aws: Aws) -> None:
    metric = {"Namespace": "Shop", "MetricName": "Latency", "Stat": "Average"}
    aws.cloudwatch.put_anomaly_detector({"SingleMetricAnomalyDetector": metric})
    (told,) = aws.cloudwatch.describe_anomaly_detectors({})["AnomalyDetectors"]
    assert (told["StateValue"], told["SingleMetricAnomalyDetector"]["Stat"]) == ("PENDING_TRAINING", "Average")
    aws.cloudwatch.delete_anomaly_detector(metric)
    refused("ResourceNotFoundException", aws.cloudwatch.delete_anomaly_detector, metric)
    refused("MissingRequiredParameterException", aws.cloudwatch.put_anomaly_detector, {"Namespace": "Shop"})


def test_periods_of_queries_go_together(aws: Aws) -> None:
    for minute in range(10):
        put(aws, 1, at_ms=aws.now - aws.now % 300_000 - minute * MINUTE_MS)
    assert sum(values(aws, query(period=300))) == 10


@pytest.mark.parametrize(
    "expression",
    ["SELECT SUM(x) FROM y WHERE tag.team = 'a'", "SELECT SUM(x) FROM y GROUP BY tag.\"my team\"",
     "SEARCH(':aws.AccountId=\"999988887777\" x', 'Sum')"],
)  # fmt: skip
def test_what_a_query_cannot_tell_apart_here_is_not_silently_empty(aws: Aws, expression: str) -> None:
    refused("NotImplemented", lambda asked: data(aws, asked), {"Id": "a", "Expression": expression, "Period": 60})
