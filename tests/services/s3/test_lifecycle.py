"""Lifecycle configurations: what AWS refuses, and what happens to objects at midnight."""

from __future__ import annotations

import time
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.s3.records import Described, Version
from foulweather.services.s3.state import S3State
from harness import Aws, new_aws
from services.s3.time_calls import BIG, DAY_S, days, keys, made, put

DAY_MS = DAY_S * 1000


def rules(aws: Aws, bucket: str, *given: dict[str, Any], **members: Any) -> None:
    filled = [{"Status": "Enabled", **({} if "Prefix" in rule else {"Filter": {}}), **rule} for rule in given]
    aws.s3.put_bucket_lifecycle_configuration(
        {"Bucket": bucket, "LifecycleConfiguration": {"Rules": filled}, **members}
    )


def storage_class(aws: Aws, bucket: str, key: str, **members: Any) -> str:
    return aws.s3.head_object({"Bucket": bucket, "Key": key, **members}).get("StorageClass", "STANDARD")


def versions(aws: Aws, bucket: str) -> dict[str, Any]:
    return aws.s3.list_object_versions({"Bucket": bucket})


IA = {"StorageClass": "STANDARD_IA"}


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ({"Status": "enabled", "Expiration": {"Days": 1}}, "MalformedXML", ""),
        ({"Prefix": "", "Filter": {}, "Expiration": {"Days": 1}}, "MalformedXML", ""),
        ({"Filter": {"Prefix": "a", "ObjectSizeLessThan": 9}, "Expiration": {"Days": 1}}, "MalformedXML", ""),
        ({}, "InvalidRequest", "At least one action needs to be specified in a rule"),
        ({"ID": "x" * 256, "Expiration": {"Days": 1}}, "InvalidArgument", "ID length should not exceed allowed limit"),
        ({"Expiration": {"Days": 0}}, "InvalidArgument", "'Days' for Expiration action must be a positive integer"),
        ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML", ""),
        ({"Expiration": {"Date": 1}}, "InvalidArgument", "'Date' must be at midnight GMT"),
        ({"Transitions": [{"Days": 29, **IA}]}, "InvalidArgument", "greater than or equal to 30 for storageClass"),
        (
            {"Transitions": [{"Days": 30, **IA}, {"Days": 60, **IA}]},
            "InvalidRequest",
            "'StorageClass' must be different",
        ),
        (
            {"Transitions": [{"Days": 30, **IA}, {"Days": 59, "StorageClass": "GLACIER"}]},
            "InvalidArgument",
            "must be 30 days more than",
        ),
        (
            {"Transitions": [{"Days": 90, "StorageClass": "GLACIER"}, {"Days": 9, "StorageClass": "DEEP_ARCHIVE"}]},
            "InvalidArgument",
            "must be greater than",
        ),
        (
            {"Transitions": [{"Days": 30, **IA}], "Expiration": {"Days": 30}},
            "InvalidArgument",
            "'Days' in the Expiration action for filter",
        ),
        (
            {"Transitions": [{"Days": 30, **IA}], "Expiration": {"Date": 99 * DAY_MS}},
            "InvalidRequest",
            "Found mixed 'Date' and 'Days'",
        ),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 0}}, "InvalidArgument", "must be a positive integer"),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}},
            "InvalidArgument",
            "between 1 and 100",
        ),
        (
            {
                "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
            "InvalidRequest",
            "cannot be specified with Tags",
        ),
        (
            {"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Tags",
        ),
        (
            {"Filter": {"And": {"ObjectSizeGreaterThan": 9, "ObjectSizeLessThan": 9}}, "Expiration": {"Days": 1}},
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater",
        ),
    ],
)
def test_rules_are_refused_as_aws_does(aws: Aws, rule: dict[str, Any], code: str, message: str) -> None:
    bucket = made(aws)
    with pytest.raises(AwsError) as caught:
        rules(aws, bucket, rule)
    assert caught.value.code == code
    assert message in caught.value.message
    with pytest.raises(AwsError, match="NoSuchLifecycleConfiguration"):
        aws.s3.get_bucket_lifecycle_configuration({"Bucket": bucket})


