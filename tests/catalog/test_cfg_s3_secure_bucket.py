"""A private bucket: versioned, encrypted, closed to the public by four flags of its own and four of its account."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import policy, refused, visit
from foulweather.testing import Aws

BUCKET = "shop-documents"
FOUR = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
PUBLIC = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"})


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3, kms = aws.client("s3"), aws.client("kms")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=FOUR)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=BUCKET, Key="contract.pdf", Body=b"first")
    return s3


def test_nobody_comes_in_without_signing(aws: Aws, s3: Any) -> None:
    answer = visit(aws, "GET", f"https://{BUCKET}.s3.amazonaws.com/contract.pdf")
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.body


def test_a_public_policy_and_a_public_list_are_refused(s3: Any) -> None:
    error = refused(s3.put_bucket_policy, Bucket=BUCKET, Policy=PUBLIC)
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    assert refused(s3.put_object_acl, Bucket=BUCKET, Key="contract.pdf", ACL="public-read")["Code"] == "AccessDenied"


def test_a_bucket_is_closed_and_its_lists_are_off_from_the_first_minute(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="fresh-bucket")
    told = s3.get_public_access_block(Bucket="fresh-bucket")["PublicAccessBlockConfiguration"]
    assert told == FOUR
    rules = s3.get_bucket_ownership_controls(Bucket="fresh-bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    error = refused(s3.put_bucket_acl, Bucket="fresh-bucket", ACL="public-read")
    assert error["Code"] == "AccessControlListNotSupported"


def test_without_the_flags_the_same_policy_lets_everybody_read(aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="leaflet.txt", Body=b"hello", ServerSideEncryption="AES256")
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=PUBLIC)
    url = f"https://{BUCKET}.s3.amazonaws.com/leaflet.txt"
    assert visit(aws, "GET", url).status == 200
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=FOUR)
    assert visit(aws, "GET", url).status == 403, "RestrictPublicBuckets"


def test_what_was_overwritten_or_deleted_is_there_by_its_version(s3: Any) -> None:
    first = s3.head_object(Bucket=BUCKET, Key="contract.pdf")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="contract.pdf", Body=b"second")
    s3.delete_object(Bucket=BUCKET, Key="contract.pdf")
    assert refused(s3.get_object, Bucket=BUCKET, Key="contract.pdf")["Code"] == "NoSuchKey"
    assert s3.get_object(Bucket=BUCKET, Key="contract.pdf", VersionId=first)["Body"].read() == b"first"


def test_objects_are_under_the_bucket_s_key_without_being_asked(s3: Any) -> None:
    told = s3.head_object(Bucket=BUCKET, Key="contract.pdf")
    rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert told["ServerSideEncryption"] == "aws:kms"
    assert told["SSEKMSKeyId"] == rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert told["BucketKeyEnabled"] is True


def test_sse_s3_is_the_default_of_every_bucket(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="fresh-bucket")
    assert s3.put_object(Bucket="fresh-bucket", Key="a", Body=b"x")["ServerSideEncryption"] == "AES256"


def test_the_account_s_flags_hold_for_a_bucket_that_has_none(aws: Aws, s3: Any) -> None:
    s3.delete_public_access_block(Bucket=BUCKET)
    control = aws.client("s3control")
    control.put_public_access_block(AccountId=aws.account, PublicAccessBlockConfiguration=FOUR)
    assert refused(s3.put_bucket_policy, Bucket=BUCKET, Policy=PUBLIC)["Code"] == "AccessDenied"
