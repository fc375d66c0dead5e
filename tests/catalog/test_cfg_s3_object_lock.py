"""Objects that nobody can delete before their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.configurations import code_of, refused, user
from foulweather.testing import Aws

BUCKET = "shop-ledger"


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    return s3


def put(aws: Aws, s3: Any, mode: str, days: int) -> str:
    until = datetime.fromtimestamp(aws.now_ms // 1000, UTC) + timedelta(days=days)
    return s3.put_object(
        Bucket=BUCKET, Key="entry", Body=b"100.00", ObjectLockMode=mode, ObjectLockRetainUntilDate=until
    )["VersionId"]


def test_a_lock_needs_versions_and_brings_them(s3: Any) -> None:
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    told = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert told["ObjectLockEnabled"] == "Enabled"
    asked = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Suspended"}}
    assert refused(s3.put_bucket_versioning, **asked)["Code"] == "InvalidBucketState"


def test_compliance_holds_against_root_until_its_end(aws: Aws, s3: Any) -> None:
    version = put(aws, s3, "COMPLIANCE", 30)
    asked = {"Bucket": BUCKET, "Key": "entry", "VersionId": version}
    error = refused(s3.delete_object, **asked)
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
    assert code_of(s3.delete_object, **asked, BypassGovernanceRetention=True) == "AccessDenied"
    sooner = datetime.fromtimestamp(aws.now_ms // 1000, UTC) + timedelta(days=1)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": sooner}
    assert code_of(s3.put_object_retention, **asked, Retention=shorter) == "AccessDenied"
    aws.advance("29d23h")
    assert code_of(s3.delete_object, **asked) == "AccessDenied"
    aws.advance("2h")
    assert code_of(s3.delete_object, **asked) == ""


def test_governance_gives_way_to_who_may_bypass_it_and_says_so(aws: Aws, s3: Any) -> None:
    version = put(aws, s3, "GOVERNANCE", 30)
    asked = {"Bucket": BUCKET, "Key": "entry", "VersionId": version}
    everything = f"arn:aws:s3:::{BUCKET}/*"
    deleter, _ = user(aws, "deleter", {"Effect": "Allow", "Action": "s3:DeleteObjectVersion", "Resource": everything})
    assert code_of(deleter.client("s3").delete_object, **asked, BypassGovernanceRetention=True) == "AccessDenied"
    assert code_of(s3.delete_object, **asked) == "AccessDenied", "who may, must say so"
    assert code_of(s3.delete_object, **asked, BypassGovernanceRetention=True) == ""


def test_a_legal_hold_has_no_end_but_its_release(aws: Aws, s3: Any) -> None:
    version = s3.put_object(Bucket=BUCKET, Key="entry", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    asked = {"Bucket": BUCKET, "Key": "entry", "VersionId": version}
    aws.advance("3650d")
    assert code_of(s3.delete_object, **asked) == "AccessDenied"
    s3.put_object_legal_hold(**asked, LegalHold={"Status": "OFF"})
    assert code_of(s3.delete_object, **asked) == ""


def test_a_plain_delete_hides_the_object_and_keeps_the_version(aws: Aws, s3: Any) -> None:
    version = put(aws, s3, "COMPLIANCE", 30)
    assert s3.delete_object(Bucket=BUCKET, Key="entry")["DeleteMarker"] is True
    assert s3.get_object(Bucket=BUCKET, Key="entry", VersionId=version)["Body"].read() == b"100.00"


def test_the_bucket_s_default_is_what_an_object_gets(aws: Aws, s3: Any) -> None:
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2555}}
    s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    s3.put_object(Bucket=BUCKET, Key="entry", Body=b"x")
    told = s3.get_object_retention(Bucket=BUCKET, Key="entry")["Retention"]
    assert told["Mode"] == "COMPLIANCE"
    kept_ms = int(told["RetainUntilDate"].timestamp()) * 1000 - aws.now_ms
    assert abs(kept_ms - 2555 * 86_400_000) < 5000


def test_a_bucket_without_the_lock_refuses_retention(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="unlocked")
    until = datetime.fromtimestamp(aws.now_ms // 1000, UTC) + timedelta(days=1)
    asked = {"Bucket": "unlocked", "Key": "a", "Body": b"x"}
    error = refused(s3.put_object, **asked, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    assert error["Code"] == "InvalidRequest"
