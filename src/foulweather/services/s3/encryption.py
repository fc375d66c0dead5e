"""How objects are encrypted at rest: with S3's keys, with KMS's, with the customer's.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import customer_keys, kms_keys, refusals
from foulweather.services.s3.defaults import default_of
from foulweather.services.s3.records import SSE_S3, Bucket, Encryption, Upload, Version

ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_KMS = ("aws:kms", "aws:kms:dsse")
_NEEDS_KMS = (
    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
)
_WITH_CUSTOMER_KEY = (
    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
)


def chosen(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> Encryption:
    """How what this request writes is encrypted: as it asks, or as the bucket does by default.

    With KMS, a data key is asked for in the caller's name.
    """
    if customer_keys.are_given(request):
        if request.get("ServerSideEncryption"):
            raise refusals.invalid_argument(
                "x-amz-server-side-encryption", request["ServerSideEncryption"], _WITH_CUSTOMER_KEY
            )
        return customer_keys.chosen(call, bucket, request)
    algorithm = request.get("ServerSideEncryption")
    key_id = request.get("SSEKMSKeyId") or ""
    if algorithm is not None:
        _check(algorithm, request)
    elif key_id or request.get("SSEKMSEncryptionContext"):
        raise refusals.invalid_argument("x-amz-server-side-encryption", None, _NEEDS_KMS)
    by_default = default_of(bucket)
    if algorithm is None:
        algorithm, key_id = by_default.algorithm, by_default.key_id
    elif not key_id and algorithm in _KMS and by_default.algorithm in _KMS:
        key_id = by_default.key_id  # asked for without a key, KMS takes the one that the bucket names
    if algorithm == "AES256":
        return SSE_S3
    with_bucket_key = request.get("BucketKeyEnabled")
    if with_bucket_key is None:
        with_bucket_key = by_default.with_bucket_key
    if algorithm == "aws:kms:dsse":
        with_bucket_key = False  # "S3 Bucket Keys aren't supported for DSSE-KMS" (UsingDSSEncryption)
    return kms_keys.data_key(call, bucket, request, algorithm, key_id, bool(with_bucket_key))


def check_readable(call: Call, version: Version, request: Mapping[str, Any]) -> None:
    """Refuse to read an object whose key the caller may not use, or does not bring.

    With KMS its data key is decrypted in the caller's name.
    """
    held = version.about.encryption
    if held is SSE_S3 and "SSECustomerAlgorithm" not in request and "SSECustomerKey" not in request:
        return
    customer_keys.check_brought(held, request, "", version.arn)
    if held.key_arn:
        kms_keys.open_data_key(call, held, version.arn, version.bucket)


def check_source_readable(call: Call, version: Version, request: Mapping[str, Any]) -> None:
    """The same of the source of a copy, whose key comes in headers of its own."""
    held = version.about.encryption
    customer_keys.check_brought(held, request, "CopySource", version.arn)
    if held.key_arn:
        kms_keys.open_data_key(call, held, version.arn, version.bucket)


def check_seen(call: Call, version: Version, request: Mapping[str, Any]) -> None:
    """Refuse to describe an object whose customer key is not brought; KMS is not asked (HeadObject)."""
    customer_keys.check_brought(version.about.encryption, request, "", version.arn)


def check_part(call: Call, upload: Upload, request: Mapping[str, Any]) -> None:
    """Refuse a part without the upload's customer key; with KMS, the upload's data key is decrypted for it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    held = upload.about.encryption
    arn = f"arn:aws:s3:::{upload.bucket}/{upload.key}"
    customer_keys.check_part(held, request, arn)
    if held.key_arn:
        kms_keys.open_data_key(call, held, arn, upload.bucket)


def check_completed(call: Call, upload: Upload, request: Mapping[str, Any]) -> None:
    """Refuse to end an upload with another customer key than it began with, or without one where checksums need it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    """
    held = upload.about.encryption
    if customer_keys.are_given(request) or (not held.algorithm and upload.checksum_algorithm):
        customer_keys.check_part(held, request, f"arn:aws:s3:::{upload.bucket}/{upload.key}")
    if held.key_arn:
        kms_keys.open_data_key(call, held, f"arn:aws:s3:::{upload.bucket}/{upload.key}", upload.bucket)


def headers(encryption: Encryption) -> dict[str, Any]:
    """What an answer says about an object's encryption, as members of its result."""
    if encryption is SSE_S3:
        return {"ServerSideEncryption": "AES256"}
    if not encryption.algorithm:
        return {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": encryption.customer_key_md5}
    said: dict[str, Any] = {"ServerSideEncryption": encryption.algorithm}
    if encryption.key_arn:
        said["SSEKMSKeyId"] = encryption.key_arn
    if encryption.has_bucket_key:
        said["BucketKeyEnabled"] = True
    return said


def written_headers(encryption: Encryption) -> dict[str, Any]:
    """The same for an answer to a write, which repeats the encryption context."""
    said = headers(encryption)
    if encryption.context:
        said["SSEKMSEncryptionContext"] = encryption.context
    return said


def _check(algorithm: str, request: Mapping[str, Any]) -> None:
    if algorithm not in ALGORITHMS:
        raise refusals.invalid_argument(
            "x-amz-server-side-encryption", algorithm, "The encryption method specified is not supported"
        )
    if algorithm == "AES256" and (request.get("SSEKMSKeyId") or request.get("SSEKMSEncryptionContext")):
        raise refusals.invalid_argument("x-amz-server-side-encryption", algorithm, _NEEDS_KMS)
