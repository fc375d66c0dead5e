"""Datapoints put and got: statistics, units, pages, retention, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foulweather.services.cloudwatch.state import WatchState
from harness import Aws, new_aws
from services.cloudwatch.watching import MINUTE_MS, data, put, query, refused, values

DAY_S = 86_400


def statistics(aws: Aws, *, back_s: int = 3600, period: int = 60, **given: object) -> list[dict[str, object]]:
    request = {
        "Namespace": "Shop",
        "MetricName": "Latency",
        "StartTime": aws.now - back_s * 1000,
        "EndTime": aws.now + MINUTE_MS,
        "Period": period,
        **given,
    }
    return aws.cloudwatch.get_metric_statistics(request)["Datapoints"]


def test_five_statistics_of_a_minute(aws: Aws) -> None:
    for value in (1, 2, 6):
        put(aws, value, Unit="Seconds")
    (point,) = statistics(aws, Statistics=["SampleCount", "Average", "Sum", "Minimum", "Maximum"])
    assert point == {
        "Timestamp": aws.now - aws.now % MINUTE_MS,
        "Unit": "Seconds",
        "SampleCount": 3,
        "Average": 3,
        "Sum": 9,
        "Minimum": 1,
        "Maximum": 6,
    }


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        ("p50", 50), ("p99", 99), ("p100", 100), ("p99.9", 100), ("tm90", 45.5), ("TM(10%:90%)", 50.5),
        ("TM(:50)", 25.5), ("tc10", 10), ("ts10", 55), ("TC(50:)", 50), ("TS(0:10)", 55), ("IQM", 50.5),
        ("PR(:50)", 50), ("PR(90:)", 10), ("PR(10:20)", 10), ("wm90", 49.95),
    ],
)  # fmt: skip
def test_statistics_of_single_values(aws: Aws, stat: str, expected: float) -> None:
    aws.cloudwatch.put_metric_data(
        {"Namespace": "Shop", "MetricData": [{"MetricName": "Latency", "Values": list(range(1, 101))}]}
    )
    assert values(aws, query(stat=stat)) == pytest.approx([expected], rel=1e-6)


def test_values_count_as_often_as_their_counts_say(aws: Aws) -> None:
    datum = {"MetricName": "Latency", "Values": [1.0, 10.0], "Counts": [9.0, 1.0]}
    aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": [datum]})
    assert values(aws, query(stat="SampleCount")) == [10]
    assert values(aws, query(stat="Sum")) == [19]
    assert values(aws, query(stat="p90")) == [1]


def test_a_statistic_set_has_no_percentiles_unless_its_values_are_all_the_same(aws: Aws) -> None:
    def put_set(name: str, count: float, total: float, low: float, high: float) -> None:
        given = {"SampleCount": count, "Sum": total, "Minimum": low, "Maximum": high}
        datum = {"MetricName": name, "StatisticValues": given}
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": [datum]})

    put_set("Mixed", 3, 9, 1, 6)
    put_set("Same", 3, 9, 3, 3)
    assert values(aws, query("Mixed", "Average")) == [3]
    assert values(aws, query("Mixed", "p50")) == []
    assert values(aws, query("Same", "p50")) == [3]


def test_many_different_values_keep_percentiles_within_a_few_per_cent(aws: Aws) -> None:
    for start in range(0, 10_000, 100):
        datum = {"MetricName": "Latency", "Values": [float(start + each) for each in range(100)]}
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": [datum]})
    (median,) = values(aws, query(stat="p50"))
    assert median == pytest.approx(5000, rel=0.06)


def test_high_resolution_is_kept_by_the_second_for_three_hours(aws: Aws) -> None:
    for second in range(3):
        put(aws, second, at_ms=aws.now - 10_000 + second * 1000, StorageResolution=1)
    assert values(aws, query(period=1)) == [0, 1, 2]
    assert values(aws, query(period=60)) == [3]


async def test_seconds_are_gone_after_three_hours_and_minutes_stay(aws: Aws) -> None:
    put(aws, 7, StorageResolution=1)
    await aws.advance(seconds=3 * 3600 + 60)
    assert values(aws, query(period=1), back_s=4 * 3600) == []
    assert values(aws, query(period=60), back_s=4 * 3600) == [7]


async def test_old_datapoints_are_told_in_less_and_less_detail(aws: Aws) -> None:
    for minute in range(10):
        put(aws, 1, at_ms=aws.now + minute * MINUTE_MS)
    await aws.advance(seconds=16 * DAY_S)
    assert values(aws, query(period=60), back_s=17 * DAY_S) == []
    assert values(aws, query(period=300), back_s=17 * DAY_S) == [5, 5]
    await aws.advance(seconds=50 * DAY_S)
    assert values(aws, query(period=300), back_s=70 * DAY_S) == []
    assert values(aws, query(period=3600), back_s=70 * DAY_S) == [10]
    await aws.advance(seconds=400 * DAY_S)
    assert values(aws, query(period=3600), back_s=470 * DAY_S) == []


async def test_long_series_are_packed_and_roll_up(aws: Aws) -> None:
    for _ in range(20 * 24):
        put(aws, 1)
        put(aws, 1, at_ms=aws.now + 30 * MINUTE_MS)
        await aws.advance(seconds=3600)
    state = aws.world.state(WatchState, aws.account, aws.region)
    # Beside it there is the count of these very calls, in AWS/Usage.
    assert len(state.minutes) <= 2 * 121
    assert len(state.blocks) <= 2 * 20 * 12
    assert sum(values(aws, query(period=3600), back_s=21 * DAY_S)) == 960


@pytest.mark.parametrize("hours", [1, 4])
@pytest.mark.parametrize(("stat", "fold"), [("Sum", sum), ("SampleCount", sum), ("Minimum", min), ("Maximum", max)])
async def test_hours_of_packed_series_are_what_their_minutes_come_to(
    aws: Aws, stat: str, fold: Callable[[list[float]], float], hours: int
) -> None:
    for minute in range(0, 1200, 4):
        put(aws, minute % 11, at_ms=aws.now - minute * MINUTE_MS)
        put(aws, 2.5, at_ms=aws.now - minute * MINUTE_MS)
    assert len(aws.world.state(WatchState, aws.account, aws.region).blocks) > 2
    period_ms = hours * 3_600_000
    window = {"StartTime": aws.now - aws.now % period_ms - 5 * 4 * 3_600_000, "EndTime": aws.now}
    of_minutes = data(aws, query(stat=stat, period=60), **window)[0]
    expected: dict[int, list[float]] = {}
    for at, value in zip(of_minutes["Timestamps"], of_minutes["Values"], strict=True):
        expected.setdefault(at - at % period_ms, []).append(value)
    of_hours = data(aws, query(stat=stat, period=period_ms // 1000), **window)[0]
    told = dict(zip(of_hours["Timestamps"], of_hours["Values"], strict=True))
    assert told == {at: fold(found) for at, found in expected.items()}


async def test_datapoints_survive_a_restart(tmp_path: object) -> None:
    from pathlib import Path

    from foulweather.world.world import World

    assert isinstance(tmp_path, Path)
    first = new_aws(directory=tmp_path / "world")
    for minute in range(300):
        put(first, minute, at_ms=first.now - minute * MINUTE_MS)
    put(first, 5, name="Size", Dimensions=[{"Name": "Page", "Value": "home"}])
    first.world.close()
    second = new_aws(world=World(directory=tmp_path / "world"))
    assert len(values(second, query(), back_s=6 * 3600)) == 300
    assert values(second, query("Size", dimensions={"Page": "home"})) == [5]


def test_units_are_apart_where_statistics_are_asked_and_together_where_none_is(aws: Aws) -> None:
    put(aws, 1, Unit="Seconds")
    put(aws, 2, Unit="Milliseconds")
    units = {str(point["Unit"]): point["Sum"] for point in statistics(aws, Statistics=["Sum"])}
    assert units == {"Seconds": 1, "Milliseconds": 2}
    assert values(aws, query()) == [3]
    asked = query()
    asked["MetricStat"]["Unit"] = "Seconds"
    assert values(aws, asked) == [1]


def test_metrics_are_listed_by_name_dimension_and_recency(aws: Aws) -> None:
    for page in ("home", "cart"):
        put(aws, 1, Dimensions=[{"Name": "Page", "Value": page}])
    put(aws, 1, name="Old", at_ms=aws.now - 4 * 3_600_000)

    def listed(**given: object) -> list[str]:
        found = aws.cloudwatch.list_metrics({"Namespace": "Shop", **given})["Metrics"]
        return [" ".join([each["MetricName"], *(pair["Value"] for pair in each["Dimensions"])]) for each in found]

    assert listed() == ["Latency cart", "Latency home", "Old"]
    assert listed(Dimensions=[{"Name": "Page", "Value": "home"}]) == ["Latency home"]
    assert listed(Dimensions=[{"Name": "Page"}]) == ["Latency cart", "Latency home"]
    assert listed(RecentlyActive="PT3H") == ["Latency cart", "Latency home"]


def test_metrics_come_in_pages_of_five_hundred(aws: Aws) -> None:
    for start in range(0, 600, 100):
        datums = [{"MetricName": f"M{start + each:03d}", "Value": 1.0} for each in range(100)]
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": datums})
    first = aws.cloudwatch.list_metrics({"Namespace": "Shop"})
    second = aws.cloudwatch.list_metrics({"Namespace": "Shop", "NextToken": first["NextToken"]})
    assert (len(first["Metrics"]), len(second["Metrics"])) == (500, 100)
    assert "NextToken" not in second
    refused("InvalidNextToken", aws.cloudwatch.list_metrics, {"NextToken": "nonsense"})


def test_datapoints_come_in_pages(aws: Aws) -> None:
    for minute in range(10):
        put(aws, minute, at_ms=aws.now - minute * MINUTE_MS)
    request = {
        "MetricDataQueries": [query()],
        "StartTime": aws.now - 3_600_000,
        "EndTime": aws.now + MINUTE_MS,
        "MaxDatapoints": 4,
    }
    told: list[float] = []
    statuses: list[str] = []
    token = None
    while True:
        answer = aws.cloudwatch.get_metric_data({**request, **({"NextToken": token} if token else {})})
        told += answer["MetricDataResults"][0]["Values"]
        statuses.append(answer["MetricDataResults"][0]["StatusCode"])
        token = answer.get("NextToken")
        if token is None:
            break
    assert told == list(range(10))  # the newest first
    assert statuses == ["PartialData", "PartialData", "Complete"]


@pytest.mark.parametrize(
    ("code", "words", "namespace", "datum"),
    [
        ("InvalidParameterValueException", "AWS/", "AWS/SQS", {"MetricName": "M", "Value": 1.0}),
        ("MissingRequiredParameterException", "MetricData.member.1.MetricName", "Shop", {"Value": 1.0}),
        ("MissingRequiredParameterException", "MetricData.member.1.Value", "Shop", {"MetricName": "M"}),
        (
            "InvalidParameterCombinationException",
            "MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive",
            "Shop",
            {"MetricName": "M", "Value": 1.0, "Values": [1.0]},
        ),
        ("InvalidParameterValueException", "Unit must be a value in the set", "Shop",
         {"MetricName": "M", "Value": 1.0, "Unit": "Furlong"}),
        ("InvalidParameterValueException", "within the past two weeks", "Shop",
         {"MetricName": "M", "Value": 1.0, "Timestamp": 1}),
        ("InvalidParameterValueException", "is invalid", "Shop", {"MetricName": "M", "Value": float("nan")}),
        ("InvalidParameterValueException", "must be of the same size", "Shop",
         {"MetricName": "M", "Values": [1.0], "Counts": [1.0, 2.0]}),
        ("InvalidParameterValueException", "StorageResolution", "Shop",
         {"MetricName": "M", "Value": 1.0, "StorageResolution": 7}),
        ("MissingRequiredParameterException", "Dimensions.member.1.Value", "Shop",
         {"MetricName": "M", "Value": 1.0, "Dimensions": [{"Name": "a", "Value": ""}]}),
    ],
)  # fmt: skip
def test_datapoints_that_are_refused(aws: Aws, code: str, words: str, namespace: str, datum: dict[str, object]) -> None:
    good = {"MetricName": "Good", "Value": 1.0}
    request = {"Namespace": namespace, "MetricData": [datum, good]}
    assert words in refused(code, aws.cloudwatch.put_metric_data, request).message
    assert aws.cloudwatch.list_metrics({"Namespace": "Shop"})["Metrics"] == [], "nothing of it is taken"


def test_more_than_a_thousand_datums_are_refused(aws: Aws) -> None:
    request = {"Namespace": "Shop", "MetricData": [{"MetricName": "M", "Value": 1.0}] * 1001}
    error = refused("InvalidParameterValueException", aws.cloudwatch.put_metric_data, request)
    assert error.message == "The collection MetricData must not have a size greater than 1000."


def test_too_many_datapoints_of_statistics_are_refused_in_awss_words(aws: Aws) -> None:
    request = {
        "Namespace": "Shop",
        "MetricName": "M",
        "StartTime": aws.now - 2 * DAY_S * 1000,
        "EndTime": aws.now,
        "Period": 60,
        "Statistics": ["Sum"],
    }
    error = refused("InvalidParameterCombinationException", aws.cloudwatch.get_metric_statistics, request)
    assert error.message.startswith("You have requested up to 2,880 datapoints, which exceeds the limit of 1,440.")


def test_queries_that_are_wrong_are_told_of_all_at_once(aws: Aws) -> None:
    request = {
        "MetricDataQueries": [query(stat="p200"), query(stat="best", query_id="m2")],
        "StartTime": aws.now - 1000,
        "EndTime": aws.now,
    }
    assert refused("ValidationError", aws.cloudwatch.get_metric_data, request).message == (
        "The value for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.\n"
        "The value for parameter MetricDataQueries.member.2.MetricStat.Stat is not a valid statistic."
    )


def test_what_is_not_to_be_returned_is_not(aws: Aws) -> None:
    put(aws, 4)
    told = data(aws, query(ReturnData=False), {"Id": "e1", "Expression": "m1 * 2", "Label": "Double"})
    assert [(each["Id"], each["Label"], each["Values"]) for each in told] == [("e1", "Double", [8])]


def test_statistics_are_simple_ones_or_extended_ones_and_not_both(aws: Aws) -> None:
    """ "You must specify either Statistics or ExtendedStatistics, but not both." """
    put(aws, 1)
    refused(
        "InvalidParameterCombinationException",
        lambda given: statistics(aws, **given),
        {"Statistics": ["Sum"], "ExtendedStatistics": ["p90"]},
    )
