"""CloudWatch over real HTTP, in each of the three protocols that it speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from clients.running import REGION, Cloud

pytestmark = pytest.mark.client

PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query")


def client_of(cloud: Cloud, protocol: str) -> Any:
    """A client that has but one protocol to choose from."""
    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    model = loader.load_service_model("cloudwatch", "service-2")
    model["metadata"]["protocol"] = protocol
    model["metadata"]["protocols"] = [protocol]
    return session.create_client(
        "cloudwatch",
        region_name=REGION,
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_metrics_and_alarms_in_every_protocol(cloud: Cloud, protocol: str) -> None:
    cloudwatch = client_of(cloud, protocol)
    namespace = f"Shop/{protocol}"
    dimensions = [{"Name": "Page", "Value": "home"}]
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": "Latency", "Dimensions": dimensions, "Values": [1.5, 2.5], "Counts": [1, 3],
             "Unit": "Milliseconds", "Timestamp": datetime.now(UTC)},
            {"MetricName": "Latency", "Dimensions": dimensions, "Unit": "Milliseconds",
             "StatisticValues": {"SampleCount": 1, "Sum": 4, "Minimum": 4, "Maximum": 4}},
        ],
    )  # fmt: skip
    (metric,) = cloudwatch.list_metrics(Namespace=namespace)["Metrics"]
    assert metric == {"Namespace": namespace, "MetricName": "Latency", "Dimensions": dimensions}
    window = {"StartTime": datetime.now(UTC) - timedelta(hours=1), "EndTime": datetime.now(UTC) + timedelta(minutes=5)}
    stat = {"Metric": metric, "Period": 3600, "Stat": "Sum"}
    queries = [{"Id": "m1", "MetricStat": stat}, {"Id": "e1", "Expression": "m1 * 2", "Label": "Twice"}]
    results = cloudwatch.get_metric_data(MetricDataQueries=queries, **window)["MetricDataResults"]
    assert [(each["Label"], sum(each["Values"])) for each in results] == [("Latency", 13.0), ("Twice", 26.0)]
    points = cloudwatch.get_metric_statistics(
        **metric, **window, Period=3600, Statistics=["Average"], Unit="Milliseconds"
    )["Datapoints"]
    assert points[0]["Unit"] == "Milliseconds"
    name = f"slow-{protocol}"
    cloudwatch.put_metric_alarm(
        AlarmName=name, **metric, Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=100,
        ComparisonOperator="GreaterThanThreshold", Tags=[{"Key": "team", "Value": "shop"}],
    )  # fmt: skip
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["Threshold"], alarm["ActionsEnabled"]) == ("INSUFFICIENT_DATA", 100.0, True)
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [
        {"Key": "team", "Value": "shop"}
    ]
    with pytest.raises(ClientError) as refused:
        cloudwatch.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="x")
    assert refused.value.response["Error"]["Code"] in ("ResourceNotFound", "ResourceNotFoundException")
    with pytest.raises(ClientError) as refused:
        cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[{"MetricName": "x", "Value": 1}])
    assert refused.value.response["Error"]["Message"] == "The value AWS/ for parameter Namespace is invalid."
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.get_dashboard(DashboardName="nobody")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_paginators(cloud: Cloud) -> None:
    cloudwatch = cloud.client("cloudwatch")
    for start in range(0, 600, 300):
        data = [{"MetricName": f"M{start + each:03d}", "Value": 1} for each in range(300)]
        cloudwatch.put_metric_data(Namespace="Many", MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Many"))
    assert [len(page["Metrics"]) for page in pages] == [500, 100]
