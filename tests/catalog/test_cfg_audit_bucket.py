"""The bucket of the audit trail: under a key, archived after 90 days, kept for seven years, deleted by nobody."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, policy, refused, user
from foulweather.testing import Aws

BUCKET, KEY = "org-audit-trail", "AWSLogs/000000000000/CloudTrail/us-east-1/2026/03/02/log.json.gz"
YEARS_7 = 2555


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3, kms = aws.client("s3"), aws.client("kms")
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    key = kms.create_key(Description="audit")["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    rule = {
        "ID": "archive",
        "Filter": {"Prefix": "AWSLogs/"},
        "Status": "Enabled",
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
        "Expiration": {"Days": YEARS_7 + 1},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": YEARS_7}}
    s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    auditor = f"arn:aws:iam::{aws.account}:user/auditor"
    only = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": [auditor, f"arn:aws:iam::{aws.account}:root"]},
        "Action": ["s3:GetObject*", "s3:DeleteObject*"],
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    aws.client("iam").create_user(UserName="auditor")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(only))
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x" * (128 << 10))
    return s3


def test_the_default_encryption_is_by_the_key_and_holds(aws: Aws, s3: Any) -> None:
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    told = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert told["SSEKMSKeyId"] == rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]


def test_the_log_is_in_glacier_after_90_days(aws: Aws, s3: Any) -> None:
    aws.advance("89d")
    assert "StorageClass" not in s3.head_object(Bucket=BUCKET, Key=KEY)
    aws.advance("3d")
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["StorageClass"] == "GLACIER"


def test_not_even_root_deletes_it_in_seven_years(aws: Aws, s3: Any) -> None:
    version = s3.head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    asked = {"Bucket": BUCKET, "Key": KEY, "VersionId": version}
    for days in (0, 92, 2400):
        aws.advance(f"{days}d")
        error = refused(s3.delete_object, **asked, BypassGovernanceRetention=True)
        assert (error["Code"], error["Status"]) == ("AccessDenied", 403)


def test_an_administrator_who_is_no_auditor_can_neither_read_nor_delete(aws: Aws, s3: Any) -> None:
    admin, _ = user(aws, "admin", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    client = admin.client("s3")
    assert code_of(client.get_object, Bucket=BUCKET, Key=KEY) == "AccessDenied"
    assert code_of(client.delete_object, Bucket=BUCKET, Key=KEY) == "AccessDenied"


def test_mfa_delete_and_lifecycle_rules_do_not_go_together(aws: Aws, s3: Any) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
    phone = aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="root")["VirtualMFADevice"]
    asked = {
        "Bucket": BUCKET,
        "MFA": f"{phone['SerialNumber']} 123456",
        "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"},
    }
    assert refused(s3.put_bucket_versioning, **asked)["Status"] >= 400
