"""SSE-C: keys that the customer brings with every request, and S3 does not keep.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import shlex
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import refusals
from foulweather.services.s3.defaults import default_of, shown
from foulweather.services.s3.records import Bucket, Encryption

KEY_BYTES = 32
_SALT_BYTES = 16
_MUST = "Requests specifying Server Side Encryption with Customer provided keys must"


def are_given(request: Mapping[str, Any], prefix: str = "") -> bool:
    """Whether a request speaks of a customer's key at all."""
    return (
        f"{prefix}SSECustomerAlgorithm" in request
        or f"{prefix}SSECustomerKey" in request
        or f"{prefix}SSECustomerKeyMD5" in request
    )


def chosen(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> Encryption:
    """The encryption of what is written with a customer's key."""
    key = _checked(request, "")
    if call.origin.host and not call.origin.is_secure:
        raise AwsError(
            "InvalidRequest",
            f"{_MUST} be made over a secure connection.",
            400,
            facts=(Fact("request", "connection", "http"),),
            remedy=("Use the https endpoint.",),
        )
    if "SSE-C" in default_of(bucket).blocked:
        raise _blocked(call, bucket)
    salt = call.world.random.randbytes(_SALT_BYTES)
    digest = base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()
    return Encryption("", customer_key_md5=digest, customer_key_proof=salt + _proof(key, salt))


def check_brought(held: Encryption, request: Mapping[str, Any], prefix: str, arn: str) -> None:
    """Refuse a reader who does not bring the object's key, or brings one to an object that has none."""
    given = are_given(request, prefix)
    if held.algorithm:
        if given:
            message = "The encryption parameters are not applicable to this object."
            raise refusals.invalid_request(message, Fact(arn, "ServerSideEncryption", held.algorithm))
        return
    if not given:
        raise refusals.invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided "
            "to retrieve the object.",
            Fact(arn, "SSECustomerKeyMD5", held.customer_key_md5),
            Fact("request", f"{prefix}SSECustomerKey", None),
        )
    key = _checked(request, prefix)
    if not _is_right(held, key):
        facts = (
            Fact(arn, "SSECustomerKeyMD5", held.customer_key_md5),
            Fact("request", f"{prefix}SSECustomerKeyMD5", _md5(key)),
        )
        cause = "The object is encrypted with another customer key than the request brings."
        raise AwsError("AccessDenied", "Access Denied", 403, why=Why("denied", cause, facts))


def check_part(held: Encryption, request: Mapping[str, Any], arn: str) -> None:
    """Refuse a part that does not come with the key that its upload began with."""
    given = are_given(request)
    if held.algorithm:
        if given:
            message = "The multipart upload initiate did not request encryption with a customer key."
            raise refusals.invalid_request(message, Fact(arn, "ServerSideEncryption", held.algorithm))
        return
    if not given:
        raise refusals.invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the "
            "appropriate encryption parameters.",
            Fact(arn, "SSECustomerKeyMD5", held.customer_key_md5),
        )
    if not _is_right(held, _checked(request, "")):
        raise refusals.invalid_request(
            "The provided encryption parameters did not match the ones used originally.",
            Fact(arn, "SSECustomerKeyMD5", held.customer_key_md5),
        )


def _checked(request: Mapping[str, Any], prefix: str) -> bytes:
    """The key in a request's three headers."""
    algorithm = request.get(f"{prefix}SSECustomerAlgorithm")
    encoded = request.get(f"{prefix}SSECustomerKey")
    md5 = request.get(f"{prefix}SSECustomerKeyMD5")
    middle = "copy-source-" if prefix else ""
    header = f"x-amz-{middle}server-side-encryption-customer-"
    if not algorithm:
        raise refusals.invalid_argument(
            f"{header}algorithm", algorithm, f"{_MUST} provide a valid encryption algorithm."
        )
    if algorithm != "AES256":
        raise AwsError(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
            400,
            facts=(Fact("request", "SSECustomerAlgorithm", algorithm),),
            members={"ArgumentName": f"{header}algorithm", "ArgumentValue": algorithm},
        )
    if not encoded:
        raise refusals.invalid_argument(f"{header}key", None, f"{_MUST} provide an appropriate secret key.")
    if not md5:
        message = f"{_MUST} provide the client calculated MD5 of the secret key."
        raise refusals.invalid_argument(f"{header}key-MD5", None, message)
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        message = "The secret key was invalid for the specified algorithm."
        raise refusals.invalid_argument(f"{header}key", None, message)
    if md5 != _md5(key):
        message = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise refusals.invalid_argument(f"{header}key-MD5", md5, message)
    return key


def _md5(key: bytes) -> str:
    return base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()


def _proof(key: bytes, salt: bytes) -> bytes:
    return hmac.digest(salt, key, "sha256")


def _is_right(held: Encryption, key: bytes) -> bool:
    salt, proof = held.customer_key_proof[:_SALT_BYTES], held.customer_key_proof[_SALT_BYTES:]
    return hmac.compare_digest(_proof(key, salt), proof)


def _blocked(call: Call, bucket: Bucket) -> AwsError:
    """The bucket takes no SSE-C, as all that were made since April 2026 unless their owner allowed it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
    """
    rule = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}, **_default_rule(bucket)}
    why = Why(
        "denied",
        "The bucket's default encryption blocks encryption with customer-provided keys (SSE-C).",
        (call.fact(bucket.arn, "BlockedEncryptionTypes", ["SSE-C"]),),
        (
            f"aws s3api put-bucket-encryption --bucket {bucket.name} "
            f"--server-side-encryption-configuration {shlex.quote(json.dumps({'Rules': [rule]}))}",
        ),
    )
    return AwsError("AccessDenied", "Access Denied", 403, why=why)


def _default_rule(bucket: Bucket) -> dict[str, Any]:
    rule: dict[str, Any] = shown(bucket)["Rules"][0]
    return {name: value for name, value in rule.items() if name != "BlockedEncryptionTypes"}
