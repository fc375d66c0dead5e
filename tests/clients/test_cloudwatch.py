"""CloudWatch through the AWS CLI and boto3, in the query, the JSON and the CBOR protocol."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import cbor2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from clients.running import Cloud

pytestmark = [pytest.mark.client]
PROTOCOLS = ("query", "json", "smithy-rpc-v2-cbor")


def speaking(cloud: Cloud, protocol: str) -> Any:
    """A boto3 client of CloudWatch that is made to speak one of its protocols."""
    session = Session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def with_protocol(service: str, kind: str, api_version: str | None = None) -> Any:
        model = load(service, kind, api_version)
        if service == "cloudwatch" and kind == "service-2":
            model = {**model, "metadata": {**model["metadata"], "protocol": protocol, "protocols": [protocol]}}
        return model

    loader.load_service_model = with_protocol
    aimed = boto3.Session(botocore_session=session, region_name="us-east-1")
    return aimed.client(
        "cloudwatch",
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}),
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_protocol_publishes_reads_and_refuses(cloud: Cloud, protocol: str) -> None:
    client = speaking(cloud, protocol)
    namespace = f"Shop-{protocol}"
    dimensions = [{"Name": "Page", "Value": "a b+c/d"}]
    data = [{"MetricName": "Latency", "Dimensions": dimensions, "Values": [1.5, 2, -3e-7], "Counts": [1, 2, 3]}]
    client.put_metric_data(Namespace=namespace, MetricData=data)
    (listed,) = client.list_metrics(Namespace=namespace)["Metrics"]
    assert (listed["MetricName"], listed["Dimensions"]) == ("Latency", dimensions)
    now = datetime.now(UTC)
    metric = {"Namespace": namespace, "MetricName": "Latency", "Dimensions": dimensions}
    (told,) = client.get_metric_data(
        MetricDataQueries=[{"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
    )["MetricDataResults"]
    assert told["Values"] == [pytest.approx(5.5 - 9e-7)]
    assert told["Timestamps"][0].tzinfo is not None
    with pytest.raises(ClientError) as caught:
        client.put_metric_data(Namespace="AWS/Mine", MetricData=data)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    with pytest.raises(ClientError) as missing:
        client.get_dashboard(DashboardName="none")
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_alarm_is_told_alike(cloud: Cloud, protocol: str) -> None:
    client = speaking(cloud, protocol)
    name = f"slow-{protocol}"
    client.put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Latency",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1.25,
        ComparisonOperator="GreaterThanThreshold",
        ActionsEnabled=False,
    )
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["Threshold"], alarm["ActionsEnabled"], alarm["StateValue"]) == (1.25, False, "INSUFFICIENT_DATA")
    assert isinstance(alarm["AlarmConfigurationUpdatedTimestamp"], datetime)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_image_is_a_blob(cloud: Cloud, protocol: str) -> None:
    widget = json.dumps({"metrics": [["Shop", "Latency"]], "width": 300, "height": 200})
    image = speaking(cloud, protocol).get_metric_widget_image(MetricWidget=widget)["MetricWidgetImage"]
    assert image.startswith(b"\x89PNG\r\n\x1a\n")


def test_cbor_over_the_wire_is_cbor(cloud: Cloud) -> None:
    headers = {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Accept": "application/cbor"}
    url = f"{cloud.endpoint}/service/GraniteServiceVersion20100801/operation/ListMetrics"
    request = AWSRequest("POST", url, headers, cbor2.dumps({}))
    SigV4Auth(Credentials("test", "test"), "monitoring", "us-east-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/cbor"
    assert "Metrics" in cbor2.loads(answer.content)


@pytest.mark.needs("aws")
def test_the_cli_publishes_reads_and_draws(cloud: Cloud, tmp_path: Path) -> None:
    cloud.aws("cloudwatch", "put-metric-data", "--namespace", "Cli", "--metric-name", "Orders", "--value", "7",
              "--dimensions", "Region=eu", "--unit", "Count")  # fmt: skip
    metrics = cloud.aws("cloudwatch", "list-metrics", "--namespace", "Cli")["Metrics"]
    assert [metric["MetricName"] for metric in metrics] == ["Orders"]
    now = datetime.now(UTC)
    span = (
        "--start-time",
        f"{now - timedelta(minutes=5):%FT%TZ}",
        "--end-time",
        f"{now + timedelta(minutes=5):%FT%TZ}",
    )
    (point,) = cloud.aws("cloudwatch", "get-metric-statistics", "--namespace", "Cli", "--metric-name", "Orders",
                         "--dimensions", "Name=Region,Value=eu", "--period", "60", "--statistics", "Sum", *span,
                         )["Datapoints"]  # fmt: skip
    assert point["Sum"] == 7
    widget = json.dumps({"metrics": [["Cli", "Orders", "Region", "eu"]]})
    drawn = cloud.aws("cloudwatch", "get-metric-widget-image", "--metric-widget", widget)
    assert drawn["MetricWidgetImage"].startswith("iVBORw0KGgo")
