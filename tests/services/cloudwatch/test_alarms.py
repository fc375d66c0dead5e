"""Alarms on a held clock: M of N, missing data, actions, histories."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from foulweather.services.cloudwatch.datapoints import Plan
from foulweather.services.cloudwatch.evaluating import Point, judged
from harness import Aws, new_aws
from services.cloudwatch.watching import MINUTE_MS, alarm, put, query, refused, state, told

TABLES = [
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    # datapoints (oldest first), M, N, state with missing, ignore, breaching, notBreaching (None: it stays)
    ("0-X-X", 3, 3, "OK", "OK", "OK", "OK"),
    ("----0", 3, 3, "OK", "OK", "OK", "OK"),
    ("-----", 3, 3, "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    ("0XX-X", 3, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("--X--", 3, 3, "ALARM", None, "ALARM", "OK"),
    ("0-X-X", 2, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("00X0X", 2, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0-X--", 2, 3, "OK", "OK", "ALARM", "OK"),
    ("----0", 2, 3, "OK", "OK", "ALARM", "OK"),
    ("---X-", 2, 3, "ALARM", None, "ALARM", "OK"),
]


@pytest.mark.parametrize(("shape", "needed", "count", "missing", "ignore", "breaching", "fine"), TABLES)
def test_missing_data_as_in_awss_tables(
    shape: str, needed: int, count: int, missing: str, ignore: str, breaching: str, fine: str
) -> None:
    points = [Point(5 - at, 0, {"0": 0.0, "X": 9.0}[each], 5, 5, 1) for at, each in enumerate(shape) if each != "-"]
    newest = sorted(points, key=lambda point: point.age)[:count]
    for treatment, expected in zip(
        ("missing", "ignore", "breaching", "notBreaching"), (missing, ignore, breaching, fine), strict=True
    ):
        config = {
            "EvaluationPeriods": count,
            "DatapointsToAlarm": needed,
            "TreatMissingData": treatment,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        assert judged(config, newest, "OK") == expected, treatment


async def test_an_alarm_rises_and_falls_with_its_metric(aws: Aws) -> None:
    alarm(aws)
    assert (state(aws), told(aws)["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    put(aws, 250)
    await aws.advance(seconds=90)
    assert state(aws) == "ALARM"
    assert told(aws)["StateReason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoints [250.0 (01/01/26 00:00:00)] was greater than the threshold "
        "(100.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    data = json.loads(told(aws)["StateReasonData"])
    assert (data["recentDatapoints"], data["threshold"], data["period"]) == ([250.0], 100.0, 60)
    put(aws, 20)
    await aws.advance(seconds=90)
    assert state(aws) == "OK"
    assert "was not greater than the threshold (100.0)" in told(aws)["StateReason"]


async def test_without_data_an_alarm_becomes_insufficient(aws: Aws) -> None:
    alarm(aws)
    put(aws, 1)
    await aws.advance(seconds=90)
    assert state(aws) == "OK"
    await aws.advance(seconds=300)
    assert state(aws) == "INSUFFICIENT_DATA"
    assert told(aws)["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


async def test_two_of_three_datapoints_are_needed(aws: Aws) -> None:
    alarm(aws, EvaluationPeriods=3, DatapointsToAlarm=2)
    for value in (200, 10, 10):
        put(aws, value)
        await aws.advance(seconds=60)
    await aws.advance(seconds=30)
    assert state(aws) == "OK"
    put(aws, 200)
    await aws.advance(seconds=60)
    assert state(aws) == "OK"
    put(aws, 200)
    await aws.advance(seconds=60)
    assert state(aws) == "ALARM"


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_not_looked_at_in_full_comes_to_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(seed)
    shapes = [
        {
            "EvaluationPeriods": count,
            "DatapointsToAlarm": drawn.randint(1, count),
            "TreatMissingData": drawn.choice(["missing", "ignore", "breaching", "notBreaching"]),
            "ComparisonOperator": drawn.choice(
                ["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]
            ),
            "Statistic": drawn.choice(["Average", "Sum", "Maximum", "SampleCount"]),
            "Threshold": float(drawn.randint(1, 4)),
        }
        for count in (1, 2, 3, 5, 150)
    ]
    # In each minute some values, some of them late, or none at all.
    days = [
        [(drawn.randint(0, 5), drawn.choice([0, 0, 0, 1, 3, 100])) for _ in range(drawn.choice([0, 1, 1, 1, 1, 2]))]
        for _ in range(260)
    ]

    async def lived(world: Aws) -> list[Any]:
        for number, shape in enumerate(shapes):
            alarm(world, f"alarm-{number}", **shape)
        for minute in days:
            for value, late in minute:
                put(world, value, at_ms=world.now - late * MINUTE_MS)
            await world.advance(seconds=60)
        items = world.cloudwatch.describe_alarm_history({"HistoryItemType": "StateUpdate", "MaxRecords": 100})
        return [(item["AlarmName"], item["Timestamp"], item["HistoryData"]) for item in items["AlarmHistoryItems"]]

    quick = await lived(new_aws())
    monkeypatch.setattr(Plan, "is_as_before", lambda plan, value, now_ms: False)
    assert quick == await lived(new_aws())
    assert len(quick) > 20


async def test_high_resolution_alarms_are_evaluated_every_ten_seconds(aws: Aws) -> None:
    alarm(aws, Period=10)
    put(aws, 500, StorageResolution=1)
    await aws.advance(seconds=10)
    assert state(aws) == "ALARM"


async def test_an_alarm_notifies_its_topic_in_awss_words(aws: Aws) -> None:
    topic = aws.sns.create_topic({"Name": "pages"})["TopicArn"]
    url = await _subscribed(aws, topic)
    alarm(aws, AlarmActions=[topic], AlarmDescription="too slow", Dimensions=[{"Name": "Page", "Value": "home"}])
    put(aws, 250, Dimensions=[{"Name": "Page", "Value": "home"}])
    await aws.advance(seconds=90)
    envelope = await _received(aws, url)
    assert envelope["Subject"] == 'ALARM: "slow" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert list(message) == [
        "AlarmName", "AlarmDescription", "AWSAccountId", "AlarmConfigurationUpdatedTimestamp", "NewStateValue",
        "NewStateReason", "StateChangeTime", "Region", "AlarmArn", "OldStateValue", "OKActions", "AlarmActions",
        "InsufficientDataActions", "Trigger",
    ]  # fmt: skip
    assert (message["NewStateValue"], message["OldStateValue"]) == ("ALARM", "INSUFFICIENT_DATA")
    assert message["StateChangeTime"] == "2026-01-01T00:01:30.000+0000"
    assert message["Trigger"] == {
        "MetricName": "Latency",
        "Namespace": "Shop",
        "StatisticType": "Statistic",
        "Statistic": "MAXIMUM",
        "Unit": None,
        "Dimensions": [{"value": "home", "name": "Page"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 100.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


async def test_a_topic_that_does_not_let_cloudwatch_publish_is_on_record(aws: Aws) -> None:
    topic = aws.sns.create_topic({"Name": "pages"})["TopicArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
             "Resource": topic}
        ],
    }  # fmt: skip
    aws.sns.set_topic_attributes({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": json.dumps(policy)})
    alarm(aws, AlarmActions=[topic])
    put(aws, 250)
    await aws.advance(seconds=90)
    assert state(aws) == "ALARM"
    (action,) = _history(aws, "Action")
    assert action["HistorySummary"].startswith(f"Failed to execute action {topic}. Received error:")
    (event,) = aws.events("cloudwatch.AlarmActionFailed")
    assert event.facts["action"] == topic


async def test_disabled_actions_are_not_carried_out(aws: Aws) -> None:
    topic = aws.sns.create_topic({"Name": "pages"})["TopicArn"]
    alarm(aws, AlarmActions=[topic])
    aws.cloudwatch.disable_alarm_actions({"AlarmNames": ["slow"]})
    put(aws, 250)
    await aws.advance(seconds=90)
    assert state(aws) == "ALARM"
    assert aws.events("sns.MessagePublished") == []
    assert told(aws)["ActionsEnabled"] is False


async def test_an_action_on_a_function_that_is_not_there_is_told(aws: Aws) -> None:
    arn = "arn:aws:lambda:us-east-1:111122223333:function:mend"
    alarm(aws, AlarmActions=[arn])
    put(aws, 250)
    await aws.advance(seconds=90)
    (action,) = _history(aws, "Action")
    assert action["HistorySummary"].startswith(f"Failed to execute action {arn}.")
    assert json.loads(action["HistoryData"])["actionState"] == "Failed"


async def test_scaling_policies_are_asked_every_minute_of_alarm(aws: Aws) -> None:
    arn = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:6d8972f3:resource/dynamodb/table/t:policyName/steps"
    alarm(aws, AlarmActions=[arn], TreatMissingData="ignore")
    put(aws, 250)
    await aws.advance(seconds=90)
    await aws.advance(seconds=180)
    events = aws.events("cloudwatch.AlarmAction")
    assert len(events) == 4
    facts = {"action": arn, "alarm": "slow", "value": 250.0, "values": [250.0], "threshold": 100.0}
    assert events[0].facts == facts
    assert [event.at_ms - events[0].at_ms for event in events] == [0, 60_000, 120_000, 180_000]


async def test_setting_a_state_lasts_until_the_next_evaluation(aws: Aws) -> None:
    alarm(aws)
    put(aws, 1)
    await aws.advance(seconds=90)
    aws.cloudwatch.set_alarm_state({"AlarmName": "slow", "StateValue": "ALARM", "StateReason": "a test"})
    assert (state(aws), told(aws)["StateReason"]) == ("ALARM", "a test")
    put(aws, 1)
    await aws.advance(seconds=60)
    assert state(aws) == "OK"


async def test_histories_tell_of_configuration_and_states(aws: Aws) -> None:
    alarm(aws)
    put(aws, 250)
    await aws.advance(seconds=90)
    alarm(aws, Threshold=1000.0)
    kinds = [(item["HistoryItemType"], item["HistorySummary"]) for item in _history(aws)]
    assert kinds == [
        ("ConfigurationUpdate", 'Alarm "slow" updated'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("ConfigurationUpdate", 'Alarm "slow" created'),
    ]
    assert state(aws) == "ALARM", "an update leaves the state as it is"


async def test_an_alarm_on_metric_math(aws: Aws) -> None:
    metrics = [
        query("Errors", ReturnData=False),
        query("Requests", query_id="m2", ReturnData=False),
        {"Id": "rate", "Expression": "100 * m1 / m2", "Label": "Error rate"},
    ]
    math: dict[str, Any] = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    alarm(aws, Metrics=metrics, Threshold=5.0, **math)
    put(aws, 10, name="Errors")
    put(aws, 100, name="Requests")
    await aws.advance(seconds=90)
    assert state(aws) == "ALARM"
    assert "[10.0 (" in told(aws)["StateReason"]


async def test_percentiles_of_few_samples_may_be_ignored(aws: Aws) -> None:
    given: dict[str, Any] = {"Statistic": None, "ExtendedStatistic": "p99"}
    alarm(aws, "careful", EvaluateLowSampleCountPercentile="ignore", **given)
    alarm(aws, "hasty", EvaluateLowSampleCountPercentile="evaluate", **given)
    put(aws, 250)
    await aws.advance(seconds=90)
    assert (state(aws, "careful"), state(aws, "hasty")) == ("INSUFFICIENT_DATA", "ALARM")


async def test_an_anomaly_is_outside_the_band_of_its_hour(aws: Aws) -> None:
    began_ms = aws.now
    for hour in range(24 * 8):
        for part in range(2):
            at_ms = began_ms + (hour * 60 + part * 30) * MINUTE_MS
            await aws.advance(ms=at_ms - aws.now)
            put(aws, 100 + 50 * (hour % 24 < 12) + part, at_ms=at_ms)
    metrics = [
        query(stat="Average", period=60, ReturnData=True),
        {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 3)"},
    ]
    blank: dict[str, Any] = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period", "Threshold"))
    alarm(
        aws,
        Metrics=metrics,
        ThresholdMetricId="ad1",
        ComparisonOperator="LessThanLowerOrGreaterThanUpperThreshold",
        TreatMissingData="ignore",
        **blank,
    )
    await aws.advance(ms=began_ms + 24 * 8 * 60 * MINUTE_MS - aws.now)
    put(aws, 151)  # usual for a morning
    await aws.advance(seconds=90)
    assert state(aws) == "OK"
    put(aws, 101)  # usual for an evening only
    await aws.advance(seconds=60)
    assert state(aws) == "ALARM"


def test_alarms_are_described_by_prefix_state_and_action(aws: Aws) -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:pages"
    alarm(aws, "a-1", AlarmActions=[topic])
    alarm(aws, "a-2")
    alarm(aws, "b-1")

    def names(**given: object) -> list[str]:
        return [each["AlarmName"] for each in aws.cloudwatch.describe_alarms(given)["MetricAlarms"]]

    assert names(AlarmNamePrefix="a-") == ["a-1", "a-2"]
    assert names(ActionPrefix="arn:aws:sns") == ["a-1"]
    assert names(StateValue="OK") == []
    first = aws.cloudwatch.describe_alarms({"MaxRecords": 2})
    assert len(first["MetricAlarms"]) == 2
    assert names(NextToken=first["NextToken"]) == ["b-1"]
    metric = {"Namespace": "Shop", "MetricName": "Latency"}
    assert len(aws.cloudwatch.describe_alarms_for_metric(metric)["MetricAlarms"]) == 3


async def test_deleting_the_last_alarm_leaves_nothing_on_the_agenda(aws: Aws) -> None:
    alarm(aws)
    assert len(aws.world.agenda) == 1
    aws.cloudwatch.delete_alarms({"AlarmNames": ["slow", "never-was"]})
    assert len(aws.world.agenda) == 0
    assert aws.cloudwatch.describe_alarms({})["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("Invalid arn syntax: pages", {"AlarmActions": ["pages"]}),
        ("Invalid region eu-west-1 specified. Only us-east-1 is supported.",
         {"AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:pages"]}),
        ("Period must be 10, 20, 30, or a multiple of 60.", {"Period": 45}),
        ("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
         {"Period": 300, "EvaluationPeriods": 289}),
        ("DatapointsToAlarm must be less than or equal to EvaluationPeriods.", {"DatapointsToAlarm": 2}),
        ("Exactly one of Statistic and ExtendedStatistic must be specified.", {"ExtendedStatistic": "p99"}),
        ("Member must satisfy enum value set", {"ComparisonOperator": "IsBigger"}),
        ("for parameter TreatMissingData", {"TreatMissingData": "maybe"}),
        ("mutually exclusive", {"Metrics": [query()]}),
        ("The parameter Threshold is required.", {"Threshold": None}),
    ],
)  # fmt: skip
def test_alarms_that_are_refused(aws: Aws, words: str, given: dict[str, Any]) -> None:
    from foulweather.kernel.errors import AwsError

    with pytest.raises(AwsError) as caught:
        alarm(aws, **given)
    assert caught.value.code == "ValidationError"
    assert words in caught.value.message
    assert aws.cloudwatch.describe_alarms({})["MetricAlarms"] == []


def test_tags_of_an_alarm(aws: Aws) -> None:
    alarm(aws, Tags=[{"Key": "team", "Value": "shop"}])
    arn = told(aws)["AlarmArn"]
    aws.cloudwatch.tag_resource({"ResourceARN": arn, "Tags": [{"Key": "stage", "Value": "test"}]})
    aws.cloudwatch.untag_resource({"ResourceARN": arn, "TagKeys": ["team"]})
    assert aws.cloudwatch.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "stage", "Value": "test"}]
    refused("ResourceNotFoundException", aws.cloudwatch.list_tags_for_resource, {"ResourceARN": arn + "x"})


def _history(aws: Aws, kind: str | None = None) -> list[dict[str, Any]]:
    request = {"AlarmName": "slow", **({"HistoryItemType": kind} if kind else {})}
    return aws.cloudwatch.describe_alarm_history(request)["AlarmHistoryItems"]


async def _subscribed(aws: Aws, topic: str) -> str:
    url = aws.sqs.create_queue({"QueueName": "inbox"})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:inbox"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": arn}
        ],
    }  # fmt: skip
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": json.dumps(policy)}})
    aws.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn})
    return url


async def _received(aws: Aws, url: str) -> dict[str, Any]:
    answer = aws.sqs.receive_message({"QueueUrl": url})
    answer = await answer if not isinstance(answer, dict) else answer
    return json.loads(answer["Messages"][0]["Body"])
