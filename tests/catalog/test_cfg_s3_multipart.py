"""Large objects in parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from catalog.configurations import refused, visit
from foulweather.testing import Aws

BUCKET, KEY = "shop-videos", "launch.mp4"
MIB = 1 << 20


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def begun(s3: Any) -> str:
    return s3.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"]


def part(s3: Any, upload: str, number: int, body: bytes) -> dict[str, Any]:
    etag = s3.upload_part(Bucket=BUCKET, Key=KEY, UploadId=upload, PartNumber=number, Body=body)["ETag"]
    return {"PartNumber": number, "ETag": etag}


def complete(s3: Any, upload: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return s3.complete_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload, MultipartUpload={"Parts": parts})


def test_parts_become_one_object_whose_etag_tells_how_many(s3: Any) -> None:
    upload = begun(s3)
    parts = [part(s3, upload, 1, b"a" * 5 * MIB), part(s3, upload, 2, b"b" * 5 * MIB), part(s3, upload, 3, b"c")]
    done = complete(s3, upload, parts)
    assert done["ETag"].strip('"').endswith("-3")
    told = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert (told["ContentLength"], told["ETag"]) == (10 * MIB + 1, done["ETag"])
    assert s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=5242878-5242881")["Body"].read() == b"aabb"
    assert s3.get_object(Bucket=BUCKET, Key=KEY, PartNumber=3)["Body"].read() == b"c"


def test_every_part_but_the_last_has_5_mib_at_least(s3: Any) -> None:
    upload = begun(s3)
    parts = [part(s3, upload, 1, b"a" * (5 * MIB - 1)), part(s3, upload, 2, b"b")]
    assert refused(lambda: complete(s3, upload, parts))["Code"] == "EntityTooSmall"


def test_an_upload_under_way_is_no_object_and_is_listed_and_kept_until_it_is_aborted(aws: Aws, s3: Any) -> None:
    upload = begun(s3)
    part(s3, upload, 1, b"a" * 5 * MIB)
    assert refused(s3.head_object, Bucket=BUCKET, Key=KEY)["Status"] == 404
    aws.advance("30d")
    (found,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    assert (found["Key"], found["UploadId"]) == (KEY, upload)
    (kept,) = s3.list_parts(Bucket=BUCKET, Key=KEY, UploadId=upload)["Parts"]
    assert kept["Size"] == 5 * MIB, "its storage is billed"
    s3.abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    assert refused(s3.list_parts, Bucket=BUCKET, Key=KEY, UploadId=upload)["Code"] == "NoSuchUpload"


def test_more_than_5_gb_in_one_piece_is_refused_before_it_is_sent(aws: Aws, s3: Any) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": KEY})
    answer = visit(aws, "PUT", url, stream=nothing(), Content_Length=str((5 << 30) + 1))
    assert answer.status == 400
    assert b"<Code>EntityTooLarge</Code>" in answer.body


def test_parts_are_numbered_from_1_to_10000_and_completed_in_order(s3: Any) -> None:
    upload = begun(s3)
    for number in (0, 10_001):
        assert refused(lambda number=number: part(s3, upload, number, b"x"))["Code"] == "InvalidArgument"
    parts = [part(s3, upload, 1, b"a" * 5 * MIB), part(s3, upload, 2, b"b")]
    assert refused(lambda: complete(s3, upload, parts[::-1]))["Code"] == "InvalidPartOrder"
    assert refused(lambda: complete(s3, upload, [{"PartNumber": 1, "ETag": '"0"'}]))["Code"] == "InvalidPart"
