"""Archived objects: not readable, restored after their time, expired again; Intelligent-Tiering's tiers."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.s3.time_calls import BIG, days, made, put


def archived(aws: Aws, storage_class: str = "GLACIER") -> str:
    bucket = made(aws)
    put(aws, bucket, "k", BIG, StorageClass=storage_class)
    return bucket


def restore(aws: Aws, bucket: str, tier: str = "Standard", **request: Any) -> None:
    request = {"Days": 2, "GlacierJobParameters": {"Tier": tier}, **request}
    aws.s3.restore_object({"Bucket": bucket, "Key": "k", "RestoreRequest": request})


def head(aws: Aws, bucket: str) -> dict[str, Any]:
    return aws.s3.head_object({"Bucket": bucket, "Key": "k"})


def is_readable(aws: Aws, bucket: str) -> bool:
    try:
        aws.s3.get_object({"Bucket": bucket, "Key": "k"})
    except AwsError as error:
        return error.code != "InvalidObjectState"
    return True


def test_an_archived_object_cannot_be_read(aws: Aws) -> None:
    bucket = archived(aws)
    with pytest.raises(AwsError, match="not valid for the object's storage class") as caught:
        aws.s3.get_object({"Bucket": bucket, "Key": "k"})
    error = caught.value
    assert (error.code, error.status, error.members["StorageClass"]) == ("InvalidObjectState", 403, "GLACIER")
    assert error.why.remedy[0].startswith("aws s3api restore-object")
    assert head(aws, bucket)["StorageClass"] == "GLACIER"
    with pytest.raises(AwsError, match="ObjectNotInActiveTierError"):
        aws.s3.copy_object({"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/k"})


def test_instant_retrieval_needs_no_restore(aws: Aws) -> None:
    bucket = archived(aws, "GLACIER_IR")
    assert is_readable(aws, bucket)
    with pytest.raises(AwsError, match="InvalidObjectState: Restore is not allowed"):
        restore(aws, bucket)


def test_a_storage_class_that_there_is_not(aws: Aws) -> None:
    bucket = made(aws)
    with pytest.raises(AwsError, match="InvalidStorageClass"):
        put(aws, bucket, "k", StorageClass="COLD")


@pytest.mark.parametrize(
    ("storage_class", "tier", "before_s", "after_s"),
    [
        ("GLACIER", "Expedited", 60, 300),
        ("GLACIER", "Standard", 3 * 3600, 5 * 3600),
        ("GLACIER", "Bulk", 5 * 3600, 12 * 3600),
        ("DEEP_ARCHIVE", "Standard", 9 * 3600, 12 * 3600),
        ("DEEP_ARCHIVE", "Bulk", 24 * 3600, 48 * 3600),
    ],
)
async def test_restores_take_their_time(aws: Aws, storage_class: str, tier: str, before_s: int, after_s: int) -> None:
    bucket = archived(aws, storage_class)
    restore(aws, bucket, tier)
    assert head(aws, bucket)["Restore"] == 'ongoing-request="true"'
    with pytest.raises(AwsError, match="RestoreAlreadyInProgress: Object restore is already in progress") as caught:
        restore(aws, bucket, tier)
    assert caught.value.status == 409
    await aws.advance(seconds=before_s - 1)
    assert not is_readable(aws, bucket)
    await aws.advance(seconds=after_s - before_s + 1)
    assert is_readable(aws, bucket)
    assert head(aws, bucket)["Restore"].startswith('ongoing-request="false", expiry-date="')


async def test_a_restored_copy_expires_at_the_midnight_after_its_days(aws: Aws) -> None:
    bucket = archived(aws)
    restore(aws, bucket, "Expedited")
    await aws.advance(seconds=300)
    assert head(aws, bucket)["Restore"] == 'ongoing-request="false", expiry-date="Sun, 04 Jan 2026 00:00:00 GMT"'
    await days(aws, 2)
    assert is_readable(aws, bucket)
    await days(aws, 1)
    assert not is_readable(aws, bucket)
    assert "Restore" not in head(aws, bucket)
    assert len(aws.events("s3.RestoreExpired")) == 1


async def test_asking_again_keeps_a_copy_longer(aws: Aws) -> None:
    bucket = archived(aws)
    restore(aws, bucket, "Expedited")
    await days(aws, 1)
    restore(aws, bucket, Days=9)
    await days(aws, 8)
    assert is_readable(aws, bucket)
    await days(aws, 3)
    assert not is_readable(aws, bucket)


async def test_a_restore_under_way_can_be_made_faster(aws: Aws) -> None:
    bucket = archived(aws)
    restore(aws, bucket, "Bulk")
    restore(aws, bucket, "Expedited")
    await aws.advance(seconds=300)
    assert is_readable(aws, bucket)


@pytest.mark.parametrize(
    ("request_", "storage_class", "code"),
    [
        ({"Days": 0}, "GLACIER", "InvalidArgument"),
        ({"GlacierJobParameters": {"Tier": "Expedited"}}, "DEEP_ARCHIVE", "InvalidArgument"),
        ({"GlacierJobParameters": {"Tier": "Fast"}}, "GLACIER", "MalformedXML"),
        ({"Type": "SELECT"}, "GLACIER", "NotImplemented"),
        ({}, "STANDARD", "InvalidObjectState"),
    ],
)
def test_restores_are_refused_as_aws_does(aws: Aws, request_: dict[str, Any], storage_class: str, code: str) -> None:
    bucket = archived(aws, storage_class)
    with pytest.raises(AwsError) as caught:
        restore(aws, bucket, **request_)
    assert caught.value.code == code


def tiers(aws: Aws) -> list[str]:
    return [event.facts["tier"] for event in aws.events("s3.TierChanged")]


async def test_what_nobody_reads_sinks_through_the_tiers(aws: Aws) -> None:
    bucket = archived(aws, "INTELLIGENT_TIERING")
    put(aws, bucket, "small", b"x", StorageClass="INTELLIGENT_TIERING")
    await days(aws, 30)
    assert tiers(aws) == []
    await days(aws, 1)
    assert tiers(aws) == ["INFREQUENT"]
    await days(aws, 60)
    assert tiers(aws) == ["INFREQUENT", "ARCHIVE_INSTANT"]
    assert is_readable(aws, bucket)
    assert tiers(aws)[-1] == "FREQUENT"
    await days(aws, 400)
    assert tiers(aws)[3:] == ["INFREQUENT", "ARCHIVE_INSTANT"]


async def test_archive_tiers_are_opted_into_and_restored_from(aws: Aws) -> None:
    bucket = archived(aws, "INTELLIGENT_TIERING")
    configuration = {
        "Id": "a",
        "Status": "Enabled",
        "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}, {"AccessTier": "DEEP_ARCHIVE_ACCESS", "Days": 180}],
    }
    request = {"Bucket": bucket, "Id": "a", "IntelligentTieringConfiguration": configuration}
    aws.s3.put_bucket_intelligent_tiering_configuration(request)
    await days(aws, 91)
    assert head(aws, bucket)["ArchiveStatus"] == "ARCHIVE_ACCESS"
    assert not is_readable(aws, bucket)
    with pytest.raises(AwsError, match="Days is not supported"):
        restore(aws, bucket)
    aws.s3.restore_object({"Bucket": bucket, "Key": "k", "RestoreRequest": {}})
    await aws.advance(seconds=5 * 3600)
    assert is_readable(aws, bucket)
    await days(aws, 182)
    assert head(aws, bucket)["ArchiveStatus"] == "DEEP_ARCHIVE_ACCESS"
    assert tiers(aws) == [
        *("INFREQUENT", "ARCHIVE_ACCESS", "FREQUENT", "INFREQUENT", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")
    ]


@pytest.mark.parametrize("tiering", [("ARCHIVE_ACCESS", 89), ("DEEP_ARCHIVE_ACCESS", 179), ("ARCHIVE_ACCESS", 731)])
def test_archive_tiers_have_their_least_days(aws: Aws, tiering: tuple[str, int]) -> None:
    bucket = made(aws)
    configuration = {
        "Id": "a",
        "Status": "Enabled",
        "Tierings": [{"AccessTier": tiering[0], "Days": tiering[1]}],
    }
    request = {"Bucket": bucket, "Id": "a", "IntelligentTieringConfiguration": configuration}
    with pytest.raises(AwsError, match="InvalidArgument"):
        aws.s3.put_bucket_intelligent_tiering_configuration(request)
