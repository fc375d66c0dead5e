"""Objects as their callers see them."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from harness import Aws, new_aws
from services.s3.s3_calls import (
    BUCKET,
    b64,
    body_of,
    count_requests,
    crc64,
    done,
    get,
    incoming,
    new_bucket,
    put,
    refused,
    sha256,
    whole,
)


@pytest.fixture
def s3(aws: Aws) -> Aws:
    new_bucket(aws)
    return aws


def test_what_was_put_is_got(s3: Aws) -> None:
    told = put(s3, "a", b"hello", ContentType="text/plain", Metadata={"Colour": "blue"}, CacheControl="no-store")
    assert told["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert told["ChecksumCRC64NVME"] == crc64(b"hello")
    assert told["ChecksumType"] == "FULL_OBJECT"
    assert "VersionId" not in told
    found = get(s3, "a")
    assert found["Body"] == b"hello"
    assert found["ContentLength"] == 5
    assert found["ContentType"] == "text/plain"
    assert found["Metadata"] == {"colour": "blue"}
    assert found["CacheControl"] == "no-store"
    assert found["LastModified"] == s3.now
    assert "ChecksumCRC64NVME" not in found


def test_an_object_without_bytes_is_an_object(s3: Aws) -> None:
    put(s3, "empty", b"")
    found = get(s3, "empty")
    assert (found["Body"], found["ContentLength"]) == (b"", 0)
    assert found["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize("key", ["../a", "/a", "a//b", ".", "..", "a/../b", "a\\b", "é/ü", "a b+c%20", "\U0001f600"])
def test_tricks_of_paths_are_plain_keys(s3: Aws, key: str) -> None:
    put(s3, key, key.encode())
    assert body_of(s3, key) == key.encode()
    assert [entry["Key"] for entry in s3.s3.list_objects_v2({"Bucket": BUCKET})["Contents"]] == [key]


def test_a_key_may_have_1024_bytes_and_no_more(s3: Aws) -> None:
    put(s3, "é" * 512)
    error = refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "é" * 512 + "a"})
    assert (error.code, error.status) == ("KeyTooLongError", 400)
    assert error.members == {"Size": 1025, "MaxSizeAllowed": 1024}


def test_metadata_may_have_2_kb_and_no_more(s3: Aws) -> None:
    put(s3, "a", Metadata={"k" * 48: "v" * 2000})
    error = refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "a", "Metadata": {"k" * 48: "v" * 2001}})
    assert (error.code, error.members["MaxSizeAllowed"]) == ("MetadataTooLarge", 2048)


def test_metadata_beyond_ascii_is_told_by_rfc_2047(s3: Aws) -> None:
    coded = "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="
    put(s3, "a", Metadata={"nonascii": coded})
    assert get(s3, "a")["Metadata"] == {"nonascii": coded}
    put(s3, "b", Metadata={"nonascii": "é"})
    assert get(s3, "b")["Metadata"] == {"nonascii": "=?UTF-8?B?w6k=?="}


def test_a_missing_key_is_named(s3: Aws) -> None:
    error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "none"})
    assert (error.code, error.status, error.message) == ("NoSuchKey", 404, "The specified key does not exist.")
    assert error.members == {"Key": "none"}
    assert error.why.facts


def test_a_missing_bucket_is_named(aws: Aws) -> None:
    error = refused(aws.s3.get_object, {"Bucket": "none-at-all", "Key": "a"})
    assert (error.code, error.status, error.members) == ("NoSuchBucket", 404, {"BucketName": "none-at-all"})


class TestRanges:
    @pytest.mark.parametrize(
        ("asked", "content", "told"),
        [
            ("bytes=0-0", b"0", "bytes 0-0/10"),
            ("bytes=2-5", b"2345", "bytes 2-5/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=7-100", b"789", "bytes 7-9/10"),
            ("bytes=-3", b"789", "bytes 7-9/10"),
            ("bytes=-100", b"0123456789", "bytes 0-9/10"),
        ],
    )
    def test_a_range_is_read(self, s3: Aws, asked: str, content: bytes, told: str) -> None:
        put(s3, "a", b"0123456789")
        found = get(s3, "a", Range=asked)
        assert (found["Body"], found["ContentRange"], found["ContentLength"]) == (content, told, len(content))
        assert "Body" not in s3.s3.head_object({"Bucket": BUCKET, "Key": "a", "Range": asked})

    @pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=5-2", "lines=1-2", "bytes", "bytes=a-b", ""])
    def test_what_is_no_single_range_is_ignored(self, s3: Aws, asked: str) -> None:
        put(s3, "a", b"0123456789")
        found = get(s3, "a", Range=asked)
        assert found["Body"] == b"0123456789"
        assert "ContentRange" not in found

    @pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
    def test_a_range_behind_the_end_is_refused(self, s3: Aws, asked: str) -> None:
        put(s3, "a", b"0123456789")
        error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "Range": asked})
        assert (error.code, error.status) == ("InvalidRange", 416)
        assert error.members == {"RangeRequested": asked, "ActualObjectSize": 10}

    def test_nothing_of_an_empty_object_is_a_range(self, s3: Aws) -> None:
        put(s3, "a", b"")
        assert refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "Range": "bytes=0-"}).status == 416

    def test_the_first_part_of_an_object_put_whole_is_all_of_it(self, s3: Aws) -> None:
        put(s3, "a", b"0123456789")
        found = get(s3, "a", PartNumber=1)
        assert (found["Body"], found["ContentRange"]) == (b"0123456789", "bytes 0-9/10")
        assert "PartsCount" not in found
        error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "PartNumber": 2})
        assert (error.code, error.status) == ("InvalidPartNumber", 416)
        error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "PartNumber": 1, "Range": "bytes=0-1"})
        assert error.code == "InvalidRequest"

    async def test_ranges_of_files_are_read(self, s3: Aws) -> None:
        data = bytes(range(256)) * 8192
        await done(put(s3, "a", b"", Body=incoming(data)))
        assert await whole(get(s3, "a", Range="bytes=300000-1900000")["Body"]) == data[300000:1900001]
        assert get(s3, "a", Range="bytes=-5")["Body"] == data[-5:]
        assert await whole(get(s3, "a")["Body"]) == data


class TestConditionsOnReads:
    async def test_each_condition_answers_as_rfc_7232_says(self, s3: Aws) -> None:
        put(s3, "a", b"a")
        etag = f'"{hashlib.md5(b"a").hexdigest()}"'
        modified = s3.now
        await s3.advance(seconds=100)

        def status(**conditions: object) -> int:
            asked = {"Bucket": BUCKET, "Key": "a", **conditions}
            try:
                s3.s3.get_object(asked)
            except Exception as error:
                return error.status  # type: ignore[attr-defined]
            return 200

        assert status(IfMatch=etag) == 200
        assert status(IfMatch="*") == 200
        assert status(IfMatch='"other"') == 412
        assert status(IfNoneMatch=etag) == 304
        assert status(IfNoneMatch='"other"') == 200
        assert status(IfModifiedSince=modified) == 304
        assert status(IfModifiedSince=modified - 1000) == 200
        assert status(IfModifiedSince=s3.now + 10_000_000) == 200, "a date in the future is no condition"
        assert status(IfUnmodifiedSince=modified) == 200
        assert status(IfUnmodifiedSince=modified - 1000) == 412
        assert status(IfMatch=etag, IfUnmodifiedSince=modified - 1000) == 200
        assert status(IfNoneMatch='"other"', IfModifiedSince=modified) == 200
        assert status(IfNoneMatch=etag, IfModifiedSince=modified - 1000) == 304

    def test_what_is_not_modified_tells_its_etag(self, s3: Aws) -> None:
        put(s3, "a", b"a")
        error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "IfNoneMatch": "*"})
        assert dict(error.headers)["ETag"] == f'"{hashlib.md5(b"a").hexdigest()}"'
        assert "Last-Modified" in dict(error.headers)
        error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "IfMatch": '"b"'})
        assert error.members == {"Condition": "If-Match"}


class TestConditionsOnWrites:
    def test_none_match_writes_once(self, s3: Aws) -> None:
        put(s3, "a", b"1", IfNoneMatch="*")
        error = refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "a", "Body": b"2", "IfNoneMatch": "*"})
        assert (error.code, error.status) == ("PreconditionFailed", 412)
        assert error.members == {"Condition": "If-None-Match"}
        assert body_of(s3, "a") == b"1"
        s3.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
        put(s3, "a", b"3", IfNoneMatch="*")

    def test_match_writes_over_what_was_read(self, s3: Aws) -> None:
        etag = put(s3, "a", b"1")["ETag"]
        put(s3, "a", b"2", IfMatch=etag)
        assert refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "a", "IfMatch": etag}).status == 412
        missing = refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "b", "IfMatch": etag})
        assert (missing.code, missing.status) == ("NoSuchKey", 404)

    def test_a_delete_marker_counts_as_nothing(self, aws: Aws) -> None:
        new_bucket(aws, versioning="Enabled")
        put(aws, "a", b"1")
        aws.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
        put(aws, "a", b"2", IfNoneMatch="*")
        assert body_of(aws, "a") == b"2"

    @pytest.mark.parametrize("condition", [{"IfNoneMatch": '"etag"'}, {"IfMatch": "*", "IfNoneMatch": "*"}])
    def test_other_conditions_are_not_implemented_as_on_aws(self, s3: Aws, condition: dict[str, str]) -> None:
        error = refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "a", **condition})
        assert (error.code, error.status) == ("NotImplemented", 501)

    async def test_a_deletion_while_bytes_arrive_is_a_conflict(self, s3: Aws) -> None:
        asked = {"Bucket": BUCKET, "Key": "a", "Body": incoming(b"x" * 200_000), "IfNoneMatch": "*"}
        task = asyncio.ensure_future(s3.s3.put_object(asked))
        await asyncio.sleep(0)
        put(s3, "a", b"y")
        s3.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
        with pytest.raises(Exception, match="ConditionalRequestConflict"):
            await task
        assert s3.s3.list_objects_v2({"Bucket": BUCKET})["KeyCount"] == 0
        assert not s3.world.files.places()


class TestIntegrity:
    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"ContentMD5": "nonsense"}, "InvalidDigest"),
            ({"ContentMD5": b64(b"0" * 16)}, "BadDigest"),
            ({"ChecksumSHA256": sha256(b"other")}, "BadDigest"),
            ({"ChecksumSHA256": "AAAA"}, "InvalidRequest"),
            ({"ChecksumSHA256": sha256(b"x"), "ChecksumCRC32": "AAAAAA=="}, "InvalidRequest"),
            ({"ChecksumAlgorithm": "SHA256"}, "InvalidRequest"),
            ({"ChecksumAlgorithm": "CRC32", "ChecksumSHA256": sha256(b"x")}, "InvalidRequest"),
            ({"ChecksumAlgorithm": "ADLER"}, "InvalidRequest"),
        ],
    )
    def test_bytes_that_are_not_what_was_declared_are_refused(self, s3: Aws, wrong: dict[str, str], code: str) -> None:
        error = refused(s3.s3.put_object, {"Bucket": BUCKET, "Key": "a", "Body": b"x" * 20_000, **wrong})
        assert (error.code, error.status) == (code, 400)
        assert s3.s3.list_objects_v2({"Bucket": BUCKET})["KeyCount"] == 0
        assert not s3.world.files.places()

    def test_the_checksum_that_was_sent_is_kept(self, s3: Aws) -> None:
        told = put(s3, "a", b"abc", ChecksumSHA256=sha256(b"abc"), ContentMD5=b64(hashlib.md5(b"abc").digest()))
        assert told["ChecksumSHA256"] == sha256(b"abc")
        found = get(s3, "a", ChecksumMode="ENABLED")
        assert (found["ChecksumSHA256"], found["ChecksumType"]) == (sha256(b"abc"), "FULL_OBJECT")
        assert "ChecksumSHA256" not in get(s3, "a", ChecksumMode="ENABLED", Range="bytes=0-1")

    async def test_a_streamed_body_is_checked_too(self, s3: Aws) -> None:
        data = b"streamed" * 50_000
        told = await done(put(s3, "a", b"", Body=incoming(data), ChecksumSHA256=sha256(data)))
        assert told["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
        with pytest.raises(Exception, match="BadDigest"):
            await done(put(s3, "b", b"", Body=incoming(data), ChecksumSHA256=sha256(b"")))
        with pytest.raises(Exception, match="IncompleteBody"):
            await done(put(s3, "b", b"", Body=incoming(data, cut=1)))
        assert len(s3.world.files.places()) == 1

    async def test_a_checksum_in_a_trailer_is_kept(self, s3: Aws) -> None:
        data = b"trailed" * 50_000
        body = incoming(data, trailers={"x-amz-checksum-sha256": sha256(data)})
        told = await done(put(s3, "a", b"", Body=body, ChecksumAlgorithm="SHA256"))
        assert told["ChecksumSHA256"] == sha256(data)


async def test_bytes_are_there_after_a_restart(tmp_path) -> None:  # type: ignore[no-untyped-def]
    aws = new_aws(directory=tmp_path)
    new_bucket(aws)
    data = b"large" * 100_000
    await done(put(aws, "large", b"", Body=incoming(data)))
    put(aws, "small", b"small")
    put(aws, "gone", b"x" * 50_000)
    aws.s3.delete_object({"Bucket": BUCKET, "Key": "gone"})
    aws.world.close()
    again = new_aws(directory=tmp_path)
    assert await whole(get(again, "large")["Body"]) == data
    assert body_of(again, "small") == b"small"
    assert len(again.world.files.places()) == 1


def test_overrides_of_headers_are_for_those_who_sign(s3: Aws) -> None:
    put(s3, "a")
    found = get(s3, "a", ResponseContentType="text/html", ResponseContentDisposition="attachment")
    assert (found["ContentType"], found["ContentDisposition"]) == ("text/html", "attachment")


async def test_a_put_into_a_bucket_that_goes_meanwhile_leaves_nothing(s3: Aws) -> None:
    task = asyncio.ensure_future(s3.s3.put_object({"Bucket": BUCKET, "Key": "a", "Body": incoming(b"x" * 200_000)}))
    await asyncio.sleep(0)
    s3.s3.delete_bucket({"Bucket": BUCKET})
    with pytest.raises(Exception, match="NoSuchBucket"):
        await task
    assert not s3.world.files.places()


def test_requests_are_told_one_by_one_where_somebody_counts_them(s3: Aws) -> None:
    put(s3, "a", b"four")
    get(s3, "a")
    assert s3.events("s3.Request") == []
    put(s3, "b", b"old", StorageClass="STANDARD_IA")
    get(s3, "b")
    (event,) = s3.events("s3.Request")  # the bill counts what is retrieved of some classes
    assert event.facts["storage_class"] == "STANDARD_IA"
    count_requests(s3)
    put(s3, "a", b"four")
    get(s3, "a")
    found = [each.facts for each in s3.events("s3.Request")[1:]]
    assert [(each["kind"], each["bytes_in"], each["bytes_out"]) for each in found] == [("put", 4, 0), ("get", 0, 4)]
