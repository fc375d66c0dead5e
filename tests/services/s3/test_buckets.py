"""Buckets: their names, Regions and owners."""

from __future__ import annotations

import pytest

from harness import Aws
from services.s3.s3_calls import BUCKET, done, incoming, new_bucket, put, refused

OTHER = "444455556666"


def test_a_bucket_is_made_found_and_deleted(aws: Aws) -> None:
    assert aws.s3.create_bucket({"Bucket": BUCKET})["Location"] == f"/{BUCKET}"
    assert aws.s3.head_bucket({"Bucket": BUCKET})["BucketRegion"] == "us-east-1"
    assert [each["Name"] for each in aws.s3.list_buckets()["Buckets"]] == [BUCKET]
    aws.s3.delete_bucket({"Bucket": BUCKET})
    assert refused(aws.s3.head_bucket, {"Bucket": BUCKET}).code == "NoSuchBucket"
    assert [event.kind for event in aws.world.journal if event.kind.startswith("s3.")] == [
        "s3.BucketCreated",
        "s3.BucketDeleted",
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("ab", "a" * 64, "Upper", "under_score", "-start", "end-", "two..dots", "192.168.5.4", "xn--a", "sthree-a"),
        *("a-s3alias", "a--ol-s3", "a.mrap", "a--x-s3", "a--table-s3", "amzn-s3-demo-x", ".a", "a b"),
    ],
)
def test_names_follow_the_rules(aws: Aws, name: str) -> None:
    error = refused(aws.s3.create_bucket, {"Bucket": name})
    assert (error.code, error.status, error.members) == ("InvalidBucketName", 400, {"BucketName": name})


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a.b-c.1", "1a2", "999.1.1.1"])
def test_names_within_the_rules_are_taken(aws: Aws, name: str) -> None:
    aws.s3.create_bucket({"Bucket": name})


def test_a_name_is_taken_in_all_accounts(aws: Aws) -> None:
    new_bucket(aws)
    error = refused(aws.in_account(OTHER).s3.create_bucket, {"Bucket": BUCKET})
    assert (error.code, error.status) == ("BucketAlreadyExists", 409)
    aws.s3.create_bucket({"Bucket": BUCKET})  # in us-east-1 that is no mistake
    assert aws.in_account(OTHER).s3.list_buckets()["Buckets"] == []


