"""Encryption at rest: S3's keys, KMS's, the customer's; and what goes wrong with each."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from foulweather.kernel.checksums import encoded
from gates.people import allow, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, b64, new_bucket, put, refused
from services.s3.s3_people import OTHER, carry_out, nobody, open_up, policy, statement, stranger

READ = {"Bucket": BUCKET, "Key": "a"}
KEY = bytes(range(32))
BROUGHT = {
    "SSECustomerAlgorithm": "AES256",
    "SSECustomerKey": b64(KEY),
    "SSECustomerKeyMD5": b64(hashlib.md5(KEY).digest()),
}


def by_default(aws: Aws, algorithm: str = "aws:kms", key: str = "", **rule: Any) -> None:
    chosen = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": chosen, **rule}]}
    aws.s3.put_bucket_encryption({"Bucket": BUCKET, "ServerSideEncryptionConfiguration": configuration})


def new_key(aws: Aws) -> str:
    return aws.kms.create_key({})["KeyMetadata"]["Arn"]


def asked(aws: Aws, operation: str) -> int:
    return sum(event.facts["operation"] == operation for event in aws.events("api.Call"))


def unblocked(aws: Aws) -> None:
    by_default(aws, "AES256", BlockedEncryptionTypes={"EncryptionType": ["NONE"]})


# --- the default


def test_everything_is_encrypted_with_s3s_keys_unless_told_otherwise(aws: Aws) -> None:
    new_bucket(aws)
    assert put(aws, "a")["ServerSideEncryption"] == "AES256"
    (rule,) = aws.s3.get_bucket_encryption({"Bucket": BUCKET})["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}


def test_the_default_of_the_bucket_is_taken_and_a_request_may_choose_otherwise(aws: Aws) -> None:
    new_bucket(aws)
    key = new_key(aws)
    by_default(aws, key=key)
    assert put(aws, "a")["SSEKMSKeyId"] == key
    assert put(aws, "b", ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"
    aws.s3.delete_bucket_encryption({"Bucket": BUCKET})
    assert put(aws, "c")["ServerSideEncryption"] == "AES256"
    assert aws.s3.head_object(READ)["SSEKMSKeyId"] == key


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "rot13"}}], "MalformedXML"),
        (
            [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}}],
            "InvalidArgument",
        ),
        ([{"BlockedEncryptionTypes": {"EncryptionType": ["NONE", "SSE-C"]}}], "InvalidRequest"),
    ],
)
def test_a_default_that_makes_no_sense_is_refused(aws: Aws, rules: list[Any], code: str) -> None:
    new_bucket(aws)
    request = {"Bucket": BUCKET, "ServerSideEncryptionConfiguration": {"Rules": rules}}
    assert refused(aws.s3.put_bucket_encryption, request).code == code


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ServerSideEncryption": "rot13"}, "The encryption method specified is not supported"),
        ({"SSEKMSKeyId": "alias/x"}, "requires HTTP header x-amz-server-side-encryption : aws:kms"),
        ({"ServerSideEncryption": "AES256", "SSEKMSKeyId": "alias/x"}, "requires HTTP header"),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSEncryptionContext": "{}"}, "shall be Base64-encoded"),
        ({"ServerSideEncryption": "AES256", **BROUGHT}, "is incompatible with the encryption method specified"),
    ],
)
def test_headers_that_make_no_sense_are_refused(aws: Aws, more: dict[str, Any], message: str) -> None:
    new_bucket(aws)
    error = refused(aws.s3.put_object, {**READ, **more})
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert message in error.message


# --- KMS


def test_a_reader_needs_decrypt_and_a_writer_a_data_key(aws: Aws) -> None:
    new_bucket(aws)
    key = new_key(aws)
    by_default(aws, key=key)
    put(aws, "a")
    alice = user(aws, "alice", allow("s3:*"))
    error = refused(alice.s3.get_object, READ)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: kms:Decrypt on resource: {key} "
        "because no identity-based policy allows the kms:Decrypt action"
    )
    error = refused(alice.s3.put_object, READ)
    assert "kms:GenerateDataKey" in error.message
    carry_out(aws, refused(alice.s3.get_object, READ).why.first_cause().remedy[0])
    assert alice.s3.get_object(READ)["Body"] == b"x"
    assert refused(alice.s3.put_object, READ).status == 403
    assert alice.s3.head_object(READ)["SSEKMSKeyId"] == key


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("disable_key", {}, "KMS.DisabledException"),
        ("schedule_key_deletion", {"PendingWindowInDays": 7}, "KMS.KMSInvalidStateException"),
    ],
)
def test_a_key_that_cannot_be_used_stops_reads_and_writes(
    aws: Aws, operation: str, request_: dict[str, Any], code: str
) -> None:
    new_bucket(aws)
    key = new_key(aws)
    by_default(aws, key=key)
    put(aws, "a")
    getattr(aws.kms, operation)({"KeyId": key, **request_})
    for call in (aws.s3.get_object, aws.s3.put_object):
        error = refused(call, READ)
        assert (error.code, error.status) == (code, 400)
        assert error.message.startswith(key)
        assert error.why.first_cause().remedy


def test_a_key_that_is_not_there_is_found_out_by_the_first_upload(aws: Aws) -> None:
    new_bucket(aws)
    by_default(aws, key=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000")
    error = refused(aws.s3.put_object, READ)
    assert (error.code, error.status) == ("KMS.NotFoundException", 400)


def test_the_context_is_the_objects_arn_and_what_the_writer_adds(aws: Aws) -> None:
    new_bucket(aws)
    key = new_key(aws)
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}/a"}}
    alice = user(aws, "alice", allow("s3:*"), allow("kms:*", key, Condition=condition))
    context = base64.b64encode(json.dumps({"team": "red"}).encode()).decode()
    more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "SSEKMSEncryptionContext": context}
    alice.s3.put_object({**READ, **more})
    assert alice.s3.get_object(READ)["SSEKMSKeyId"] == key
    assert refused(alice.s3.put_object, {**READ, **more, "Key": "b"}).status == 403


def test_a_policy_may_let_in_what_comes_through_s3_only(aws: Aws) -> None:
    new_bucket(aws)
    key = new_key(aws)
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    alice = user(aws, "alice", allow("s3:*"), allow("kms:*", key, Condition=condition))
    alice.s3.put_object({**READ, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key})
    assert refused(alice.kms.generate_data_key, {"KeyId": key, "KeySpec": "AES_256"}).code == "AccessDeniedException"


def test_without_a_key_the_accounts_own_for_s3_is_used(aws: Aws) -> None:
    new_bucket(aws)
    made = put(aws, "a", ServerSideEncryption="aws:kms")
    assert made["ServerSideEncryption"] == "aws:kms"
    alias = next(one for one in aws.kms.list_aliases({})["Aliases"] if one["AliasName"] == "alias/aws/s3")
    assert made["SSEKMSKeyId"].endswith(alias["TargetKeyId"])
    policy(aws, BUCKET, statement(BUCKET, principal={"AWS": OTHER}))
    # The key's policy cannot be changed: other accounts never read what it encrypts.
    assert refused(stranger(aws, allow("*")).s3.get_object, READ).status == 403


def test_a_bucket_key_saves_calls_and_each_requester_still_needs_permission(aws: Aws) -> None:
    new_bucket(aws)
    key = new_key(aws)
    by_default(aws, key=key)
    for name in "abc":
        put(aws, name)
    assert asked(aws, "GenerateDataKey") == 3
    by_default(aws, key=key, BucketKeyEnabled=True)
    for name in "abc":
        assert put(aws, name)["BucketKeyEnabled"] is True
        assert aws.s3.get_object({"Bucket": BUCKET, "Key": name})["Body"] == b"x"
    assert asked(aws, "GenerateDataKey") == 4
    assert asked(aws, "Decrypt") == 1
    assert refused(user(aws, "alice", allow("s3:*")).s3.get_object, READ).status == 403


async def test_a_bucket_key_is_used_for_a_limited_time(aws: Aws) -> None:
    new_bucket(aws)
    by_default(aws, key=new_key(aws), BucketKeyEnabled=True)
    put(aws, "a")
    await aws.advance(seconds=299)
    put(aws, "a")
    assert asked(aws, "GenerateDataKey") == 1
    await aws.advance(seconds=2)
    put(aws, "a")
    assert asked(aws, "GenerateDataKey") == 2


def test_nobody_reads_what_kms_encrypts(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a", ServerSideEncryption="aws:kms", SSEKMSKeyId=new_key(aws))
    open_up(aws, BUCKET)
    policy(aws, BUCKET, statement(BUCKET))
    error = refused(nobody(aws).s3.get_object, READ)
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert "require AWS Signature Version 4" in error.message


def test_two_layers_use_no_bucket_key(aws: Aws) -> None:
    new_bucket(aws)
    by_default(aws, "aws:kms:dsse", new_key(aws), BucketKeyEnabled=True)
    made = put(aws, "a")
    assert made["ServerSideEncryption"] == "aws:kms:dsse"
    assert "BucketKeyEnabled" not in made


# --- customers' keys


def test_customers_keys_are_blocked_until_the_owner_takes_them(aws: Aws) -> None:
    new_bucket(aws)
    error = refused(aws.s3.put_object, {**READ, **BROUGHT})
    assert (error.code, error.status) == ("AccessDenied", 403)
    carry_out(aws, error.why.remedy[0])
    made = aws.s3.put_object({**READ, **BROUGHT})
    assert made["SSECustomerKeyMD5"] == BROUGHT["SSECustomerKeyMD5"]
    assert "ServerSideEncryption" not in made


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"SSECustomerAlgorithm": None}, "InvalidArgument", "provide a valid encryption algorithm."),
        ({"SSECustomerAlgorithm": "DES"}, "InvalidEncryptionAlgorithmError", "Supported value: AES256."),
        ({"SSECustomerKey": None}, "InvalidArgument", "provide an appropriate secret key."),
        ({"SSECustomerKeyMD5": None}, "InvalidArgument", "provide the client calculated MD5 of the secret key."),
        ({"SSECustomerKey": b64(b"short")}, "InvalidArgument", "was invalid for the specified algorithm."),
        ({"SSECustomerKeyMD5": b64(b"0" * 16)}, "InvalidArgument", "did not match the hash that was provided."),
    ],
)
def test_a_customers_key_must_be_whole(aws: Aws, more: dict[str, Any], code: str, message: str) -> None:
    new_bucket(aws)
    unblocked(aws)
    request = {name: value for name, value in {**READ, **BROUGHT, **more}.items() if value is not None}
    error = refused(aws.s3.put_object, request)
    assert error.code == code
    assert error.message.endswith(message)


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_every_reader_brings_the_customers_key(aws: Aws, operation: str) -> None:
    new_bucket(aws)
    unblocked(aws)
    aws.s3.put_object({**READ, **BROUGHT})
    read = getattr(aws.s3, operation)
    assert read({**READ, **BROUGHT})["SSECustomerAlgorithm"] == "AES256"
    error = refused(read, READ)
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message.startswith("The object was stored using a form of Server Side Encryption.")
    other = bytes(32)
    wrong = {**BROUGHT, "SSECustomerKey": b64(other), "SSECustomerKeyMD5": b64(hashlib.md5(other).digest())}
    assert refused(read, {**READ, **wrong}).code == "AccessDenied"
    put(aws, "b")
    error = refused(read, {**BROUGHT, "Bucket": BUCKET, "Key": "b"})
    assert error.message == "The encryption parameters are not applicable to this object."


def test_parts_bring_the_key_that_their_upload_began_with(aws: Aws) -> None:
    new_bucket(aws)
    unblocked(aws)
    upload = aws.s3.create_multipart_upload({**READ, **BROUGHT})["UploadId"]
    part = {**READ, "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    error = refused(aws.s3.upload_part, part)
    assert error.message.startswith("The multipart upload initiate requested encryption.")
    other = bytes(32)
    wrong = {**BROUGHT, "SSECustomerKey": b64(other), "SSECustomerKeyMD5": b64(hashlib.md5(other).digest())}
    error = refused(aws.s3.upload_part, {**part, **wrong})
    assert error.message == "The provided encryption parameters did not match the ones used originally."
    assert aws.s3.upload_part({**part, **BROUGHT})["SSECustomerKeyMD5"] == BROUGHT["SSECustomerKeyMD5"]


def test_an_upload_is_completed_with_the_key_that_it_began_with(aws: Aws) -> None:
    new_bucket(aws)
    unblocked(aws)
    upload = aws.s3.create_multipart_upload({**READ, **BROUGHT})["UploadId"]
    etag = aws.s3.upload_part({**READ, "UploadId": upload, "PartNumber": 1, "Body": b"x", **BROUGHT})["ETag"]
    whole = {**READ, "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
    other = bytes(32)
    wrong = {**BROUGHT, "SSECustomerKey": b64(other), "SSECustomerKeyMD5": b64(hashlib.md5(other).digest())}
    error = refused(aws.s3.complete_multipart_upload, {**whole, **wrong})
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message == "The provided encryption parameters did not match the ones used originally."
    assert aws.s3.list_parts({**READ, "UploadId": upload})["Parts"][0]["ETag"] == etag
    aws.s3.complete_multipart_upload({**whole, **BROUGHT})
    assert aws.s3.get_object({**READ, **BROUGHT})["Body"] == b"x"


def test_the_key_of_an_upload_with_a_checksum_is_asked_for_at_its_completion(aws: Aws) -> None:
    new_bucket(aws)
    unblocked(aws)
    upload = aws.s3.create_multipart_upload({**READ, **BROUGHT, "ChecksumAlgorithm": "CRC32"})["UploadId"]
    made = aws.s3.upload_part(
        {**READ, "UploadId": upload, "PartNumber": 1, "Body": b"x", "ChecksumCRC32": encoded("CRC32", b"x"), **BROUGHT}
    )
    part = {"PartNumber": 1, "ETag": made["ETag"], "ChecksumCRC32": made["ChecksumCRC32"]}
    whole = {**READ, "UploadId": upload, "MultipartUpload": {"Parts": [part]}}
    error = refused(aws.s3.complete_multipart_upload, whole)
    assert error.message.startswith("The multipart upload initiate requested encryption.")
    assert aws.s3.complete_multipart_upload({**whole, **BROUGHT})["ChecksumCRC32"].endswith("-1")


def test_a_customer_key_does_not_complete_an_upload_that_began_without(aws: Aws) -> None:
    new_bucket(aws)
    unblocked(aws)
    upload = aws.s3.create_multipart_upload(READ)["UploadId"]
    etag = aws.s3.upload_part({**READ, "UploadId": upload, "PartNumber": 1, "Body": b"x"})["ETag"]
    whole = {**READ, "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
    error = refused(aws.s3.complete_multipart_upload, {**whole, **BROUGHT})
    assert error.message == "The multipart upload initiate did not request encryption with a customer key."


def test_completing_an_upload_under_a_kms_key_needs_decrypt(aws: Aws) -> None:
    new_bucket(aws)
    key = new_key(aws)
    by_default(aws, key=key)
    upload = aws.s3.create_multipart_upload(READ)["UploadId"]
    etag = aws.s3.upload_part({**READ, "UploadId": upload, "PartNumber": 1, "Body": b"x"})["ETag"]
    whole = {**READ, "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
    alice = user(aws, "alice", allow("s3:*"), allow("kms:GenerateDataKey", key))
    error = refused(alice.s3.complete_multipart_upload, whole)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert f"is not authorized to perform: kms:Decrypt on resource: {key}" in error.message
    carry_out(aws, error.why.first_cause().remedy[0])
    assert alice.s3.complete_multipart_upload(whole)["SSEKMSKeyId"] == key


def test_a_copy_brings_the_key_of_its_source(aws: Aws) -> None:
    new_bucket(aws)
    unblocked(aws)
    aws.s3.put_object({**READ, "Body": b"x", **BROUGHT})
    copy = {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a"}
    assert refused(aws.s3.copy_object, copy).code == "InvalidRequest"
    aws.s3.copy_object({**copy, **{f"CopySource{name}": value for name, value in BROUGHT.items()}})
    assert aws.s3.head_object({"Bucket": BUCKET, "Key": "b"})["ServerSideEncryption"] == "AES256"
