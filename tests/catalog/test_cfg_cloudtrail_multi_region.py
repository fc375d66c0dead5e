"""A trail of every Region, under a key, whose files are proved by digests."""

from __future__ import annotations

import gzip
import hashlib
import json
from itertools import pairwise

import pytest

from catalog.configurations import code_of, refused
from catalog.trails import BUCKET, Audit
from foulweather.testing import Aws


@pytest.fixture
def audit(aws: Aws) -> Audit:
    return Audit(aws)


def test_what_happens_in_another_region_is_delivered_under_the_key(aws: Aws, audit: Audit) -> None:
    key = audit.key()
    audit.begin(IsMultiRegionTrail=True, EnableLogFileValidation=True, KmsKeyId=key)
    aws.client("sqs", region_name="eu-west-1").create_queue(QueueName="orders")
    aws.client("iam").create_user(UserName="anna")
    aws.advance("15m")
    (file,) = audit.files("/CloudTrail/eu-west-1/")
    assert [each["eventName"] for each in json.loads(audit.read(file))["Records"]] == ["CreateQueue"]
    assert audit.s3.head_object(Bucket=BUCKET, Key=file)["SSEKMSKeyId"] == key
    assert [each["awsRegion"] for each in audit.records() if each["eventName"] == "CreateUser"] == ["us-east-1"]


def test_a_tampered_file_is_found_out_by_its_digest(aws: Aws, audit: Audit) -> None:
    audit.begin(IsMultiRegionTrail=True, EnableLogFileValidation=True)
    aws.client("sqs").create_queue(QueueName="orders")
    aws.advance("2h")
    told = [each for key in audit.files("/CloudTrail-Digest/") for each in json.loads(audit.read(key))["logFiles"]]
    hashes = {each["s3Object"]: each["hashValue"] for each in told}
    file = next(key for key in audit.files() if "CreateQueue" in audit.read(key).decode())
    assert hashes[file] == hashlib.sha256(audit.read(file)).hexdigest()
    without = audit.read(file).replace(b"CreateQueue", b"ListQueues")
    audit.s3.put_object(Bucket=BUCKET, Key=file, Body=gzip.compress(without))
    assert hashes[file] != hashlib.sha256(audit.read(file)).hexdigest()


def test_each_digest_names_the_one_before_and_there_is_a_key_to_check_them_with(aws: Aws, audit: Audit) -> None:
    audit.begin(IsMultiRegionTrail=True, EnableLogFileValidation=True)
    aws.advance("3h")
    digests = [json.loads(audit.read(key)) for key in sorted(audit.files("/CloudTrail-Digest/us-east-1/"))]
    assert len(digests) >= 2
    for earlier, later in pairwise(digests):
        assert later["previousDigestS3Object"] == earlier["digestS3Object"]
    keys = audit.trail.list_public_keys()["PublicKeyList"]
    assert {each["digestPublicKeyFingerprint"] for each in digests} <= {each["Fingerprint"] for each in keys}


def test_a_bucket_or_a_key_that_does_not_let_it_in_is_refused_at_once(aws: Aws, audit: Audit) -> None:
    aws.client("s3").create_bucket(Bucket="closed")
    error = refused(audit.trail.create_trail, Name="audit", S3BucketName="closed", IsMultiRegionTrail=True)
    assert error["Code"] == "InsufficientS3BucketPolicyException"
    aws.advance("2s")
    own = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    asked = {"Name": "audit", "S3BucketName": BUCKET, "KmsKeyId": own}
    assert code_of(audit.trail.create_trail, **asked) == "InsufficientEncryptionPolicyException"


def test_it_is_changed_at_home_alone(aws: Aws, audit: Audit) -> None:
    audit.begin(IsMultiRegionTrail=True)
    away = aws.client("cloudtrail", region_name="eu-west-1")
    arn = audit.trail.get_trail(Name="audit")["Trail"]["TrailARN"]
    assert [each["TrailARN"] for each in away.describe_trails()["trailList"]] == [arn]
    assert refused(away.stop_logging, Name=arn)["Code"] == "InvalidHomeRegionException"
