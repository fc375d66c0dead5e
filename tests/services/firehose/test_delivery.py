from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws
from services.firehose.delivering_calls import BUCKET, NAME, ROLE, allow, done, make, objects, put, refused, role

START = re.compile(r"2026/01/01/00/clicks-1-2026-01-01-00-00-\d\d-[0-9a-f-]{36}")


async def test_records_are_delivered_together_when_their_interval_is_over(aws: Aws) -> None:
    await make(aws, BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    put(aws, b"a\n", b"b\n")
    await aws.advance(seconds=59)
    put(aws, b"c\n")
    assert await objects(aws) == {}
    await aws.advance(seconds=1)
    ((key, body),) = (await objects(aws)).items()
    assert START.fullmatch(key), key
    assert body == b"a\nb\nc\n"
    (event,) = aws.events("firehose.Delivered")
    assert (event.facts["records"], event.facts["bytes"], event.facts["freshness_ms"]) == (3, 6, 60_000)


async def test_a_buffer_that_is_full_is_delivered_at_once(aws: Aws) -> None:
    await make(aws, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900}, CompressionFormat="GZIP")
    put(aws, b"x" * 600_000)
    await aws.advance(seconds=1)
    assert await objects(aws) == {}
    put(aws, b"y" * 600_000)
    await aws.advance(ms=1)
    ((key, body),) = (await objects(aws)).items()
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"x" * 600_000 + b"y" * 600_000


async def test_prefixes_are_evaluated(aws: Aws) -> None:
    prefix = "year=!{timestamp:yyyy}/day=!{timestamp:'d'dd}/"
    more = {"Prefix": prefix, "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/", "FileExtension": ".json"}
    await make(aws, CustomTimeZone="America/New_York", **more)
    put(aws, b"{}")
    await aws.advance(seconds=300)
    (key,) = await objects(aws)
    # In New York the year has not begun.
    assert key.startswith("year=2025/day=d31/clicks-1-2025-12-31-19-00-")
    assert key.endswith(".json")


async def test_what_a_bucket_refuses_is_tried_again_and_told_with_its_cause(aws: Aws) -> None:
    aws.logs.create_log_group({"logGroupName": "/fh"})
    aws.logs.create_log_stream({"logGroupName": "/fh", "logStreamName": "s"})
    logging = {"Enabled": True, "LogGroupName": "/fh", "LogStreamName": "s"}
    await make(aws, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 60}, CloudWatchLoggingOptions=logging)
    allow(aws, "logs:PutLogEvents")
    put(aws, b"a")
    await aws.advance(seconds=60)
    assert [event.facts["error"] for event in aws.events("firehose.DeliveryFailed")] == ["AccessDenied"]
    (logged,) = aws.logs.get_log_events({"logGroupName": "/fh", "logStreamName": "s"})["events"]
    assert json.loads(logged["message"])["errorCode"] == "S3.AccessDenied"
    allow(aws, "s3:PutObject")
    await aws.advance(seconds=60)
    assert list((await objects(aws)).values()) == [b"a"]


async def test_after_a_day_it_is_lost(aws: Aws) -> None:
    await make(aws)
    allow(aws, "logs:PutLogEvents")
    put(aws, b"a")
    await aws.advance(seconds=86_400 + 400)
    (event,) = aws.events("firehose.Dropped")
    assert event.facts["records"] == 1
    allow(aws, "s3:PutObject")
    await aws.advance(seconds=600)
    assert await objects(aws) == {}


