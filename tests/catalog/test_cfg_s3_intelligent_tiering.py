"""Objects that S3 moves by their use, down to two archive tiers."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws

BUCKET = "shop-photos"
ENTIRE = {
    "Id": "entire-bucket",
    "Status": "Enabled",
    "Tierings": [
        {"Days": 90, "AccessTier": "ARCHIVE_ACCESS"},
        {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"},
    ],
}


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_intelligent_tiering_configuration(
        Bucket=BUCKET, Id="entire-bucket", IntelligentTieringConfiguration=ENTIRE
    )
    s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"x" * (128 << 10), StorageClass="INTELLIGENT_TIERING")
    return s3


def tier(s3: Any, key: str = "a.jpg") -> str:
    told = s3.head_object(Bucket=BUCKET, Key=key)
    assert told["StorageClass"] == "INTELLIGENT_TIERING"
    return told.get("ArchiveStatus", "")


def test_what_nobody_reads_is_archived_after_90_and_180_days(aws: Aws, s3: Any) -> None:
    for days, expected in ((89, ""), (3, "ARCHIVE_ACCESS"), (87, "ARCHIVE_ACCESS"), (3, "DEEP_ARCHIVE_ACCESS")):
        aws.advance(f"{days}d")
        assert tier(s3) == expected


def test_a_read_begins_the_days_anew(aws: Aws, s3: Any) -> None:
    aws.advance("80d")
    s3.get_object(Bucket=BUCKET, Key="a.jpg")["Body"].read()
    aws.advance("80d")
    assert tier(s3) == ""
    aws.advance("12d")
    assert tier(s3) == "ARCHIVE_ACCESS"


def test_asking_about_an_object_is_no_use_of_it(aws: Aws, s3: Any) -> None:
    aws.advance("80d")
    tier(s3)
    aws.advance("12d")
    assert tier(s3) == "ARCHIVE_ACCESS"


def test_an_archived_object_cannot_be_read_until_it_is_restored_and_then_it_is_back(aws: Aws, s3: Any) -> None:
    aws.advance("92d")
    error = refused(s3.get_object, Bucket=BUCKET, Key="a.jpg")
    assert (error["Code"], error["Status"]) == ("InvalidObjectState", 403)
    assert (error["StorageClass"], error["AccessTier"]) == ("INTELLIGENT_TIERING", "ARCHIVE_ACCESS")
    s3.restore_object(Bucket=BUCKET, Key="a.jpg", RestoreRequest={"GlacierJobParameters": {"Tier": "Standard"}})
    aws.advance("6h")
    assert s3.get_object(Bucket=BUCKET, Key="a.jpg")["Body"].read()
    aws.advance("80d")
    assert tier(s3) == "", "it is in Frequent Access for good"


def test_small_objects_are_not_watched(aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="thumb.jpg", Body=b"x" * 1000, StorageClass="INTELLIGENT_TIERING")
    aws.advance("400d")
    assert tier(s3, "thumb.jpg") == ""


def test_objects_of_another_class_are_left_alone(aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="standard.jpg", Body=b"x" * (128 << 10))
    aws.advance("400d")
    assert "StorageClass" not in s3.head_object(Bucket=BUCKET, Key="standard.jpg")


@pytest.mark.parametrize(("access_tier", "days"), [("ARCHIVE_ACCESS", 89), ("DEEP_ARCHIVE_ACCESS", 179)])
def test_the_archive_tiers_begin_at_90_and_180_days(s3: Any, access_tier: str, days: int) -> None:
    wrong = {**ENTIRE, "Tierings": [{"Days": days, "AccessTier": access_tier}]}
    error = refused(
        s3.put_bucket_intelligent_tiering_configuration,
        Bucket=BUCKET,
        Id="entire-bucket",
        IntelligentTieringConfiguration=wrong,
    )
    assert error["Status"] == 400


def test_the_configuration_is_told_and_deleted(s3: Any) -> None:
    asked = {"Bucket": BUCKET, "Id": "entire-bucket"}
    told = s3.get_bucket_intelligent_tiering_configuration(**asked)["IntelligentTieringConfiguration"]
    assert told == ENTIRE
    s3.delete_bucket_intelligent_tiering_configuration(**asked)
    assert refused(s3.get_bucket_intelligent_tiering_configuration, **asked)["Code"] == "NoSuchConfiguration"