class TestRegions:
    def test_the_location_must_fit_the_endpoint(self, aws: Aws) -> None:
        frankfurt = aws.in_region("eu-central-1")
        error = refused(frankfurt.s3.create_bucket, {"Bucket": BUCKET})
        assert error.code == "IllegalLocationConstraintException"
        assert "unspecified" in error.message
        asked = {"Bucket": BUCKET, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
        assert refused(frankfurt.s3.create_bucket, asked).code == "IllegalLocationConstraintException"
        asked["CreateBucketConfiguration"] = {"LocationConstraint": "eu-central-1"}
        frankfurt.s3.create_bucket(asked)
        assert frankfurt.s3.get_bucket_location({"Bucket": BUCKET}) == {"LocationConstraint": "eu-central-1"}
        error = refused(frankfurt.s3.create_bucket, asked)
        assert (error.code, error.status) == ("BucketAlreadyOwnedByYou", 409)

    def test_the_global_endpoint_makes_buckets_anywhere(self, aws: Aws) -> None:
        aws.s3.create_bucket({"Bucket": BUCKET, "CreateBucketConfiguration": {"LocationConstraint": "EU"}})
        eu = aws.in_region("eu-west-1")
        assert eu.s3.get_bucket_location({"Bucket": BUCKET}) == {"LocationConstraint": "eu-west-1"}
        assert aws.s3.get_bucket_location({"Bucket": new_bucket(aws, "here")}) == {}

    @pytest.mark.parametrize("location", ["us-east-1", "mars-1"])
    def test_a_location_that_is_none_is_refused(self, aws: Aws, location: str) -> None:
        asked = {"Bucket": BUCKET, "CreateBucketConfiguration": {"LocationConstraint": location}}
        error = refused(aws.s3.create_bucket, asked)
        assert (error.code, error.members) == ("InvalidLocationConstraint", {"LocationConstraint": location})


def test_only_an_empty_bucket_is_deleted(aws: Aws) -> None:
    new_bucket(aws, versioning="Enabled")
    put(aws, "a")
    error = refused(aws.s3.delete_bucket, {"Bucket": BUCKET})
    assert (error.code, error.status, error.members) == ("BucketNotEmpty", 409, {"BucketName": BUCKET})
    marker = aws.s3.delete_object({"Bucket": BUCKET, "Key": "a"})["VersionId"]
    assert refused(aws.s3.delete_bucket, {"Bucket": BUCKET}).code == "BucketNotEmpty"
    aws.s3.delete_object({"Bucket": BUCKET, "Key": "a", "VersionId": marker})
    version = aws.s3.list_object_versions({"Bucket": BUCKET})["Versions"][0]["VersionId"]
    aws.s3.delete_object({"Bucket": BUCKET, "Key": "a", "VersionId": version})
    aws.s3.delete_bucket({"Bucket": BUCKET})


async def test_uploads_under_way_end_with_their_bucket(aws: Aws) -> None:
    new_bucket(aws)
    upload = aws.s3.create_multipart_upload({"Bucket": BUCKET, "Key": "a"})["UploadId"]
    part = {"Bucket": BUCKET, "Key": "a", "UploadId": upload, "PartNumber": 1}
    await done(aws.s3.upload_part({**part, "Body": incoming(b"x" * 100_000)}))
    aws.s3.delete_bucket({"Bucket": BUCKET})
    new_bucket(aws)
    assert "Uploads" not in aws.s3.list_multipart_uploads({"Bucket": BUCKET})
    assert not aws.world.files.places()


def test_an_unexpected_owner_is_refused(aws: Aws) -> None:
    new_bucket(aws)
    aws.s3.head_bucket({"Bucket": BUCKET, "ExpectedBucketOwner": aws.account})
    error = refused(aws.s3.head_bucket, {"Bucket": BUCKET, "ExpectedBucketOwner": OTHER})
    assert (error.code, error.status) == ("AccessDenied", 403)
    error = refused(aws.s3.head_bucket, {"Bucket": BUCKET, "ExpectedBucketOwner": "me"})
    assert (error.code, error.status) == ("InvalidBucketOwnerAWSAccountID", 400)


def test_buckets_are_listed_by_page_prefix_and_region(aws: Aws) -> None:
    for name in ("b-1", "a-1", "a-2", "a-3"):
        new_bucket(aws, name)
    aws.s3.create_bucket({"Bucket": "a-4", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}})
    first = aws.s3.list_buckets({"Prefix": "a-", "MaxBuckets": 2})
    assert [each["Name"] for each in first["Buckets"]] == ["a-1", "a-2"]
    assert first["Prefix"] == "a-"
    more = aws.s3.list_buckets({"Prefix": "a-", "MaxBuckets": 2, "ContinuationToken": first["ContinuationToken"]})
    assert [each["Name"] for each in more["Buckets"]] == ["a-3", "a-4"]
    assert "ContinuationToken" not in more
    only = aws.s3.list_buckets({"BucketRegion": "eu-west-1"})
    assert [(each["Name"], each["BucketRegion"]) for each in only["Buckets"]] == [("a-4", "eu-west-1")]
    assert refused(aws.s3.list_buckets, {"MaxBuckets": 0}).code == "InvalidArgument"
    assert refused(aws.s3.list_buckets, {"ContinuationToken": "é"}).code == "InvalidArgument"


def test_object_lock_enables_versioning_for_good(aws: Aws) -> None:
    new_bucket(aws, ObjectLockEnabledForBucket=True)
    assert aws.s3.get_bucket_versioning({"Bucket": BUCKET}) == {"Status": "Enabled"}
    asked = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Suspended"}}
    error = refused(aws.s3.put_bucket_versioning, asked)
    assert (error.code, error.status) == ("InvalidBucketState", 409)


def test_what_is_not_built_says_so(aws: Aws) -> None:
    error = refused(aws.s3.create_bucket, {"Bucket": BUCKET, "BucketNamespace": "account-regional"})
    assert (error.code, error.status) == ("NotImplemented", 501)
