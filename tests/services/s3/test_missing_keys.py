"""Who is told that a key is missing: who may list the bucket, even if he may not read what is in it."""

from __future__ import annotations

import pytest

from gates.people import deny, user
from harness import Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused
from services.s3.s3_people import nobody, open_up, policy, statement, stranger, with_lists

READ = {"Bucket": BUCKET, "Key": "public/gone"}
LISTING = statement(BUCKET, "s3:ListBucket", on="")


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_nobody_is_told_by_a_public_list_what_is_missing(aws: Aws, operation: str) -> None:
    new_bucket(aws)
    open_up(aws, BUCKET)
    with_lists(aws, BUCKET)
    ask = getattr(nobody(aws).s3, operation)
    assert refused(ask, READ).status == 403
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "ACL": "public-read"})
    error = refused(ask, READ)
    assert (error.code, error.status) == ("NoSuchKey", 404)


def test_what_is_there_stays_denied(aws: Aws) -> None:
    new_bucket(aws)
    open_up(aws, BUCKET)
    policy(aws, BUCKET, LISTING)
    put(aws, READ["Key"])
    assert refused(stranger(aws, {"Effect": "Allow", "Action": "*", "Resource": "*"}).s3.get_object, READ).status == 403


def test_a_delete_marker_is_told_as_one(aws: Aws) -> None:
    new_bucket(aws)
    open_up(aws, BUCKET)
    aws.s3.put_bucket_versioning({"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}})
    policy(aws, BUCKET, LISTING)
    put(aws, READ["Key"])
    aws.s3.delete_object(READ)
    error = refused(nobody(aws).s3.get_object, READ)
    assert error.code == "NoSuchKey"
    assert dict(error.headers)["x-amz-delete-marker"] == "true"


def test_a_listing_under_a_prefix_counts_for_its_keys(aws: Aws) -> None:
    new_bucket(aws)
    open_up(aws, BUCKET)
    only = {"Condition": {"StringLike": {"s3:prefix": "public/*"}}}
    policy(aws, BUCKET, {**LISTING, **only})
    asked = nobody(aws).s3.get_object
    assert refused(asked, READ).status == 404
    assert refused(asked, {"Bucket": BUCKET, "Key": "private/gone"}).status == 403


def test_an_explicit_deny_hides_what_is_missing(aws: Aws) -> None:
    new_bucket(aws)
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    alice = user(aws, "alice", everything, deny("s3:GetObject", "*"))
    assert refused(alice.s3.get_object, READ).status == 403
