from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.trace import Traces
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws, new_aws
from services.cloudwatch.watching import MINUTE_MS, put, refused

STREAM_ROLE = f"arn:aws:iam::{ACCOUNT}:role/streams"
FIREHOSE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/delivers"
FIREHOSE = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/metrics"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(aws: Aws, name: str, service: str, *actions: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document(trust)})
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    aws.iam.put_role_policy({"RoleName": name, "PolicyName": "work", "PolicyDocument": document(allowed)})


async def destination(aws: Aws) -> None:
    role(aws, "delivers", "firehose.amazonaws.com", "s3:*")
    role(aws, "streams", "streams.metrics.cloudwatch.amazonaws.com", "firehose:PutRecord", "firehose:PutRecordBatch")
    aws.s3.create_bucket({"Bucket": "lake"})
    target = {"RoleARN": FIREHOSE_ROLE, "BucketARN": "arn:aws:s3:::lake"}
    target["BufferingHints"] = {"IntervalInSeconds": 60, "SizeInMBs": 1}  # type: ignore[assignment]
    await aws.firehose.create_delivery_stream(
        {"DeliveryStreamName": "metrics", "ExtendedS3DestinationConfiguration": target}
    )
    await aws.advance(seconds=60 - aws.now // 1000 % 60)


def stream(aws: Aws, **given: Any) -> str:
    request = {"Name": "out", "FirehoseArn": FIREHOSE, "RoleArn": STREAM_ROLE, "OutputFormat": "json", **given}
    return aws.cloudwatch.put_metric_stream(request)["Arn"]


async def delivered(aws: Aws) -> bytes:
    found = b""
    for each in aws.s3.list_objects_v2({"Bucket": "lake"}).get("Contents", []):
        answer = aws.s3.get_object({"Bucket": "lake", "Key": each["Key"]})
        body = (await answer if hasattr(answer, "__await__") else answer)["Body"]
        found += body if isinstance(body, bytes) else b"".join([piece async for piece in body])
    return found


async def lines(aws: Aws) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await delivered(aws)).splitlines()]


async def test_a_metric_is_a_line_of_json_in_the_bucket_within_three_minutes(aws: Aws) -> None:
    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
    at_ms = aws.now
    put(aws, 3, Unit="Milliseconds", Dimensions=[{"Name": "Page", "Value": "cart"}])
    put(aws, 5, Unit="Milliseconds", Dimensions=[{"Name": "Page", "Value": "cart"}])
    await aws.advance(seconds=180)
    assert await lines(aws) == [
        {
            "metric_stream_name": "out",
            "account_id": ACCOUNT,
            "region": "us-east-1",
            "namespace": "Shop",
            "metric_name": "Latency",
            "dimensions": {"Page": "cart"},
            "timestamp": at_ms,
            "value": {"max": 5.0, "min": 3.0, "sum": 8.0, "count": 2.0},
            "unit": "Milliseconds",
        }
    ]


async def test_filters_name_namespaces_and_metrics(aws: Aws) -> None:
    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop", "MetricNames": ["Latency"]}])
    stream(aws, Name="rest", ExcludeFilters=[{"Namespace": "Shop", "MetricNames": ["Latency"]},
                                             {"Namespace": "AWS/CloudWatch/MetricStreams"}])  # fmt: skip
    put(aws, 1)
    put(aws, 2, name="Errors")
    await aws.advance(seconds=180)
    told = {(each["metric_stream_name"], each["namespace"], each["metric_name"]) for each in await lines(aws)}
    assert ("out", "Shop", "Latency") in told
    assert ("rest", "Shop", "Errors") in told
    assert ("rest", "AWS/Usage", "CallCount") in told
    assert {name for who, _, name in told if who == "out"} == {"Latency"}
    assert not any(who == "rest" and name in ("Latency", "MetricUpdate") for who, _, name in told)


