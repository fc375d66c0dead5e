"""SSE-KMS: data keys that KMS makes and opens in the caller's name, per object or per bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Mapping
from typing import Any, cast

import msgspec

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import refusals
from foulweather.services.s3.records import Bucket, Encryption
from foulweather.world.world import World

BUCKET_KEY_MS = 300_000
"""How long S3 uses a bucket key for one requester before it asks KMS again; AWS says no more than "time-limited"."""
REMEMBERED_MAX = 10_000
ARN = "aws:s3:arn"

_CODES: Mapping[str, str] = {
    "DisabledException": "KMS.DisabledException",
    "IncorrectKeyException": "KMS.IncorrectKeyException",
    "InvalidArnException": "KMS.NotFoundException",
    "InvalidCiphertextException": "KMS.InvalidCiphertextException",
    "InvalidKeyUsageException": "KMS.InvalidKeyUsageException",
    "KMSInternalException": "KMS.InternalException",
    "KMSInvalidStateException": "KMS.KMSInvalidStateException",
    "NotFoundException": "KMS.NotFoundException",
    "ThrottlingException": "KMS.ThrottlingException",
}


class BucketKeys:
    """The bucket keys in use: by requester, bucket, KMS key and purpose, until when. Lost at a restart, as S3's are."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str, str, bytes], tuple[bytes, int]] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, str, str, bytes], tuple[bytes, int]]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(BucketKeys, found).held


def data_key(
    call: Call, bucket: Bucket, request: Mapping[str, Any], algorithm: str, key_id: str, with_bucket_key: bool
) -> Encryption:
    """Encryption under a KMS key: a data key for the object, or the bucket's that is in use."""
    if call.principal.kind == "anonymous":
        raise _unsigned("ServerSideEncryption", algorithm)
    context_text = request.get("SSEKMSEncryptionContext") or ""
    context = _context(context_text)
    arn = bucket.arn if with_bucket_key else f"{bucket.arn}/{request.get('Key', '')}"
    if with_bucket_key and not context:
        found = _in_use(call, (call.principal.arn, bucket.name, key_id, b""))
        if found is not None:
            key_arn, blob = msgspec.msgpack.decode(found, type=tuple[str, bytes])
            return Encryption(algorithm, key_arn, context_text, True, blob)
    # A key id or alias without an account belongs to the requester's, which is also whose aws/s3 key is used.
    account = call.principal.account or bucket.account
    kms = call.forwarded("s3", account=account).kms
    asked = {
        "KeyId": key_id or "alias/aws/s3",
        "KeySpec": "AES_256",
        "EncryptionContext": {**context, ARN: arn},
    }

    about = call.fact(bucket.arn, "KMSMasterKeyID", key_id or "aws/s3")
    response = _asked(call, kms.generate_data_key, asked, about)
    blob: bytes = response["CiphertextBlob"]
    key_arn: str = response["KeyId"]
    if with_bucket_key and not context:
        _keep(call, (call.principal.arn, bucket.name, key_id, b""), msgspec.msgpack.encode((key_arn, blob)))
    return Encryption(algorithm, key_arn, context_text, with_bucket_key, blob)


def open_data_key(call: Call, held: Encryption, arn: str, bucket: str) -> None:
    """Have an object's data key decrypted for the caller, unless its bucket key is in use for them already."""
    if call.principal.kind == "anonymous":
        raise _unsigned("SSEKMSKeyId", held.key_arn)
    place = (call.principal.arn, bucket, held.key_arn, held.data_key)
    if held.has_bucket_key and _in_use(call, place) is not None:
        return
    context_arn = f"arn:aws:s3:::{bucket}" if held.has_bucket_key else arn
    kms = call.forwarded("s3").kms
    asked = {
        "CiphertextBlob": held.data_key,
        "KeyId": held.key_arn,
        "EncryptionContext": {**_context(held.context), ARN: context_arn},
    }

    _asked(call, kms.decrypt, asked, Fact(arn, "SSEKMSKeyId", held.key_arn))
    if held.has_bucket_key:
        _keep(call, place, b"")


def _asked(call: Call, operation: Any, request: dict[str, Any], about: Fact) -> Mapping[str, Any]:
    """Ask KMS; S3 gives KMS's refusals on under names of its own."""
    try:
        response = answers.given(call, request)
        if response is None:
            response = operation(request)
    except AwsError as error:
        raise _translated(error, about) from error
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, request, cast("Awaitable[Mapping[str, Any]]", response))
    return response


def _translated(error: AwsError, about: Fact) -> AwsError:
    cause = f"The object is encrypted with the key {about.value}."
    why = Why(error.why.decision, cause, (about,), because=(error.why,))
    if error.code in ("AccessDeniedException", "AccessDenied"):
        return AwsError("AccessDenied", error.message, 403, why=why)
    code = _CODES.get(error.code)
    if code is None:
        return error
    return AwsError(code, error.message, 500 if error.status >= 500 else 400, why=why)


def _in_use(call: Call, place: tuple[str, str, str, bytes]) -> bytes | None:
    found = BucketKeys.of(call.world).get(place)
    return found[0] if found is not None and call.now < found[1] else None


def _keep(call: Call, place: tuple[str, str, str, bytes], row: bytes) -> None:
    held = BucketKeys.of(call.world)
    if len(held) >= REMEMBERED_MAX:
        held.clear()
    held[place] = (row, call.now + BUCKET_KEY_MS)


def _context(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        return msgspec.json.decode(base64.b64decode(text, validate=True), type=dict[str, str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise refusals.invalid_argument(
            "x-amz-server-side-encryption-context",
            text,
            "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON "
            "which represents a string-string map",
        ) from error


def _unsigned(name: str, value: str) -> AwsError:
    """Nobody cannot use a KMS key, whatever policies say."""
    return AwsError(
        "InvalidArgument",
        "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
        400,
        facts=(Fact("request", "signature", None), Fact("request", name, value)),
        members={"ArgumentName": "Authorization", "ArgumentValue": "null"},
    )
