"""Tags of buckets and objects: their limits, in S3's words."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused

READ = {"Bucket": BUCKET, "Key": "a"}


def tags(**pairs: str) -> dict[str, Any]:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs.items()]}


def many(count: int) -> dict[str, Any]:
    return tags(**{f"k{number}": "v" for number in range(count)})


REFUSED = [
    (tags(**{"": "v"}), "The TagKey you have provided is invalid"),
    (tags(**{"k" * 129: "v"}), "The TagKey you have provided is invalid"),
    (tags(**{"k!": "v"}), "The TagKey you have provided is invalid"),
    (tags(k="v" * 257), "The TagValue you have provided is invalid"),
    (tags(**{"aws:x": "v"}), "System tags cannot be added/updated by requester"),
    (
        {"TagSet": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]},
        "Cannot provide multiple Tags with the same key",
    ),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("operation", ["put_bucket_tagging", "put_object_tagging"])
def test_a_tag_that_breaks_a_rule_is_refused(aws: Aws, operation: str, given: dict[str, Any], message: str) -> None:
    new_bucket(aws)
    put(aws, "a")
    key = {"Key": "a"} if operation == "put_object_tagging" else {}
    error = refused(getattr(aws.s3, operation), {"Bucket": BUCKET, **key, "Tagging": given})
    assert (error.code, error.message) == ("InvalidTag", message)


def test_an_object_has_ten_tags_and_a_bucket_fifty(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    aws.s3.put_object_tagging({**READ, "Tagging": many(10)})
    error = refused(aws.s3.put_object_tagging, {**READ, "Tagging": many(11)})
    assert (error.code, error.message) == ("BadRequest", "Object tags cannot be greater than 10")
    aws.s3.put_bucket_tagging({"Bucket": BUCKET, "Tagging": many(50)})
    assert refused(aws.s3.put_bucket_tagging, {"Bucket": BUCKET, "Tagging": many(51)}).code == "BadRequest"
    assert len(aws.s3.get_object_tagging(READ)["TagSet"]) == 10
    assert len(aws.s3.get_bucket_tagging({"Bucket": BUCKET})["TagSet"]) == 50


def test_tags_of_an_upload_are_in_its_header(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a", Tagging="team=red&cost%20center=a%2Bb")
    assert aws.s3.get_object_tagging(READ)["TagSet"] == tags(**{"cost center": "a+b", "team": "red"})["TagSet"]
    assert aws.s3.head_object(READ)["TagCount"] == 2
    for text in ("=v", "a=1&a=2"):
        assert refused(aws.s3.put_object, {**READ, "Tagging": text}).code == "InvalidArgument"


def test_tags_belong_to_a_version(aws: Aws) -> None:
    new_bucket(aws, versioning="Enabled")
    first = put(aws, "a", Tagging="n=1")["VersionId"]
    second = put(aws, "a", Tagging="n=2")["VersionId"]
    assert aws.s3.get_object_tagging(READ)["VersionId"] == second
    aws.s3.delete_object_tagging({**READ, "VersionId": first})
    assert aws.s3.get_object_tagging({**READ, "VersionId": first})["TagSet"] == []
    assert aws.s3.get_object_tagging(READ)["TagSet"] == tags(n="2")["TagSet"]


def test_no_tags_of_a_bucket_are_a_refusal_and_none_of_an_object_are_not(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    error = refused(aws.s3.get_bucket_tagging, {"Bucket": BUCKET})
    assert (error.code, error.message, error.status) == ("NoSuchTagSet", "The TagSet does not exist", 404)
    assert aws.s3.get_object_tagging(READ)["TagSet"] == []
    assert refused(aws.s3.get_object_tagging, {"Bucket": BUCKET, "Key": "b"}).code == "NoSuchKey"
