"""Settings by id, acceleration, access logs, inventories."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from harness import Aws, new_aws
from services.s3.time_calls import allow, days, keys, made, put

METRICS = {"Id": "m", "Filter": {"Prefix": "a/"}}


def test_settings_by_id_come_and_go(aws: Aws) -> None:
    bucket = made(aws)
    asked = {"Bucket": bucket, "Id": "m"}
    with pytest.raises(AwsError, match="NoSuchConfiguration"):
        aws.s3.get_bucket_metrics_configuration(asked)
    with pytest.raises(AwsError, match="MalformedXML"):
        aws.s3.put_bucket_metrics_configuration({**asked, "Id": "n", "MetricsConfiguration": METRICS})
    aws.s3.put_bucket_metrics_configuration({**asked, "MetricsConfiguration": METRICS})
    assert aws.s3.get_bucket_metrics_configuration(asked) == {"MetricsConfiguration": METRICS}
    listed = aws.s3.list_bucket_metrics_configurations({"Bucket": bucket})
    assert listed == {"IsTruncated": False, "MetricsConfigurationList": [METRICS]}
    aws.s3.delete_bucket_metrics_configuration(asked)
    with pytest.raises(AwsError, match="NoSuchConfiguration"):
        aws.s3.delete_bucket_metrics_configuration(asked)


def test_settings_are_listed_by_the_hundred_and_limited_to_a_thousand(aws: Aws) -> None:
    bucket = made(aws)
    for number in range(1000):
        name = f"m{number:04}"
        aws.s3.put_bucket_metrics_configuration({"Bucket": bucket, "Id": name, "MetricsConfiguration": {"Id": name}})
    with pytest.raises(AwsError, match="TooManyConfigurations"):
        aws.s3.put_bucket_metrics_configuration({"Bucket": bucket, "Id": "x", "MetricsConfiguration": {"Id": "x"}})
    page = aws.s3.list_bucket_metrics_configurations({"Bucket": bucket})
    assert len(page["MetricsConfigurationList"]) == 100
    token = {"ContinuationToken": page["NextContinuationToken"]}
    page = aws.s3.list_bucket_metrics_configurations({"Bucket": bucket, **token})
    assert page["MetricsConfigurationList"][0]["Id"] == "m0100"


def test_analytics_without_exports(aws: Aws) -> None:
    bucket = made(aws)
    configuration: dict[str, Any] = {"Id": "a", "StorageClassAnalysis": {}}
    asked = {"Bucket": bucket, "Id": "a"}
    aws.s3.put_bucket_analytics_configuration({**asked, "AnalyticsConfiguration": configuration})
    assert aws.s3.get_bucket_analytics_configuration(asked)["AnalyticsConfiguration"] == configuration
    destination = {"S3BucketDestination": {"Format": "CSV", "Bucket": f"arn:aws:s3:::{bucket}"}}
    configuration["StorageClassAnalysis"] = {"DataExport": {"OutputSchemaVersion": "V_1", "Destination": destination}}
    with pytest.raises(AwsError, match="NotImplemented"):
        aws.s3.put_bucket_analytics_configuration({**asked, "AnalyticsConfiguration": configuration})


def test_acceleration_needs_a_name_without_dots(aws: Aws) -> None:
    bucket, dotted = made(aws), made(aws, "a.dotted.name")
    assert aws.s3.get_bucket_accelerate_configuration({"Bucket": bucket}) == {}
    enabled = {"AccelerateConfiguration": {"Status": "Enabled"}}
    aws.s3.put_bucket_accelerate_configuration({"Bucket": bucket, **enabled})
    assert aws.s3.get_bucket_accelerate_configuration({"Bucket": bucket}) == {"Status": "Enabled"}
    with pytest.raises(AwsError, match="not supported for buckets with periods"):
        aws.s3.put_bucket_accelerate_configuration({"Bucket": dotted, **enabled})
    with pytest.raises(AwsError, match="MalformedXML"):
        aws.s3.put_bucket_accelerate_configuration({"Bucket": bucket, "AccelerateConfiguration": {"Status": "On"}})


def log_to(aws: Aws, bucket: str, target: str, **more: Any) -> None:
    enabled = {"TargetBucket": target, "TargetPrefix": "logs/", **more}
    aws.s3.put_bucket_logging({"Bucket": bucket, "BucketLoggingStatus": {"LoggingEnabled": enabled}})


def test_logs_go_to_a_bucket_of_the_same_owner(aws: Aws) -> None:
    bucket = made(aws)
    made(aws.in_account("444455556666"), "foreign-bucket")
    for target in ("missing-bucket", "foreign-bucket"):
        with pytest.raises(AwsError, match="InvalidTargetBucketForLogging"):
            log_to(aws, bucket, target)
    assert aws.s3.get_bucket_logging({"Bucket": bucket}) == {}


async def test_a_log_has_a_line_for_each_request(aws: Aws) -> None:
    bucket, target = made(aws), made(aws, "log-bucket")
    allow(aws, target, "logging.s3.amazonaws.com", "s3:PutObject")
    log_to(aws, bucket, target, TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "DeliveryTime"}})
    put(aws, bucket, "a key")
    with pytest.raises(AwsError):
        aws.s3.get_object({"Bucket": bucket, "Key": "missing"})
    assert keys(aws, target) == []
    await aws.advance(seconds=3600)
    (key,) = keys(aws, target)
    assert key.startswith(f"logs/{aws.account}/us-east-1/{bucket}/2026/01/01/2026-01-01-01-00-00-")
    lines = aws.s3.get_object({"Bucket": target, "Key": key})["Body"].decode().splitlines()
    written = next(line for line in lines if "REST.PUT.OBJECT" in line)
    assert f'REST.PUT.OBJECT a%2520key "PUT /{bucket}/a%20key HTTP/1.1" 200 - - 5' in written
    assert " [01/Jan/2026:00:00:00 +0000] " in written
    missed = next(line for line in lines if "REST.GET.OBJECT" in line)
    assert ' HTTP/1.1" 404 NoSuchKey ' in missed


async def test_a_log_that_its_bucket_does_not_let_in_is_dropped_and_explained(aws: Aws) -> None:
    bucket, target = made(aws), made(aws, "log-bucket")
    log_to(aws, bucket, target)
    put(aws, bucket, "k")
    await aws.advance(seconds=3600)
    assert keys(aws, target) == []
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert any(hop.operation == "DeliverLogs" for hop in trace.hops)


def inventory(target: str, **members: Any) -> dict[str, Any]:
    destination = {"Bucket": f"arn:aws:s3:::{target}", "Format": "CSV", "Prefix": "inv"}
    return {
        "Id": "daily",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": ["Size", "StorageClass", "ETag"],
        "Destination": {"S3BucketDestination": {**destination, **members.pop("destination", {})}},
        **members,
    }


def take_inventory(aws: Aws, bucket: str, configuration: dict[str, Any]) -> None:
    request = {"Bucket": bucket, "Id": configuration["Id"], "InventoryConfiguration": configuration}
    aws.s3.put_bucket_inventory_configuration(request)


async def test_inventories_are_written_every_day(aws: Aws) -> None:
    bucket, target = made(aws), made(aws, "inventory-bucket")
    allow(aws, target, "s3.amazonaws.com", "s3:PutObject")
    put(aws, bucket, "a b", StorageClass="STANDARD_IA")
    take_inventory(aws, bucket, inventory(target))
    await days(aws, 1)
    start = f"inv/{bucket}/daily"
    manifest_key = f"{start}/2026-01-02T00-00Z/manifest.json"
    manifest = json.loads(aws.s3.get_object({"Bucket": target, "Key": manifest_key})["Body"])
    assert manifest["fileSchema"] == "Bucket, Key, Size, StorageClass, ETag"
    data = aws.s3.get_object({"Bucket": target, "Key": manifest["files"][0]["key"]})["Body"]
    etag = "5d41402abc4b2a76b9719d911017c592"
    assert gzip.decompress(data).decode() == f'"{bucket}","a%20b","5","STANDARD_IA","{etag}"\n'
    await days(aws, 2)
    assert len([key for key in keys(aws, target) if key.endswith("manifest.json")]) == 3
    aws.s3.delete_bucket_inventory_configuration({"Bucket": bucket, "Id": "daily"})
    await days(aws, 2)
    assert len(aws.events("s3.InventoryWritten")) == 3


async def test_weekly_inventories_come_on_sundays(aws: Aws) -> None:
    bucket, target = made(aws), made(aws, "inventory-bucket")
    allow(aws, target, "s3.amazonaws.com", "s3:PutObject")
    take_inventory(aws, bucket, inventory(target, Schedule={"Frequency": "Weekly"}))
    await days(aws, 2)
    assert not aws.events("s3.InventoryWritten")
    await days(aws, 1)  # 2026-01-04
    assert len(aws.events("s3.InventoryWritten")) == 1


async def test_an_inventory_that_its_bucket_does_not_let_in_is_explained(aws: Aws) -> None:
    bucket, target = made(aws), made(aws, "inventory-bucket")
    take_inventory(aws, bucket, inventory(target))
    await days(aws, 1)
    assert keys(aws, target) == []
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert any(hop.operation == "WriteInventory" and hop.code == "AccessDenied" for hop in trace.hops)


def test_formats_that_are_not_written(aws: Aws) -> None:
    bucket = made(aws)
    with pytest.raises(AwsError, match="NotImplemented"):
        take_inventory(aws, bucket, inventory(bucket, destination={"Format": "Parquet"}))


async def test_logging_goes_on_in_a_world_that_was_put_away(aws: Aws) -> None:
    bucket, target = made(aws), made(aws, "log-bucket")
    allow(aws, target, "logging.s3.amazonaws.com", "s3:PutObject")
    log_to(aws, bucket, target)
    again = new_aws(world=aws.world.fork("again"))
    put(again, bucket, "k")
    await again.advance(seconds=3600)
    assert len(keys(again, target)) == 1