async def test_additional_statistics_are_sent_by_the_names_they_were_asked_for(aws: Aws) -> None:
    await destination(aws)
    wanted = [{"IncludeMetrics": [{"Namespace": "Shop", "MetricName": "Latency"}],
               "AdditionalStatistics": ["p90", "TM(10%:90%)", "p50", "p10", "p1", "PR(:3)"]}]  # fmt: skip
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}], StatisticsConfigurations=wanted)
    for value in range(1, 11):
        put(aws, value)
    await aws.advance(seconds=180)
    (line,) = await lines(aws)
    assert line["value"] | {"TM(10%:90%)": 5.5} == {
        "max": 10, "min": 1, "sum": 55, "count": 10, "p90": 9, "TM(10%:90%)": 5.5, "p50": 5, "p10": 1, "p1": 1,
        "PR(:3)": 30,
    }  # fmt: skip
    assert metric(aws, "MetricUpdate") == [1]
    assert metric(aws, "TotalMetricUpdate") == [3]  # one, one for the first five more, and one for the sixth
    assert metric(aws, "PublishErrorRate") == [0]


def metric(aws: Aws, name: str) -> list[float]:
    request = {
        "Namespace": "AWS/CloudWatch/MetricStreams", "MetricName": name, "Period": 3600, "Statistics": ["Sum"],
        "Dimensions": [{"Name": "MetricStreamName", "Value": "out"}],
        "StartTime": aws.now - 3_600_000, "EndTime": aws.now + MINUTE_MS,
    }  # fmt: skip
    return [each["Sum"] for each in aws.cloudwatch.get_metric_statistics(request)["Datapoints"]]


async def test_what_comes_late_is_sent_unless_it_is_two_days_old(aws: Aws) -> None:
    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
    put(aws, 1)
    at_ms = aws.now
    await aws.advance(seconds=180)
    put(aws, 2, at_ms=at_ms)
    put(aws, 4, at_ms=at_ms - 3 * 86_400_000)
    await aws.advance(seconds=180)
    assert [(each["timestamp"], each["value"]["sum"]) for each in await lines(aws)] == [(at_ms, 1), (at_ms, 3)]


async def test_what_was_published_while_a_stream_was_stopped_is_not_sent_after(aws: Aws) -> None:
    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
    aws.cloudwatch.stop_metric_streams({"Names": ["out"]})
    assert aws.cloudwatch.get_metric_stream({"Name": "out"})["State"] == "stopped"
    put(aws, 1)
    await aws.advance(seconds=300)
    aws.cloudwatch.start_metric_streams({"Names": ["out"]})
    put(aws, 2)
    await aws.advance(seconds=300)
    assert [each["value"]["sum"] for each in await lines(aws)] == [2]


async def test_a_role_that_may_not_put_records_is_told_and_the_stream_still_runs(aws: Aws) -> None:
    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
    aws.iam.delete_role_policy({"RoleName": "streams", "PolicyName": "work"})
    put(aws, 1)
    await aws.advance(seconds=180)
    assert await lines(aws) == []
    assert aws.cloudwatch.get_metric_stream({"Name": "out"})["State"] == "running"
    assert metric(aws, "PublishErrorRate") == [1]
    hop = next(hop for hop in aws.world.state(Traces).latest() if hop.operation == "StreamMetrics")
    assert hop.why is not None
    assert "firehose:PutRecordBatch" in hop.why.cause

    allowed = {"Effect": "Allow", "Action": "firehose:PutRecordBatch", "Resource": "*"}
    aws.iam.put_role_policy({"RoleName": "streams", "PolicyName": "work", "PolicyDocument": document(allowed)})
    put(aws, 7)
    await aws.advance(seconds=180)
    assert [each["value"]["sum"] for each in await lines(aws)] == [7]


