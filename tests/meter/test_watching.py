"""What it costs to watch: metrics, alarms, dashboards, requests, copies of trails, traces, archives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from foulweather.meter.bill import bill
from foulweather.meter.meter import Meter
from foulweather.testing import Aws, world
from foulweather.world.world import World

HOURS = Decimal(31 * 24)


@pytest.fixture
def aws() -> Iterator[Aws]:
    with world(seed=1, start_ms=1_772_323_200_000) as opened:  # 2026-03-01, a month of 31 days
        yield opened


def told(aws: Aws) -> dict[str, tuple[Decimal, Decimal]]:
    """Usage types with their quantities and their prices."""
    usage = Meter.of(aws.cloud.default.world).usage
    lines = aws._thread.call(lambda: bill(usage, aws.now_ms)).lines
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for line in lines:
        quantity, amount = found.get(line.usage_type, (Decimal(0), Decimal(0)))
        found[line.usage_type] = (quantity + Decimal(line.quantity), amount + Decimal(line.amount or -1))
    return found


def near(found: Decimal, expected: Decimal | str) -> bool:
    return abs(found - Decimal(expected)) <= Decimal(expected) / 1000


def alarm(aws: Aws, name: str, **given: Any) -> None:
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", **given
    )


def test_a_metric_costs_for_the_hours_in_which_it_is_published_and_dimensions_multiply_it(aws: Aws) -> None:
    watch = aws.client("cloudwatch")
    for _ in range(3):
        for user in ("ann", "bob"):
            datum: Any = {"MetricName": "Orders", "Value": 1, "Dimensions": [{"Name": "user", "Value": user}]}
            watch.put_metric_data(Namespace="Shop", MetricData=[datum])
        aws.advance("20m")
    found = told(aws)
    assert near(found["CW:MetricMonitorUsage"][0], 2 / HOURS)
    assert near(found["CW:MetricMonitorUsage"][1], 2 / HOURS * Decimal("0.3"))
    assert found["CW:Requests"] == (6, Decimal("0.00006"))


def test_metrics_out_of_logs_cost_as_others_do(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="web")
    logs.create_log_stream(logGroupName="web", logStreamName="one")
    value: Any = {"metricName": "Errors", "metricNamespace": "Shop", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName="web", filterName="errors", filterPattern="ERROR", metricTransformations=[value]
    )
    for _ in range(3):
        event: Any = {"timestamp": aws.now_ms, "message": "ERROR"}
        logs.put_log_events(logGroupName="web", logStreamName="one", logEvents=[event])
    assert near(told(aws)["CW:MetricMonitorUsage"][0], 1 / HOURS)


def test_alarms_cost_by_their_metrics_and_resolution_until_they_are_deleted(aws: Aws) -> None:
    one: Any = {"Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum"}
    alarm(aws, "standard", Period=60, **one)
    alarm(aws, "fast", Period=10, **one)
    stat = {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    metrics: Any = [
        {"Id": "a", "MetricStat": stat, "ReturnData": False},
        {"Id": "b", "MetricStat": {**stat, "Stat": "Maximum"}, "ReturnData": False},
        {"Id": "c", "Expression": "a / b"},
    ]
    alarm(aws, "math", Metrics=metrics)
    watch = aws.client("cloudwatch")
    watch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(standard) AND ALARM(fast)")
    watch.disable_alarm_actions(AlarmNames=["math"])
    aws.advance("31d")
    found = told(aws)
    assert near(found["CW:AlarmMonitorUsage"][1], "0.3")
    assert near(found["CW:HighResAlarmMonitorUsage"][1], "0.3")
    assert near(found["CW:CompositeAlarmMonitorUsage"][1], "0.5")
    watch.delete_alarms(AlarmNames=["both"])
    watch.delete_alarms(AlarmNames=["standard", "fast", "math"])
    aws.advance("31d")
    assert told(aws)["CW:AlarmMonitorUsage"] == found["CW:AlarmMonitorUsage"]


def test_dashboards_cost_by_the_month_and_data_by_the_metrics_asked_for(aws: Aws) -> None:
    watch = aws.client("cloudwatch")
    watch.put_dashboard(DashboardName="shop", DashboardBody=json.dumps({"widgets": []}))
    stat: Any = {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    queries: Any = [
        {"Id": "a", "MetricStat": stat},
        {"Id": "b", "MetricStat": {**stat, "Stat": "Maximum"}},
        {"Id": "c", "MetricStat": {**stat, "Metric": {"Namespace": "Shop", "MetricName": "Errors"}}},
    ]
    start, end = (aws.now_ms // 1000 - before for before in (3600, 0))
    watch.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end)
    aws.advance("31d")
    found = told(aws)
    assert near(found["DashboardsUsageHour"][1], 3)
    assert found["CW:GMD-Metrics"] == (2, Decimal("0.00002"))


def test_the_first_copy_of_management_events_is_free_and_data_events_are_not() -> None:
    made = World(mode="held", start_ms=1_772_323_200_000)
    usage = Meter.of(made).usage
    counts = {"of_region": "us-east-1", "management_events": 3, "data_events": 2}
    for name in ("first", "second", "first"):
        arn = f"arn:aws:cloudtrail:us-east-1:111122223333:trail/{name}"
        now_ms = made.clock.now_ms
        made.journal.append(now_ms, "cloudtrail.Delivered", "111122223333", "us-east-1", arn, "", "", dict(counts))
    found = {(line.usage_type, line.resource): line for line in bill(usage, made.clock.now_ms).lines}
    assert Decimal(found["FreeEventsRecorded", "first"].amount) == 0
    assert Decimal(found["PaidEventsRecorded", "second"].amount) == Decimal("0.00006")
    assert Decimal(found["DataEventsRecorded", "first"].amount) == Decimal("0.000004")


def test_a_trail_s_files_tell_what_they_hold(aws: Aws) -> None:
    s3, trails = aws.client("s3"), aws.client("cloudtrail")
    s3.create_bucket(Bucket="files")
    service = {"Service": "cloudtrail.amazonaws.com"}
    allowed = [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::files"},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::files/*"},
    ]
    s3.put_bucket_policy(Bucket="files", Policy=json.dumps({"Statement": allowed}))
    trails.create_trail(Name="audit", S3BucketName="files")
    trails.start_logging(Name="audit")
    aws.client("sqs").create_queue(QueueName="orders")
    aws.advance("1h")
    assert told(aws)["FreeEventsRecorded"][0] >= 1


def test_a_trace_costs_once_and_each_time_that_it_is_read(aws: Aws) -> None:
    xray = aws.client("xray")
    trace = f"1-{aws.now_ms // 1000:08x}-bd862e3fe1be46a994272793"
    for number in range(2):
        document = {"trace_id": trace, "id": f"53995c3f42cd8ad{number}", "name": "shop", "start_time": 1, "end_time": 2}
        xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(document)])
    xray.batch_get_traces(TraceIds=[trace])
    found = told(aws)
    assert found["XRay-TracesStored"] == (1, Decimal("0.000005"))
    assert found["XRay-TracesAccessed"] == (1, Decimal("0.0000005"))


def test_events_cost_by_64_kib_and_archives_by_what_they_take_in_and_keep(aws: Aws) -> None:
    events = aws.client("events")
    bus = f"arn:aws:events:us-east-1:{aws.account}:event-bus/default"
    events.create_archive(ArchiveName="kept", EventSourceArn=bus, RetentionDays=1)
    detail = json.dumps({"text": "x" * 100_000})
    events.put_events(Entries=[{"Source": "shop", "DetailType": "sold", "Detail": detail}])
    found = told(aws)
    assert found["CustomEvents"] == (2, Decimal("0.000002"))
    assert found["ArchivedEvents-Bytes"][0] * (1 << 30) > 100_000
    events.delete_archive(ArchiveName="kept")
    usage = Meter.of(aws.cloud.default.world).usage
    assert not [place for place, _ in usage.standing() if place.service == "events"]