async def test_a_role_that_cannot_be_assumed_is_refused(aws: Aws) -> None:
    request = {
        "DeliveryStreamName": NAME,
        "S3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{BUCKET}"},
    }
    error = await refused(aws.firehose.create_delivery_stream(request))
    assert (error.code, error.message) == (
        "InvalidArgumentException",
        f"Firehose is unable to assume role {ROLE}. Please check the role provided.",
    )
    assert error.why.because
    await role(aws)
    await aws.firehose.create_delivery_stream(request)
    error = await refused(lambda: aws.firehose.put_record({"DeliveryStreamName": NAME, "Record": {"Data": b""}}))
    assert error.code == "ResourceInUseException"
    error = await refused(aws.firehose.create_delivery_stream(request))
    assert error.message == f"Firehose {NAME} under accountId {ACCOUNT} already exists"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Prefix": "!{timestamp:yyyy}/"}, "InvalidArgumentException"),
        ({"Prefix": "!{nothing:yyyy}/", "ErrorOutputPrefix": "e"}, "InvalidArgumentException"),
        ({"Prefix": "!{partitionKeyFromQuery:a}/", "ErrorOutputPrefix": "e/"}, "InvalidArgumentException"),
        ({"ErrorOutputPrefix": "!{timestamp:yyyy}/"}, "InvalidArgumentException"),
        ({"BufferingHints": {"SizeInMBs": 1}}, "InvalidArgumentException"),
        ({"S3BackupMode": "Enabled"}, "InvalidArgumentException"),
        ({"CustomTimeZone": "Mars/Olympus"}, "InvalidArgumentException"),
        ({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 60}}, "ValidationException"),
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "InvalidArgumentException"),
        ({"CompressionFormat": "Snappy"}, "NotImplemented"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "NotImplemented"),
        (
            {
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [
                        {
                            "Type": "Decompression",
                            "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "ZIP"}],
                        }
                    ],
                }
            },
            "NotImplemented",
        ),
    ],
)
async def test_destinations_are_checked_before_anything_is_made(aws: Aws, more: dict[str, Any], code: str) -> None:
    await role(aws)
    configuration = {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{BUCKET}", **more}
    request = {"DeliveryStreamName": NAME, "ExtendedS3DestinationConfiguration": configuration}
    assert (await refused(lambda: aws.firehose.create_delivery_stream(request))).code == code
    assert aws.firehose.list_delivery_streams({})["DeliveryStreamNames"] == []


async def test_other_destinations_are_not_built(aws: Aws) -> None:
    request = {"DeliveryStreamName": NAME, "RedshiftDestinationConfiguration": {}}
    error = await refused(lambda: aws.firehose.create_delivery_stream(request))
    assert error.code in ("NotImplemented", "ValidationException")


async def test_too_many_bytes_a_second_are_refused(aws: Aws) -> None:
    await make(aws, BufferingHints={"SizeInMBs": 100, "IntervalInSeconds": 900})
    entries = [{"Data": b"x" * 1_000_000}] * 4
    aws.firehose.put_record_batch({"DeliveryStreamName": NAME, "Records": entries})
    request = {"DeliveryStreamName": NAME, "Records": entries}
    error = await refused(lambda: aws.firehose.put_record_batch(request))
    assert (error.code, error.message, error.status) == ("ServiceUnavailableException", "Slow down.", 503)
    request = {"DeliveryStreamName": NAME, "Records": [{"Data": b"x" * 1_000_000}] * 5}
    error = await refused(lambda: aws.firehose.put_record_batch(request))
    assert error.message == "Records size exceeds 4 MB limit"
    await aws.advance(seconds=1)
    aws.firehose.put_record_batch({"DeliveryStreamName": NAME, "Records": entries})


async def test_a_destination_changes_with_its_version(aws: Aws) -> None:
    await make(aws)
    update = {
        "DeliveryStreamName": NAME,
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"Prefix": "new/"},
    }
    await aws.firehose.update_destination(update)
    error = await refused(lambda: aws.firehose.update_destination(update))
    assert error.code == "ConcurrentModificationException"
    found = aws.firehose.describe_delivery_stream({"DeliveryStreamName": NAME})["DeliveryStreamDescription"]
    assert found["VersionId"] == "2"
    assert found["Destinations"][0]["ExtendedS3DestinationDescription"]["Prefix"] == "new/"
    put(aws, b"a")
    await aws.advance(seconds=300)
    (key,) = await objects(aws)
    assert key.startswith("new/2026/01/01/00/clicks-2-")


async def test_what_came_is_backed_up_too(aws: Aws) -> None:
    await done(aws.s3.create_bucket({"Bucket": "backup"}))
    backup = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::backup"}
    await make(aws, S3BackupMode="Enabled", S3BackupConfiguration=backup)
    put(aws, b"a")
    await aws.advance(seconds=300)
    assert list((await objects(aws, "backup")).values()) == list((await objects(aws)).values()) == [b"a"]


