"""Copies within S3."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from harness import Aws
from services.s3.s3_calls import BUCKET, body_of, done, get, incoming, new_bucket, put, refused, sha256, whole


@pytest.fixture
def s3(aws: Aws) -> Aws:
    new_bucket(aws)
    return aws


def copy(aws: Aws, source: str, key: str, **more: Any) -> Any:
    return aws.s3.copy_object({"Bucket": BUCKET, "Key": key, "CopySource": source, **more})


def test_a_copy_keeps_what_the_original_says(s3: Aws) -> None:
    put(s3, "a b/é", b"x", ContentType="text/plain", Metadata={"k": "v"}, Tagging="t=1", CacheControl="no-cache")
    told = copy(s3, f"/{BUCKET}/a%20b/%C3%A9", "copy")["CopyObjectResult"]
    assert told["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    found = get(s3, "copy")
    assert (found["ContentType"], found["Metadata"], found["CacheControl"]) == ("text/plain", {"k": "v"}, "no-cache")
    assert found["TagCount"] == 1
    replaced = {"MetadataDirective": "REPLACE", "Metadata": {"n": "w"}, "TaggingDirective": "REPLACE"}
    copy(s3, f"{BUCKET}/copy", "copy", **replaced)
    found = get(s3, "copy")
    assert (found["ContentType"], found["Metadata"]) == ("binary/octet-stream", {"n": "w"})
    assert "TagCount" not in found


def test_a_copy_onto_itself_must_change_something(s3: Aws) -> None:
    put(s3, "a")
    error = refused(s3.s3.copy_object, {"Bucket": BUCKET, "Key": "a", "CopySource": f"{BUCKET}/a"})
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert "without changing" in error.message
    copy(s3, f"{BUCKET}/a", "a", StorageClass="STANDARD_IA")
    assert get(s3, "a")["StorageClass"] == "STANDARD_IA"


async def test_large_objects_are_copied_whole(s3: Aws) -> None:
    data = bytes(range(256)) * 20_000
    await done(put(s3, "a", b"", Body=incoming(data)))
    told = await done(copy(s3, f"{BUCKET}/a", "b", ChecksumAlgorithm="SHA256"))
    assert told["CopyObjectResult"]["ChecksumSHA256"] == sha256(data)
    s3.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
    assert await whole(get(s3, "b")["Body"]) == data
    assert len(s3.world.files.places()) == 1


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("a", "InvalidArgument"),
        ("no-bucket/a", "NoSuchBucket"),
        (f"{BUCKET}/none", "NoSuchKey"),
        ("/", "InvalidArgument"),
    ],
)
def test_a_source_that_is_not_there_is_refused(s3: Aws, source: str, code: str) -> None:
    assert refused(s3.s3.copy_object, {"Bucket": BUCKET, "Key": "b", "CopySource": source}).code == code


def test_conditions_on_the_source_all_answer_412(s3: Aws) -> None:
    etag = put(s3, "a")["ETag"]
    for wrong in (
        {"CopySourceIfMatch": '"other"'},
        {"CopySourceIfNoneMatch": etag},
        {"CopySourceIfModifiedSince": s3.now},
        {"CopySourceIfUnmodifiedSince": s3.now - 10_000},
    ):
        asked = {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a", **wrong}
        assert refused(s3.s3.copy_object, asked).status == 412, wrong
    copy(s3, f"{BUCKET}/a", "b", CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=s3.now - 10_000)
    assert (
        refused(
            s3.s3.copy_object, {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a", "IfNoneMatch": "*"}
        ).status
        == 412
    )


def test_versions_are_copied_by_id(aws: Aws) -> None:
    new_bucket(aws, versioning="Enabled")
    first = put(aws, "a", b"1")["VersionId"]
    put(aws, "a", b"2")
    told = copy(aws, f"{BUCKET}/a?versionId={first}", "a")
    assert told["CopySourceVersionId"] == first
    assert told["VersionId"] != first
    assert body_of(aws, "a") == b"1"
    marker = aws.s3.delete_object({"Bucket": BUCKET, "Key": "a"})["VersionId"]
    assert refused(aws.s3.copy_object, {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a"}).code == "NoSuchKey"
    asked = {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a?versionId={marker}"}
    assert refused(aws.s3.copy_object, asked).code == "InvalidRequest"
