"""KMS that a fault holds up: what needs its keys waits, and is decided by what is true then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.answers import Answers
from foulweather.kernel.errors import AwsError
from gates.people import allow, user
from harness import Aws
from services.s3.s3_calls import BUCKET, PART, done, incoming, new_bucket, put, refused
from services.s3.test_encryption import READ, by_default, new_key

DELAY_MS = 2_000


@pytest.fixture
def key(aws: Aws) -> str:
    new_bucket(aws)
    key = new_key(aws)
    by_default(aws, key=key)
    return key


def slow(aws: Aws, operation: str = "") -> None:
    Faults.of(aws.world).add(
        kind="slow", service="kms", delay_ms=DELAY_MS, **({"operation": operation} if operation else {})
    )


async def late(aws: Aws, answer: Any, delay_ms: int = DELAY_MS) -> Any:
    """An answer that comes after the delay, and not before."""
    asked = asyncio.ensure_future(done(answer))
    await asyncio.sleep(0)
    await aws.advance(ms=delay_ms - 1)
    assert not asked.done()
    await aws.advance(ms=1)
    return await asked


async def test_a_write_and_a_read_wait_for_their_data_keys(aws: Aws, key: str) -> None:
    slow(aws)
    made = await late(aws, aws.s3.put_object({**READ, "Body": b"late"}))
    assert made["SSEKMSKeyId"] == key
    found = await late(aws, aws.s3.get_object(READ))
    assert found["Body"] == b"late"
    assert aws.s3.head_object(READ)["LastModified"] == aws.now - DELAY_MS
    assert aws.world.in_flight == 0
    assert not Answers.of(aws.world)


async def test_a_large_body_is_taken_in_after_the_key_has_come(aws: Aws, key: str) -> None:
    slow(aws)
    data = bytes(PART)
    await late(aws, aws.s3.put_object({**READ, "Body": incoming(data)}))
    assert aws.s3.head_object(READ)["ContentLength"] == PART


async def test_what_is_decided_is_decided_by_what_is_true_then(aws: Aws, key: str) -> None:
    slow(aws, "GenerateDataKey")
    asked = asyncio.ensure_future(done(aws.s3.put_object({**READ, "Body": b"mine", "IfNoneMatch": "*"})))
    await asyncio.sleep(0)
    await aws.advance(ms=DELAY_MS // 2)
    put(aws, "a", b"theirs", ServerSideEncryption="AES256")
    await aws.advance(ms=DELAY_MS // 2)
    with pytest.raises(AwsError) as caught:
        await asked
    assert caught.value.code == "PreconditionFailed"
    assert aws.s3.get_object(READ)["Body"] == b"theirs"


async def test_a_bucket_that_goes_meanwhile_is_gone(aws: Aws, key: str) -> None:
    slow(aws)
    asked = asyncio.ensure_future(done(aws.s3.put_object({**READ, "Body": b"x"})))
    await asyncio.sleep(0)
    aws.s3.delete_bucket({"Bucket": BUCKET})
    await aws.advance(ms=DELAY_MS)
    with pytest.raises(AwsError) as caught:
        await asked
    assert caught.value.code == "NoSuchBucket"


async def test_a_refusal_that_comes_late_is_told_as_s3_tells_it(aws: Aws, key: str) -> None:
    put(aws, "a")
    slow(aws)
    asked = asyncio.ensure_future(done(aws.s3.get_object(READ)))
    await asyncio.sleep(0)
    Faults.of(aws.world).clear()
    aws.kms.disable_key({"KeyId": key})
    await aws.advance(ms=DELAY_MS)
    with pytest.raises(AwsError) as caught:
        await asked
    assert (caught.value.code, caught.value.status) == ("KMS.DisabledException", 400)


async def test_one_who_may_not_use_the_key_is_refused_at_once(aws: Aws, key: str) -> None:
    put(aws, "a")
    slow(aws)
    alice = user(aws, "alice", allow("s3:*"))
    assert refused(alice.s3.get_object, READ).code == "AccessDenied"


async def test_a_copy_waits_for_both_keys_and_a_part_for_its_own(aws: Aws, key: str) -> None:
    put(aws, "a", b"x")
    slow(aws)
    copy = {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a"}
    await late(aws, aws.s3.copy_object(copy), 2 * DELAY_MS)
    upload = (await late(aws, aws.s3.create_multipart_upload({"Bucket": BUCKET, "Key": "c"})))["UploadId"]
    part = {"Bucket": BUCKET, "Key": "c", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    etag = (await late(aws, aws.s3.upload_part(part)))["ETag"]
    whole = {**part, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
    del whole["Body"], whole["PartNumber"]
    await late(aws, aws.s3.complete_multipart_upload(whole))
    assert aws.s3.head_object({"Bucket": BUCKET, "Key": "c"})["ContentLength"] == 1
