"""Clicks through a stream and a function into a bucket by day; kept for a week, and hot keys refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused, role
from catalog.functions import function
from foulweather.testing import Aws

SHAPE = """
import base64, json

def handler(event, context):
    told = []
    for record in event["records"]:
        click = json.loads(base64.b64decode(record["data"]))
        data = base64.b64encode((json.dumps({**click, "seen": True}) + "\\n").encode()).decode()
        told.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return {"records": told}
"""
MAY = {
    "Effect": "Allow",
    "Action": [
        "s3:PutObject",
        "lambda:InvokeFunction",
        "kinesis:DescribeStream",
        "kinesis:ListShards",
        "kinesis:GetShardIterator",
        "kinesis:GetRecords",
    ],
    "Resource": "*",
}
PREFIX = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"


@pytest.fixture
def kinesis(aws: Aws) -> Any:
    client = aws.client("kinesis")
    client.create_stream(StreamName="clickstream", ShardCount=2)
    aws.advance("10s")
    return client


def test_clicks_are_in_the_lake_by_day_within_a_minute(aws: Aws, kinesis: Any) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="lake")
    shape = function(aws, "shape", SHAPE, Timeout=60)
    passed = role(aws, "delivers", {"Service": "firehose.amazonaws.com"}, MAY)
    parameters = {"LambdaArn": shape, "BufferSizeInMBs": "1", "BufferIntervalInSeconds": "0"}
    processor = {
        "Type": "Lambda",
        "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()],
    }
    stream = f"arn:aws:kinesis:us-east-1:{aws.account}:stream/clickstream"
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName="to-lake",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": stream, "RoleARN": passed},
        ExtendedS3DestinationConfiguration={
            "RoleARN": passed,
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": PREFIX,
            "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 58},
            "ProcessingConfiguration": {"Enabled": True, "Processors": [processor]},
        },
    )
    aws.advance("15s")
    for number in range(20):
        kinesis.put_record(StreamName="clickstream", Data=json.dumps({"n": number}), PartitionKey=str(number))
    aws.advance("60s")
    (found,) = s3.list_objects_v2(Bucket="lake")["Contents"]
    assert [part.partition("=")[0] for part in found["Key"].split("/")[:3]] == ["year", "month", "day"]
    lines = s3.get_object(Bucket="lake", Key=found["Key"])["Body"].read().splitlines()
    assert sorted(json.loads(line)["n"] for line in lines) == list(range(20))
    assert all(json.loads(line)["seen"] for line in lines)


def test_records_are_kept_for_a_week_and_not_longer(aws: Aws, kinesis: Any) -> None:
    kinesis.increase_stream_retention_period(StreamName="clickstream", RetentionPeriodHours=168)
    aws.advance("10s")
    shard = kinesis.put_record(StreamName="clickstream", Data=b"x", PartitionKey="k")["ShardId"]
    for after, count in (("6d", 1), ("2d", 0)):
        aws.advance(after)
        asked = {"StreamName": "clickstream", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**asked)["ShardIterator"]
        assert len(kinesis.get_records(ShardIterator=iterator)["Records"]) == count


def test_a_user_that_is_a_shards_whole_traffic_is_refused_until_the_key_spreads(aws: Aws, kinesis: Any) -> None:
    entry = {"Data": b"x" * 400_000, "PartitionKey": "user-1"}
    told = kinesis.put_records(StreamName="clickstream", Records=[entry] * 4)
    assert told["FailedRecordCount"] == 2
    error = refused(kinesis.put_record, StreamName="clickstream", **{**entry, "Data": b"x" * 900_000})
    assert error["Code"] == "ProvisionedThroughputExceededException"
    why = aws.why()
    assert why is not None
    assert "'user-1' makes 100 %" in str(why)
    aws.advance("1s")
    spread = [{"Data": b"x" * 70_000, "PartitionKey": f"user-1#{n}"} for n in range(20)]
    assert kinesis.put_records(StreamName="clickstream", Records=spread)["FailedRecordCount"] == 0
