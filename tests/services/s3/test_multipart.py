"""Uploads in parts."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from foulweather.kernel.checksums import encoded
from foulweather.kernel.errors import AwsError
from harness import Aws
from services.s3.s3_calls import BUCKET, PART, crc64, done, get, incoming, new_bucket, put, refused, sha256, whole

OTHER = "444455556666"


@pytest.fixture
def s3(aws: Aws) -> Aws:
    new_bucket(aws)
    return aws


def begin(aws: Aws, key: str = "a", **more: Any) -> dict[str, Any]:
    upload = aws.s3.create_multipart_upload({"Bucket": BUCKET, "Key": key, **more})["UploadId"]
    return {"Bucket": BUCKET, "Key": key, "UploadId": upload}


async def send(aws: Aws, upload: dict[str, Any], number: int, data: bytes, **more: Any) -> dict[str, Any]:
    body = incoming(data, 1 << 20) if len(data) > 1 << 20 else data
    asked = {**upload, "PartNumber": number, "Body": body, **more}
    return {"PartNumber": number, **await done(aws.s3.upload_part(asked))}


def complete(aws: Aws, upload: dict[str, Any], *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    listed = [{name: part[name] for name in part if name in ("PartNumber", "ETag", *SUMS)} for part in parts]
    return aws.s3.complete_multipart_upload({**upload, "MultipartUpload": {"Parts": listed}, **more})


SUMS = ("ChecksumSHA256", "ChecksumCRC32", "ChecksumCRC64NVME")
ONE, TWO = b"1" * PART, b"22"


async def test_parts_become_one_object_in_the_order_of_their_numbers(s3: Aws) -> None:
    upload = begin(s3, ContentType="text/plain", Metadata={"a": "b"})
    last = await send(s3, upload, 7, TWO)
    first = await send(s3, upload, 2, ONE)
    told = complete(s3, upload, first, last)
    digests = hashlib.md5(ONE).digest() + hashlib.md5(TWO).digest()
    assert told["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert told["Location"].endswith("/a")
    found = get(s3, "a", ChecksumMode="ENABLED")
    assert await whole(found["Body"]) == ONE + TWO
    assert (found["ContentType"], found["Metadata"]) == ("text/plain", {"a": "b"})
    assert (found["ChecksumCRC64NVME"], found["ChecksumType"]) == (crc64(ONE + TWO), "FULL_OBJECT")
    assert "Uploads" not in s3.s3.list_multipart_uploads({"Bucket": BUCKET})
    part = get(s3, "a", PartNumber=7)
    assert (part["Body"], part["PartsCount"], part["ContentRange"]) == (TWO, 2, f"bytes {PART}-{PART + 1}/{PART + 2}")
    assert len(s3.world.files.places()) == 2, "the parts' files are the object's"
    s3.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
    s3.world.store.commit()
    assert not s3.world.files.places()


async def test_completing_again_answers_the_same(s3: Aws) -> None:
    upload = begin(s3)
    part = await send(s3, upload, 1, b"x")
    told = complete(s3, upload, part)
    assert complete(s3, upload, part) == told
    assert refused(s3.s3.abort_multipart_upload, upload).code == "NoSuchUpload"
    s3.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
    with pytest.raises(Exception, match="NoSuchUpload"):
        complete(s3, upload, part)


async def test_an_object_of_no_bytes_can_come_in_a_part(s3: Aws) -> None:
    upload = begin(s3)
    complete(s3, upload, await send(s3, upload, 1, b""))
    assert get(s3, "a")["Body"] == b""


async def test_what_does_not_fit_together_is_refused(s3: Aws) -> None:
    upload = begin(s3)
    small = await send(s3, upload, 1, b"small")
    last = await send(s3, upload, 2, b"last")

    def code(*parts: dict[str, Any], **more: Any) -> tuple[str, int]:
        with pytest.raises(AwsError) as caught:
            complete(s3, upload, *parts, **more)
        error: Any = caught.value
        assert error.why.facts
        return error.code, error.status

    assert code(small, last) == ("EntityTooSmall", 400)
    assert code(last, small) == ("InvalidPartOrder", 400)
    assert code(small, small) == ("InvalidPartOrder", 400)
    assert code({**small, "ETag": '"other"'}) == ("InvalidPart", 400)
    assert code({**small, "PartNumber": 3}) == ("InvalidPart", 400)
    assert code() == ("MalformedXML", 400)
    assert code(small, MpuObjectSize=6) == ("InvalidRequest", 400)
    assert code(small, ChecksumCRC64NVME=crc64(b"other")) == ("BadDigest", 400)
    complete(s3, upload, last, MpuObjectSize=4)


def test_an_upload_that_is_none_is_refused(s3: Aws) -> None:
    none = {"Bucket": BUCKET, "Key": "a", "UploadId": "none"}
    for call, more in (
        (s3.s3.upload_part, {"PartNumber": 1}),
        (s3.s3.list_parts, {}),
        (s3.s3.abort_multipart_upload, {}),
        (s3.s3.complete_multipart_upload, {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "a"}]}}),
    ):
        error = refused(call, {**none, **more})
        assert (error.code, error.status, error.members) == ("NoSuchUpload", 404, {"UploadId": "none"})
    upload = begin(s3)
    assert refused(s3.s3.list_parts, {**upload, "Key": "b"}).code == "NoSuchUpload"


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_numbers_have_limits(s3: Aws, number: int) -> None:
    error = refused(s3.s3.upload_part, {**begin(s3), "PartNumber": number, "Body": b"x"})
    assert (error.code, error.members["ArgumentName"]) == ("InvalidArgument", "partNumber")


async def test_an_aborted_upload_leaves_nothing(s3: Aws) -> None:
    upload = begin(s3)
    await send(s3, upload, 1, ONE)
    late = asyncio.ensure_future(send(s3, upload, 2, ONE))
    await asyncio.sleep(0)
    s3.s3.abort_multipart_upload(upload)
    with pytest.raises(Exception, match="NoSuchUpload"):
        await late
    assert not s3.world.files.places()


async def test_a_part_sent_again_replaces_the_first(s3: Aws) -> None:
    upload = begin(s3)
    await send(s3, upload, 1, b"a" * 100_000)
    part = await send(s3, upload, 1, b"b" * 100_000)
    complete(s3, upload, part)
    assert get(s3, "a")["Body"] == b"b" * 100_000
    assert len(s3.world.files.places()) == 1


class TestChecksums:
    async def test_composite_is_of_the_parts_checksums(self, s3: Aws) -> None:
        upload = begin(s3, ChecksumAlgorithm="SHA256")
        parts = [
            await send(s3, upload, 1, ONE, ChecksumSHA256=sha256(ONE)),
            await send(s3, upload, 2, TWO, ChecksumSHA256=sha256(TWO)),
        ]
        with pytest.raises(Exception, match="must include the checksum for each part"):
            complete(s3, upload, *[{name: part[name] for name in ("PartNumber", "ETag")} for part in parts])
        told = complete(s3, upload, *parts)
        digests = base64.b64decode(sha256(ONE)) + base64.b64decode(sha256(TWO))
        assert told["ChecksumSHA256"] == f"{sha256(digests)}-2"
        assert told["ChecksumType"] == "COMPOSITE"
        asked = {"Bucket": BUCKET, "Key": "a", "ObjectAttributes": ["ObjectParts", "Checksum", "ObjectSize", "ETag"]}
        told = s3.s3.get_object_attributes({**asked, "MaxParts": 1})
        assert told["ObjectParts"]["Parts"] == [{"PartNumber": 1, "Size": PART, "ChecksumSHA256": sha256(ONE)}]
        assert told["ObjectParts"]["IsTruncated"] is True
        assert told["ObjectSize"] == PART + 2

    @pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
    async def test_full_object_is_as_if_put_whole(self, s3: Aws, algorithm: str) -> None:
        upload = begin(s3, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
        parts = [await send(s3, upload, 1, ONE), await send(s3, upload, 2, TWO)]
        told = complete(s3, upload, *parts, **{f"Checksum{algorithm}": encoded(algorithm, ONE + TWO)})
        assert told[f"Checksum{algorithm}"] == encoded(algorithm, ONE + TWO)

    @pytest.mark.parametrize(
        "asked",
        [
            {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
            {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
            {"ChecksumType": "COMPOSITE"},
            {"ChecksumAlgorithm": "ADLER"},
        ],
    )
    def test_kinds_that_an_algorithm_has_not_are_refused(self, s3: Aws, asked: dict[str, str]) -> None:
        error = refused(s3.s3.create_multipart_upload, {"Bucket": BUCKET, "Key": "a", **asked})
        assert (error.code, error.status) == ("InvalidRequest", 400)

    async def test_a_part_must_be_summed_as_its_upload(self, s3: Aws) -> None:
        upload = begin(s3, ChecksumAlgorithm="SHA256")
        for more in ({}, {"ChecksumCRC32": encoded("CRC32", b"x")}):
            error = refused(s3.s3.upload_part, {**upload, "PartNumber": 1, "Body": b"x", **more})
            assert "Checksum Type mismatch occurred, expected checksum Type: sha256" in error.message


async def test_a_condition_holds_at_the_end(s3: Aws) -> None:
    upload = begin(s3)
    part = await send(s3, upload, 1, b"mine")
    put(s3, "a", b"theirs")
    with pytest.raises(Exception, match="PreconditionFailed"):
        complete(s3, upload, part, IfNoneMatch="*")
    s3.s3.delete_object({"Bucket": BUCKET, "Key": "a"})
    complete(s3, upload, part, IfNoneMatch="*")
    assert get(s3, "a")["Body"] == b"mine"


class TestLists:
    async def test_parts_by_page(self, s3: Aws) -> None:
        upload = begin(s3)
        for number in (5, 1, 3):
            await send(s3, upload, number, b"x" * number)
        page = s3.s3.list_parts({**upload, "MaxParts": 2})
        assert [(each["PartNumber"], each["Size"]) for each in page["Parts"]] == [(1, 1), (3, 3)]
        assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 3)
        page = s3.s3.list_parts({**upload, "PartNumberMarker": "3"})
        assert [each["PartNumber"] for each in page["Parts"]] == [5]
        assert page["IsTruncated"] is False

    async def test_uploads_by_page(self, s3: Aws) -> None:
        made = []
        for key in ("a", "a", "b/1", "b/2", "c"):
            made.append((key, begin(s3, key)["UploadId"]))
            await s3.advance(seconds=1)
        seen: list[tuple[str, str]] = []
        more: dict[str, Any] = {}
        for _ in range(9):
            page = s3.s3.list_multipart_uploads({"Bucket": BUCKET, "MaxUploads": 2, **more})
            seen += [(each["Key"], each["UploadId"]) for each in page["Uploads"]]
            if not page["IsTruncated"]:
                break
            more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
        assert seen == made
        page = s3.s3.list_multipart_uploads({"Bucket": BUCKET, "Delimiter": "/"})
        assert [each["Key"] for each in page["Uploads"]] == ["a", "a", "c"]
        assert page["CommonPrefixes"] == [{"Prefix": "b/"}]
        page = s3.s3.list_multipart_uploads({"Bucket": BUCKET, "Delimiter": "/", "KeyMarker": "b/"})
        assert [each["Key"] for each in page["Uploads"]] == ["c"]
        assert "CommonPrefixes" not in page


class TestCopiedParts:
    async def test_a_range_of_an_object_becomes_a_part(self, s3: Aws) -> None:
        data = bytes(range(256)) * 40_000
        await done(put(s3, "source", b"", Body=incoming(data, 1 << 20)))
        upload = begin(s3)
        asked = {**upload, "CopySource": f"/{BUCKET}/source"}
        one = await done(
            s3.s3.upload_part_copy({**asked, "PartNumber": 1, "CopySourceRange": f"bytes=100-{PART + 99}"})
        )
        two = await done(s3.s3.upload_part_copy({**asked, "PartNumber": 2, "CopySourceRange": "bytes=0-9"}))
        parts = [{"PartNumber": n, "ETag": each["CopyPartResult"]["ETag"]} for n, each in ((1, one), (2, two))]
        complete(s3, upload, *parts)
        assert await whole(get(s3, "a")["Body"]) == data[100 : PART + 100] + data[:10]

    @pytest.mark.parametrize("text", ["bytes=0-10", "bytes=5-2", "bytes=-3", "0-1", "bytes=0-"])
    def test_a_range_must_lie_within(self, s3: Aws, text: str) -> None:
        put(s3, "source", b"0123456789")
        asked = {**begin(s3), "CopySource": f"{BUCKET}/source", "PartNumber": 1, "CopySourceRange": text}
        error = refused(s3.s3.upload_part_copy, asked)
        assert (error.code, error.members["ArgumentName"]) == ("InvalidArgument", "x-amz-copy-source-range")
