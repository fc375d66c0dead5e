"""Object lock: what cannot be deleted or weakened, and by whom."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.s3.time_calls import days, made, put

DAY_MS = 86_400_000
MD5 = "XUFAKrxLKna5cZ2REBfFkg=="


def locked(aws: Aws, **rule: object) -> str:
    bucket = made(aws, ObjectLockEnabledForBucket=True)
    if rule:
        aws.s3.put_object_lock_configuration(
            {
                "Bucket": bucket,
                "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}},
            }
        )
    return bucket


def retain(aws: Aws, bucket: str, key: str, mode: str, until_ms: int, **members: object) -> None:
    request = {"Bucket": bucket, "Key": key, "Retention": {"Mode": mode, "RetainUntilDate": until_ms}, **members}
    aws.s3.put_object_retention(request)


def refused(code: str, message: str = "") -> Any:
    return pytest.raises(AwsError, match=f"{code}.*{message}")


def test_a_bucket_without_lock_refuses_locks(aws: Aws) -> None:
    bucket = made(aws, versioned=True)
    put(aws, bucket, "k")
    with refused("InvalidRequest", "Bucket is missing Object Lock Configuration"):
        retain(aws, bucket, "k", "GOVERNANCE", aws.now + DAY_MS)
    with refused("InvalidRequest", "Bucket is missing Object Lock Configuration"):
        put(aws, bucket, "k", ObjectLockLegalHoldStatus="ON")
    with refused("ObjectLockConfigurationNotFoundError"):
        aws.s3.get_object_lock_configuration({"Bucket": bucket})


def test_lock_needs_versioning_and_can_come_later(aws: Aws) -> None:
    bucket = made(aws)
    request = {"Bucket": bucket, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
    with refused("InvalidBucketState"):
        aws.s3.put_object_lock_configuration(request)
    aws.s3.put_bucket_versioning({"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}})
    aws.s3.put_object_lock_configuration(request)
    assert aws.s3.get_object_lock_configuration({"Bucket": bucket}) == {
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}
    }


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"Mode": "GOVERNANCE"}, "MalformedXML"),
        ({"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, "MalformedXML"),
        ({"Mode": "governance", "Days": 1}, "MalformedXML"),
        ({"Mode": "GOVERNANCE", "Days": 0}, "InvalidArgument"),
        ({"Mode": "GOVERNANCE", "Years": 101}, "InvalidArgument"),
    ],
)
def test_default_retention_is_checked(aws: Aws, rule: dict[str, object], code: str) -> None:
    with refused(code):
        locked(aws, **rule)


async def test_governance_holds_until_its_time_or_a_bypass(aws: Aws) -> None:
    bucket = locked(aws, Mode="GOVERNANCE", Days=2)
    with refused("InvalidRequest", "Content-MD5"):
        put(aws, bucket, "k")
    version = put(aws, bucket, "k", ContentMD5=MD5)["VersionId"]
    with refused("AccessDenied", "Access Denied because object protected by object lock.") as caught:
        aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version})
    assert caught.value.status == 403
    assert any(fact.property == "RetainUntilDate" for fact in caught.value.why.facts)
    # A delete marker may hide what is locked.
    assert aws.s3.delete_object({"Bucket": bucket, "Key": "k"})["DeleteMarker"]
    await days(aws, 1)
    with refused("AccessDenied"):
        aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version})
    await days(aws, 1)
    aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version})
    other = put(aws, bucket, "k", ContentMD5=MD5)["VersionId"]
    aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": other, "BypassGovernanceRetention": True})


def test_governance_is_weakened_only_with_a_bypass(aws: Aws) -> None:
    bucket = locked(aws)
    put(aws, bucket, "k")
    retain(aws, bucket, "k", "GOVERNANCE", aws.now + 5 * DAY_MS)
    retain(aws, bucket, "k", "GOVERNANCE", aws.now + 6 * DAY_MS)
    with refused("AccessDenied", "object lock"):
        retain(aws, bucket, "k", "GOVERNANCE", aws.now + DAY_MS)
    with refused("AccessDenied", "object lock"):
        retain(aws, bucket, "k", "COMPLIANCE", aws.now + 9 * DAY_MS)
    retain(aws, bucket, "k", "GOVERNANCE", aws.now + DAY_MS, BypassGovernanceRetention=True)
    aws.s3.put_object_retention({"Bucket": bucket, "Key": "k", "Retention": {}, "BypassGovernanceRetention": True})
    with refused("NoSuchObjectLockConfiguration"):
        aws.s3.get_object_retention({"Bucket": bucket, "Key": "k"})


def test_compliance_is_never_shortened_by_anybody(aws: Aws) -> None:
    bucket = locked(aws)
    version = put(aws, bucket, "k")["VersionId"]
    retain(aws, bucket, "k", "COMPLIANCE", aws.now + 5 * DAY_MS)
    for mode, until_ms in (("COMPLIANCE", aws.now + DAY_MS), ("GOVERNANCE", aws.now + 9 * DAY_MS)):
        with refused("AccessDenied", "object lock"):
            retain(aws, bucket, "k", mode, until_ms, BypassGovernanceRetention=True)
    retain(aws, bucket, "k", "COMPLIANCE", aws.now + 9 * DAY_MS)
    with refused("AccessDenied", "object lock"):
        aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version, "BypassGovernanceRetention": True})


def test_a_retention_must_end_in_the_future(aws: Aws) -> None:
    bucket = locked(aws)
    put(aws, bucket, "k")
    with refused("InvalidArgument", "must be in the future"):
        retain(aws, bucket, "k", "GOVERNANCE", aws.now - 1)
    with refused("InvalidArgument", "must both be supplied"):
        put(aws, bucket, "k", ObjectLockMode="GOVERNANCE", ContentMD5=MD5)
    with refused("InvalidArgument", "Unknown wormMode"):
        put(aws, bucket, "k", ObjectLockMode="x", ObjectLockRetainUntilDate=aws.now + 1, ContentMD5=MD5)


async def test_a_legal_hold_has_no_end_and_no_bypass(aws: Aws) -> None:
    bucket = locked(aws)
    version = put(aws, bucket, "k")["VersionId"]
    with refused("NoSuchObjectLockConfiguration"):
        aws.s3.get_object_legal_hold({"Bucket": bucket, "Key": "k"})
    with refused("MalformedXML"):
        aws.s3.put_object_legal_hold({"Bucket": bucket, "Key": "k", "LegalHold": {"Status": "on"}})
    aws.s3.put_object_legal_hold({"Bucket": bucket, "Key": "k", "LegalHold": {"Status": "ON"}})
    await days(aws, 1000)
    with refused("AccessDenied", "object lock"):
        aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version, "BypassGovernanceRetention": True})
    aws.s3.put_object_legal_hold({"Bucket": bucket, "Key": "k", "LegalHold": {"Status": "OFF"}})
    assert aws.s3.get_object_legal_hold({"Bucket": bucket, "Key": "k"}) == {"LegalHold": {"Status": "OFF"}}
    aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version})


def test_head_tells_of_the_lock(aws: Aws) -> None:
    bucket = locked(aws, Mode="COMPLIANCE", Years=1)
    put(aws, bucket, "k", ContentMD5=MD5)
    head = aws.s3.head_object({"Bucket": bucket, "Key": "k"})
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] == aws.now + 365 * DAY_MS