async def test_a_kinesis_stream_is_read_with_its_role(aws: Aws) -> None:
    aws.kinesis.create_stream({"StreamName": "source", "ShardCount": 2})
    await aws.advance(seconds=10)
    aws.kinesis.put_record({"StreamName": "source", "Data": b"before ", "PartitionKey": "k"})
    source = {"KinesisStreamARN": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/source", "RoleARN": ROLE}
    asked = {"DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": source}
    await make(aws, request=asked, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 60})
    for number in range(4):
        aws.kinesis.put_record({"StreamName": "source", "Data": b"%d" % number, "PartitionKey": str(number)})
        await aws.advance(seconds=10)
    await aws.advance(seconds=60)
    ((_, body),) = (await objects(aws)).items()
    assert sorted(body) == sorted(b"0123")
    error = await refused(lambda: aws.firehose.put_record({"DeliveryStreamName": NAME, "Record": {"Data": b""}}))
    assert error.message == "This operation is not permitted on KinesisStreamAsSource delivery stream type."


async def test_what_waits_is_delivered_after_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await make(aws)
    put(aws, b"a", b"b")
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", directory=tmp_path))
    await again.advance(seconds=301)
    assert list((await objects(again)).values()) == [b"ab"]
    again.world.close()


async def test_a_customers_key_is_really_asked_for(aws: Aws) -> None:
    await make(aws)
    key = aws.kms.create_key({})["KeyMetadata"]
    given = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key["Arn"]}
    request = {"DeliveryStreamName": NAME, "DeliveryStreamEncryptionConfigurationInput": given}
    aws.firehose.start_delivery_stream_encryption(request)
    await aws.advance(seconds=10)
    record = {"DeliveryStreamName": NAME, "Record": {"Data": b"a"}}
    assert aws.firehose.put_record(record)["Encrypted"] is True
    aws.kms.disable_key({"KeyId": key["KeyId"]})
    await aws.advance(seconds=301)
    assert (await refused(lambda: aws.firehose.put_record(record))).code == "InvalidKMSResourceException"
    aws.firehose.stop_delivery_stream_encryption({"DeliveryStreamName": NAME})
    await aws.advance(seconds=10)
    assert aws.firehose.put_record(record)["Encrypted"] is False


async def test_tags_are_kept_and_a_stream_goes(aws: Aws) -> None:
    await make(aws, request={"Tags": [{"Key": "team", "Value": "a"}]})
    tags = [{"Key": "stage", "Value": "b"}]
    aws.firehose.tag_delivery_stream({"DeliveryStreamName": NAME, "Tags": tags})
    aws.firehose.untag_delivery_stream({"DeliveryStreamName": NAME, "TagKeys": ["team"]})
    assert aws.firehose.list_tags_for_delivery_stream({"DeliveryStreamName": NAME})["Tags"] == tags
    aws.firehose.delete_delivery_stream({"DeliveryStreamName": NAME})
    await aws.advance(seconds=10)
    assert aws.firehose.list_delivery_streams({})["DeliveryStreamNames"] == []


async def test_time_patterns_have_milliseconds_and_letters_that_stand_alone(aws: Aws) -> None:
    prefix = "!{timestamp:y/M/d/H}/!{timestamp:HHmmss.SSS}/"
    await make(aws, Prefix=prefix, ErrorOutputPrefix="bad/!{firehose:error-output-type}/")
    await aws.advance(ms=42)
    put(aws, b"x")
    await aws.advance(seconds=400)
    (key,) = await objects(aws)
    assert key.startswith("2026/1/1/0/000015.042/")


async def test_a_buffer_is_as_full_after_a_restart_as_before(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await make(aws, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 300})
    put(aws, *[b"x" * 100_000] * 10)
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", directory=tmp_path))
    put(again, b"x" * 48_000)
    await again.advance(seconds=2)
    assert await objects(again) == {}  # 1,048,000 bytes are less than a mebibyte
    put(again, b"x" * 1_000)
    await again.advance(seconds=2)
    assert [len(body) for body in (await objects(again)).values()] == [1_049_000]
    again.world.close()