async def test_a_delivery_stream_that_is_full_for_a_moment_gets_it_a_little_later(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foulweather.services.firehose import limits

    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
    put(aws, 1)
    before = limits.records_per_s
    monkeypatch.setattr(limits, "records_per_s", lambda region: 0)  # type: ignore[misc]
    monkeypatch.setattr(limits, "requests_per_s", lambda region: 0)  # type: ignore[misc]
    await aws.advance(seconds=91)
    assert metric(aws, "PublishErrorRate") == []
    monkeypatch.setattr(limits, "records_per_s", before)
    monkeypatch.setattr(limits, "requests_per_s", lambda region: 100)  # type: ignore[misc]
    await aws.advance(seconds=120)
    assert [each["value"]["sum"] for each in await lines(aws)] == [1]
    assert metric(aws, "PublishErrorRate") == [0]


async def test_a_stream_goes_on_after_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await destination(aws)
    stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
    put(aws, 1)
    aws.world.close()
    again = new_aws(directory=tmp_path)
    await again.advance(seconds=180)
    assert [each["value"]["sum"] for each in await lines(again)] == [1]


# --- OpenTelemetry


def fields(message: bytes) -> list[tuple[int, Any]]:
    """A protobuf message's fields: numbers with varints, eight bytes, or bytes."""
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 1:
            found.append((tag >> 3, message[at : at + 8]))
            at += 8
        else:
            assert tag & 7 == 2
            size, at = varint(message, at)
            found.append((tag >> 3, message[at : at + size]))
            at += size
    return found


def varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def of(message: bytes, number: int) -> list[Any]:
    return [value for each, value in fields(message) if each == number]


def key_value(message: bytes) -> tuple[str, Any]:
    (key,), (value,) = of(message, 1), of(message, 2)
    ((kind, told),) = fields(value)
    return key.decode(), told.decode() if kind == 1 else dict(key_value(each) for each in of(told, 1))


@pytest.mark.parametrize("version", ["0.7", "1.0"])
async def test_opentelemetry_is_messages_with_their_lengths(aws: Aws, version: str) -> None:
    await destination(aws)
    arn = stream(
        aws,
        OutputFormat=f"opentelemetry{version}",
        IncludeFilters=[{"Namespace": "Shop"}],
        StatisticsConfigurations=[
            {"IncludeMetrics": [{"Namespace": "Shop", "MetricName": "Latency"}], "AdditionalStatistics": ["p99.9"]}
        ],
    )
    at_ms = aws.now
    for value in (3, 5):
        put(aws, value, Unit="Bytes/Second", Dimensions=[{"Name": "Page", "Value": "cart"}])
    await aws.advance(seconds=180)
    whole = await delivered(aws)
    size, start = varint(whole, 0)
    assert size == len(whole) - start
    (resource_metrics,) = of(whole[start:], 1)
    (resource,), (scoped,) = of(resource_metrics, 1), of(resource_metrics, 2)
    assert dict(key_value(each) for each in of(resource, 1)) == {
        "cloud.provider": "aws", "cloud.account.id": ACCOUNT, "cloud.region": "us-east-1", "aws.exporter.arn": arn,
    }  # fmt: skip
    (told,) = of(scoped, 2)
    assert of(told, 1) == [b"amazonaws.com/Shop/Latency"]
    assert of(told, 3) == [b"By/s"]
    (point,) = of(of(told, 11)[0], 1)
    numbers = [struct.unpack("<Q", of(point, each)[0])[0] for each in (2, 3, 4)]
    assert numbers == [at_ms * 1_000_000, (at_ms + MINUTE_MS) * 1_000_000, 2]
    assert struct.unpack("<d", of(point, 5)[0]) == (8.0,)
    quantiles = [[struct.unpack("<d", value)[0] for _, value in fields(each)] for each in of(point, 6)]
    assert quantiles == [[0.0, 3.0], [0.999, 5.0], [1.0, 5.0]]
    if version == "0.7":
        labels = {of(each, 1)[0]: of(each, 2)[0] for each in of(point, 1)}
        assert labels == {b"Namespace": b"Shop", b"MetricName": b"Latency", b"Page": b"cart"}
    else:
        attributes = dict(key_value(each) for each in of(point, 7))
        assert attributes == {"Namespace": "Shop", "MetricName": "Latency", "Dimensions": {"Page": "cart"}}


# --- made, changed, listed, deleted


def test_a_stream_is_told_as_it_was_put_and_tags_come_only_with_the_first(aws: Aws) -> None:
    arn = stream(aws, Tags=[{"Key": "team", "Value": "a"}])
    assert arn == f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:metric-stream/out"
    stream(aws, OutputFormat="opentelemetry1.0", Tags=[{"Key": "team", "Value": "b"}])
    told = aws.cloudwatch.get_metric_stream({"Name": "out"})
    assert (told["OutputFormat"], told["State"], told["RoleArn"]) == ("opentelemetry1.0", "running", STREAM_ROLE)
    assert "IncludeFilters" not in told
    tags = aws.cloudwatch.list_tags_for_resource({"ResourceARN": arn})["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    aws.cloudwatch.tag_resource({"ResourceARN": arn, "Tags": [{"Key": "team", "Value": "c"}]})
    stream(aws, Name="also")
    first = aws.cloudwatch.list_metric_streams({"MaxResults": 1})
    second = aws.cloudwatch.list_metric_streams({"NextToken": first["NextToken"]})
    assert [each["Name"] for each in (*first["Entries"], *second["Entries"])] == ["also", "out"]
    aws.cloudwatch.delete_metric_stream({"Name": "out"})
    aws.cloudwatch.delete_metric_stream({"Name": "out"})
    assert refused("ResourceNotFoundException", aws.cloudwatch.get_metric_stream, {"Name": "out"}).status == 404


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("MissingRequiredParameterException", {"Name": ""}),
        ("MissingRequiredParameterException", {"RoleArn": ""}),
        ("MissingRequiredParameterException", {"IncludeFilters": [{"MetricNames": ["a"]}]}),
        ("InvalidParameterValueException", {"Name": "a b"}),
        ("InvalidParameterValueException", {"OutputFormat": "xml"}),
        ("InvalidParameterValueException", {"FirehoseArn": FIREHOSE.replace("us-east-1", "eu-west-1")}),
        ("InvalidParameterValueException", {"RoleArn": STREAM_ROLE.replace(":role/", ":user/")}),
        (
            "InvalidParameterCombinationException",
            {"IncludeFilters": [{"Namespace": "a"}], "ExcludeFilters": [{"Namespace": "b"}]},
        ),
        ("NotImplemented", {"IncludeLinkedAccountsMetrics": True}),
    ],
)
def test_what_cannot_be_a_stream_is_refused(aws: Aws, code: str, given: dict[str, Any]) -> None:
    request = {"Name": "out", "FirehoseArn": FIREHOSE, "RoleArn": STREAM_ROLE, "OutputFormat": "json", **given}
    refused(code, aws.cloudwatch.put_metric_stream, request)
    assert aws.cloudwatch.list_metric_streams()["Entries"] == []


def test_opentelemetry_has_percentiles_only(aws: Aws) -> None:
    wanted = [{"IncludeMetrics": [{"Namespace": "a", "MetricName": "b"}], "AdditionalStatistics": ["tm90"]}]
    stream(aws, StatisticsConfigurations=wanted)
    request = {"Name": "out", "FirehoseArn": FIREHOSE, "RoleArn": STREAM_ROLE, "OutputFormat": "opentelemetry1.0"}
    refused(
        "InvalidParameterValueException",
        aws.cloudwatch.put_metric_stream,
        {**request, "StatisticsConfigurations": wanted},
    )


def test_who_makes_a_stream_has_to_pass_its_role(aws: Aws) -> None:
    made = aws.iam.create_user({"UserName": "ann"})["User"]
    allowed = {"Effect": "Allow", "Action": "cloudwatch:PutMetricStream", "Resource": "*"}
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": document(allowed)})
    ann = aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))
    request = {"Name": "out", "FirehoseArn": FIREHOSE, "RoleArn": STREAM_ROLE, "OutputFormat": "json"}
    error = refused("AccessDenied", ann.cloudwatch.put_metric_stream, request)
    assert "iam:PassRole" in error.message