def test_ids_are_unique_and_given_where_missing(aws: Aws) -> None:
    bucket = made(aws)
    rule = {"ID": "a", "Expiration": {"Days": 1}}
    with pytest.raises(AwsError, match="Rule ID must be unique"):
        rules(aws, bucket, rule, rule)
    rules(aws, bucket, {"Expiration": {"Days": 1}})
    told = aws.s3.get_bucket_lifecycle_configuration({"Bucket": bucket})
    assert told["Rules"][0]["ID"]
    assert told["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"


async def test_objects_expire_at_the_midnight_after_their_days(aws: Aws) -> None:
    bucket = made(aws)
    await aws.advance(seconds=3600 * 10)
    rules(aws, bucket, {"ID": "logs", "Prefix": "logs/", "Expiration": {"Days": 3}})
    put(aws, bucket, "logs/1")
    put(aws, bucket, "kept")
    await aws.advance(seconds=3 * DAY_S + 14 * 3600 - 1)
    assert keys(aws, bucket) == ["kept", "logs/1"]
    await aws.advance(seconds=1)
    assert keys(aws, bucket) == ["kept"]
    assert [event.facts["how"] for event in aws.events("s3.ObjectRemoved")] == ["LifecycleDelete"]


async def test_objects_that_are_older_than_the_rule_expire_at_the_next_midnight(aws: Aws) -> None:
    bucket = made(aws)
    put(aws, bucket, "old")
    await days(aws, 9)
    rules(aws, bucket, {"Expiration": {"Days": 3}})
    assert keys(aws, bucket) == ["old"]
    await days(aws, 1)
    assert keys(aws, bucket) == []


async def test_a_deleted_rule_does_nothing_more(aws: Aws) -> None:
    bucket = made(aws)
    rules(aws, bucket, {"Expiration": {"Days": 3}})
    put(aws, bucket, "k")
    await days(aws, 2)
    aws.s3.delete_bucket_lifecycle({"Bucket": bucket})
    await days(aws, 30)
    assert keys(aws, bucket) == ["k"]
    assert len(aws.world.agenda) == 0


async def test_filters_by_tag_and_size(aws: Aws) -> None:
    bucket = made(aws)
    tag = {"Key": "temp", "Value": "yes"}
    rules(aws, bucket, {"Filter": {"And": {"Tags": [tag], "ObjectSizeGreaterThan": 3}}, "Expiration": {"Days": 1}})
    put(aws, bucket, "untagged")
    put(aws, bucket, "small", b"abc", Tagging="temp=yes")
    put(aws, bucket, "meant", b"abcd", Tagging="temp=yes")
    await days(aws, 2)
    assert keys(aws, bucket) == ["small", "untagged"]
    aws.s3.put_object_tagging({"Bucket": bucket, "Key": "untagged", "Tagging": {"TagSet": [tag]}})
    await days(aws, 1)
    assert keys(aws, bucket) == ["small"]


async def test_transitions_follow_the_waterfall(aws: Aws) -> None:
    bucket = made(aws)
    moves = [{"Days": 30, **IA}, {"Days": 90, "StorageClass": "GLACIER"}, {"Days": 180, "StorageClass": "DEEP_ARCHIVE"}]
    rules(aws, bucket, {"Transitions": moves, "Expiration": {"Days": 365}})
    put(aws, bucket, "k", BIG)
    put(aws, bucket, "small", b"x")
    seen: list[str] = []
    for count in (31, 60, 90):
        await days(aws, count)
        seen.append(storage_class(aws, bucket, "k"))
    assert seen == ["STANDARD_IA", "GLACIER", "DEEP_ARCHIVE"]
    # Objects below 128 KB are not moved by default.
    assert storage_class(aws, bucket, "small") == "STANDARD"
    assert [event.facts["storage_class"] for event in aws.events("s3.ObjectTransitioned")] == seen
    assert not aws.events("s3.EarlyDeletion")
    await days(aws, 185)
    assert keys(aws, bucket) == []


async def test_small_objects_go_to_archives_where_the_bucket_says_so(aws: Aws) -> None:
    bucket = made(aws)
    moves = [{"Days": 1, "StorageClass": "GLACIER"}]
    rules(aws, bucket, {"Transitions": moves}, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    put(aws, bucket, "small", b"x")
    await days(aws, 2)
    assert storage_class(aws, bucket, "small") == "GLACIER"


async def test_leaving_a_class_early_is_told_to_the_bill(aws: Aws) -> None:
    bucket = made(aws)
    put(aws, bucket, "k", b"x", StorageClass="STANDARD_IA")
    rules(aws, bucket, {"Expiration": {"Days": 9}})
    await days(aws, 11)
    (event,) = aws.events("s3.EarlyDeletion")
    assert event.facts["size"] == 128 << 10
    assert event.facts["left_ms"] == 20 * DAY_MS


async def test_versioned_objects_are_hidden_then_their_versions_and_the_marker_go(aws: Aws) -> None:
    bucket = made(aws, versioned=True)
    rules(
        aws,
        bucket,
        {"ID": "a", "Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 2}},
        {"ID": "b", "Expiration": {"ExpiredObjectDeleteMarker": True}},
    )
    put(aws, bucket, "k")
    await days(aws, 2)
    listed = versions(aws, bucket)
    assert [len(listed["Versions"]), len(listed["DeleteMarkers"])] == [1, 1]
    await days(aws, 3)
    assert "Versions" not in versions(aws, bucket)
    await days(aws, 1)
    assert "DeleteMarkers" not in versions(aws, bucket)
    hows = [event.facts["how"] for event in aws.events("s3.ObjectRemoved")]
    assert hows == ["LifecycleDeleteMarkerCreated", "LifecycleDelete", "LifecycleDelete"]


async def test_newer_noncurrent_versions_are_kept(aws: Aws) -> None:
    bucket = made(aws, versioned=True)
    rules(aws, bucket, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}})
    ids = [put(aws, bucket, "k")["VersionId"] for _ in range(5)]
    await days(aws, 30)
    assert [entry["VersionId"] for entry in versions(aws, bucket)["Versions"]] == ids[:1:-1]


async def test_locked_versions_outlive_their_rules(aws: Aws) -> None:
    bucket = made(aws, ObjectLockEnabledForBucket=True)
    rules(aws, bucket, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    put(aws, bucket, "k")
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": aws.now + 10 * DAY_MS}
    aws.s3.put_object_retention({"Bucket": bucket, "Key": "k", "Retention": retention})
    put(aws, bucket, "k")
    await days(aws, 9)
    assert len(versions(aws, bucket)["Versions"]) == 2
    await days(aws, 2)
    assert len(versions(aws, bucket)["Versions"]) == 1


async def test_uploads_that_nobody_completes_are_aborted(aws: Aws) -> None:
    bucket = made(aws)
    rules(aws, bucket, {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
    aws.s3.create_multipart_upload({"Bucket": bucket, "Key": "k"})
    await days(aws, 2)
    assert aws.s3.list_multipart_uploads({"Bucket": bucket})["Uploads"]
    await days(aws, 1)
    assert "Uploads" not in aws.s3.list_multipart_uploads({"Bucket": bucket})


async def test_rules_by_date_mean_old_and_new_objects(aws: Aws) -> None:
    bucket = made(aws)
    put(aws, bucket, "old")
    date_ms = (aws.now // DAY_MS + 5) * DAY_MS
    rules(aws, bucket, {"Expiration": {"Date": date_ms}})
    await days(aws, 4)
    assert keys(aws, bucket) == ["old"]
    await days(aws, 1)
    assert keys(aws, bucket) == []
    put(aws, bucket, "new")
    await days(aws, 1)
    assert keys(aws, bucket) == []


async def test_rules_go_on_in_a_world_that_was_put_away() -> None:
    aws = new_aws()
    bucket = made(aws)
    rules(aws, bucket, {"Expiration": {"Days": 3}})
    put(aws, bucket, "k")
    await days(aws, 2)
    again = new_aws(world=aws.world.fork("again"))
    await days(again, 3)
    assert keys(again, bucket) == []
    assert keys(aws, bucket) == ["k"]


async def test_a_year_with_many_objects_is_cheap(aws: Aws) -> None:
    bucket = made(aws)
    state = aws.world.state(S3State)
    for number in range(20_000):
        state.add_version(
            Version(
                state.next_sequence(), bucket, f"k{number:06}", "null", "o", aws.now, size=200_000, about=Described()
            )
        )
    rules(aws, bucket, {"Transitions": [{"Days": 200, **IA}]})
    started = time.process_time()
    await days(aws, 190)
    assert not aws.events("s3.ObjectTransitioned")
    await days(aws, 175)
    assert len(aws.events("s3.ObjectTransitioned")) == 20_000
    assert time.process_time() - started < 3


def test_answers_tell_when_an_object_expires(aws: Aws) -> None:
    bucket = made(aws)
    rules(aws, bucket, {"ID": "old logs", "Expiration": {"Days": 1}}, {"ID": "b", "Expiration": {"Days": 9}})
    told = 'expiry-date="Sat, 03 Jan 2026 00:00:00 GMT", rule-id="old%20logs"'
    assert put(aws, bucket, "k")["Expiration"] == told
    assert aws.s3.head_object({"Bucket": bucket, "Key": "k"})["Expiration"] == told
    assert aws.s3.get_object({"Bucket": bucket, "Key": "k"})["Expiration"] == told


def test_answers_tell_when_an_upload_is_aborted(aws: Aws) -> None:
    bucket = made(aws)
    rules(aws, bucket, {"ID": "a", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
    begun = aws.s3.create_multipart_upload({"Bucket": bucket, "Key": "k"})
    assert (begun["AbortDate"], begun["AbortRuleId"]) == (aws.now + 3 * DAY_MS, "a")
    parts = aws.s3.list_parts({"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]})
    assert parts["AbortRuleId"] == "a"
