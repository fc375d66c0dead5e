"""Objects that grow old: cheaper classes step by step, old versions and forgotten uploads gone."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, refused
from foulweather.testing import Aws

BUCKET = "shop-data"
LARGE = b"x" * (128 << 10)
RULES = [
    {
        "ID": "tiers",
        "Filter": {"Prefix": "documents/"},
        "Status": "Enabled",
        "Transitions": [
            {"Days": 30, "StorageClass": "STANDARD_IA"},
            {"Days": 90, "StorageClass": "GLACIER_IR"},
            {"Days": 180, "StorageClass": "GLACIER"},
            {"Days": 365, "StorageClass": "DEEP_ARCHIVE"},
        ],
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "STANDARD_IA"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    },
    {"ID": "logs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 30}},
    {
        "ID": "audit",
        "Filter": {"Prefix": "AWSLogs/"},
        "Status": "Enabled",
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
    },
    {
        "ID": "lake",
        "Filter": {"Prefix": "lake/"},
        "Status": "Enabled",
        "Transitions": [{"Days": 90, "StorageClass": "STANDARD_IA"}, {"Days": 365, "StorageClass": "GLACIER"}],
        "Expiration": {"Days": 2555},
    },
    {
        "ID": "uploads",
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
]


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": RULES})
    return s3


def storage_class(s3: Any, key: str, **more: str) -> str:
    """An object's class; empty where it is gone."""
    if code_of(s3.head_object, Bucket=BUCKET, Key=key, **more) in {"404", "NoSuchKey", "NoSuchVersion"}:
        return ""
    return s3.head_object(Bucket=BUCKET, Key=key, **more).get("StorageClass", "STANDARD")


def put(s3: Any, key: str, body: bytes = LARGE) -> str:
    return s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]


# A rule's day begins at the midnight (UTC) after so many days: a day and a half later it is done in any case.
@pytest.mark.parametrize(
    ("key", "course"),
    [
        (
            "documents/a",
            [(29, "STANDARD"), (32, "STANDARD_IA"), (89, "STANDARD_IA"), (92, "GLACIER_IR"), (182, "GLACIER"),
             (364, "GLACIER"), (367, "DEEP_ARCHIVE"), (3000, "DEEP_ARCHIVE")],
        ),
        ("logs/a", [(29, "STANDARD"), (32, "")]),
        ("AWSLogs/a", [(89, "STANDARD"), (92, "GLACIER"), (3000, "GLACIER")]),
        ("lake/a", [(89, "STANDARD"), (92, "STANDARD_IA"), (367, "GLACIER"), (2554, "GLACIER"), (2557, "")]),
        ("other/a", [(3000, "STANDARD")]),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)  # fmt: skip
def test_each_object_is_where_its_rule_puts_it(aws: Aws, s3: Any, key: str, course: list[tuple[int, str]]) -> None:
    put(s3, key)
    day = 0
    for at, expected in course:
        aws.advance(f"{at - day}d")
        day = at
        assert storage_class(s3, key) == expected, f"day {at}"


def test_noncurrent_versions_go_to_ia_after_30_days_and_are_gone_after_90(aws: Aws, s3: Any) -> None:
    old = put(s3, "documents/a")
    put(s3, "documents/a")
    aws.advance("29d")
    assert storage_class(s3, "documents/a", VersionId=old) == "STANDARD"
    aws.advance("3d")
    assert storage_class(s3, "documents/a", VersionId=old) == "STANDARD_IA"
    aws.advance("57d")
    assert storage_class(s3, "documents/a", VersionId=old) == "STANDARD_IA"
    aws.advance("3d")
    assert storage_class(s3, "documents/a", VersionId=old) == ""
    assert storage_class(s3, "documents/a") != "", "the current version is there"


def test_an_expired_object_of_a_versioned_bucket_leaves_a_marker_and_its_version(aws: Aws, s3: Any) -> None:
    version = put(s3, "logs/a")
    aws.advance("32d")
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix="logs/")
    assert [marker["IsLatest"] for marker in listed["DeleteMarkers"]] == [True]
    assert [each["VersionId"] for each in listed["Versions"]] == [version]


def test_uploads_that_are_not_completed_are_gone_after_7_days(aws: Aws, s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="documents/big")["UploadId"]
    s3.upload_part(Bucket=BUCKET, Key="documents/big", UploadId=upload, PartNumber=1, Body=b"x")
    aws.advance("6d")
    assert len(s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]) == 1
    aws.advance("3d")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


def test_objects_below_128_kib_stay_where_they_are(aws: Aws, s3: Any) -> None:
    put(s3, "documents/small", LARGE[:-1])
    aws.advance("400d")
    assert storage_class(s3, "documents/small") == "STANDARD"


def rule(**more: Any) -> dict[str, Any]:
    return {"Rules": [{"ID": "r", "Filter": {"Prefix": ""}, "Status": "Enabled", **more}]}


@pytest.mark.parametrize("days", [0, 29])
def test_infrequent_access_is_not_for_the_first_30_days(s3: Any, days: int) -> None:
    asked = rule(Transitions=[{"Days": days, "StorageClass": "STANDARD_IA"}])
    error = refused(s3.put_bucket_lifecycle_configuration, Bucket=BUCKET, LifecycleConfiguration=asked)
    assert error["Code"] == "InvalidArgument"
    assert "'Days' in Transition action must be greater than or equal to 30" in error["Message"]


def test_an_object_cannot_expire_before_it_moves(s3: Any) -> None:
    asked = rule(Transitions=[{"Days": 90, "StorageClass": "GLACIER"}], Expiration={"Days": 90})
    error = refused(s3.put_bucket_lifecycle_configuration, Bucket=BUCKET, LifecycleConfiguration=asked)
    assert error["Code"] == "InvalidArgument"


def test_the_rules_are_told_as_they_were_set(s3: Any) -> None:
    told = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [each["ID"] for each in told] == [each["ID"] for each in RULES]
    assert told[0]["Transitions"] == RULES[0]["Transitions"]
