"""What Amazon S3 does differently from other services of the REST XML protocol."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.checksums import HEADERS, LENGTHS_BYTES, encoded
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.wire.codecs.timestamps import iso8601_milliseconds
from foulweather.wire.codecs.xml import escaped

if TYPE_CHECKING:
    from foulweather.kernel.http import HttpRequest
    from foulweather.kernel.model import OperationModel

# The samples of their API references answer 204, which the model does not tell.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
STATUS: Final[Mapping[str, int]] = {"PutBucketPolicy": 204, "PutBucketTagging": 204}

# Operations whose status depends on what came of them, and the member of their results that says it.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
TELLS_STATUS: Final = frozenset({"RestoreObject"})
STATUS_MEMBER: Final = "StatusCode"

_ENCRYPTION: Final = "x-amz-server-side-encryption"

# Operations whose API reference says that Content-MD5 is required (any checksum does today).
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
NEEDS_CHECKSUM: Final = frozenset(
    {
        "DeleteObjects",
        "PutBucketCors",
        "PutBucketLifecycle",
        "PutBucketLifecycleConfiguration",
        "PutBucketReplication",
        "PutBucketTagging",
        "PutObjectLegalHold",
        "PutObjectLockConfiguration",
        "PutObjectRetention",
        "PutObjectTagging",
    }
)


def body_check(operation: OperationModel) -> Callable[[HttpRequest], None] | None:
    """What checks the small body of an operation against the checksums in its headers.

    None where the operation checks its body itself (uploads), or the checksums are not the body's
    (CompleteMultipartUpload).
    """
    if operation.name in ("GetObject", "HeadObject"):
        return _check_read
    shape = operation.input
    payload = shape.trait("payload") if shape is not None else None
    is_document = shape is not None and payload is not None and shape.members[payload].type != "blob"
    if not is_document or ("httpChecksum" not in operation.model and operation.name != "CreateBucket"):
        return None
    is_required = operation.name in NEEDS_CHECKSUM
    needs_body = shape is not None and payload in shape.required

    def check(request: HttpRequest) -> None:
        if needs_body and not request.body:
            raise missing_body()
        headers = request.by_name()
        md5 = headers.get("content-md5")
        if md5 is not None:
            _check_md5(md5, request.body)
        is_checked = md5 is not None
        for header, algorithm in HEADERS.items():
            value = headers.get(header)
            if value is not None:
                _check_sum(header, algorithm, value, request.body)
                is_checked = True
        if is_required and not is_checked:
            raise AwsError(
                "InvalidRequest",
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
                400,
                facts=(Fact("request", "Content-MD5", None),),
            )

    return check


def _check_read(request: HttpRequest) -> None:
    """Who reads does not say how the object is encrypted, unless the key is the reader's own.

    "Encryption request headers, like x-amz-server-side-encryption, should not be sent for the GetObject requests".
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    value = request.header(_ENCRYPTION)
    if value:
        raise AwsError(
            "InvalidArgument",
            f"{_ENCRYPTION} header is not supported for this operation.",
            400,
            facts=(Fact("request", _ENCRYPTION, value),),
            members={"ArgumentName": _ENCRYPTION, "ArgumentValue": value},
        )


def _check_md5(text: str, body: bytes) -> None:
    try:
        said = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        said = b""
    if len(said) != LENGTHS_BYTES["MD5"]:
        raise AwsError(
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
            400,
            facts=(Fact("request", "Content-MD5", text),),
            members={"Content-MD5": text},
        )
    found = hashlib.md5(body, usedforsecurity=False).digest()
    if found != said:
        calculated = base64.b64encode(found).decode()
        raise AwsError(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            400,
            facts=(Fact("request", "Content-MD5", text), Fact("body", "MD5", calculated)),
            members={"ExpectedDigest": text, "CalculatedDigest": calculated},
        )


def _check_sum(header: str, algorithm: str, value: str, body: bytes) -> None:
    try:
        size = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != LENGTHS_BYTES[algorithm]:
        raise AwsError(
            "InvalidRequest", f"Value for {header} header is invalid.", 400, facts=(Fact("request", header, value),)
        )
    found = encoded(algorithm, body)
    if found != value:
        raise AwsError(
            "BadDigest",
            f"The {algorithm} you specified did not match the calculated checksum.",
            400,
            facts=(Fact("request", header, value), Fact("body", algorithm, found)),
        )


def missing_body() -> AwsError:
    """The refusal of a request whose body is its point, and is not there."""
    return AwsError("MissingRequestBodyError", "Request Body is empty", 400, facts=(Fact("request", "body", "empty"),))


def location(result: Mapping[str, Any], prologue: str, namespace: str) -> str:
    """GetBucketLocation's document: the only one whose root holds the value itself.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    region = result.get("LocationConstraint")
    start = f'{prologue}<LocationConstraint xmlns="{namespace}"'
    return f"{start}>{escaped(region)}</LocationConstraint>" if region else f"{start}/>"


_USUAL: Final = frozenset({"Key", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType", "Size", "StorageClass"})


def listing(
    write: Callable[[Any], str], member: str, write_entries: Callable[[list[dict[str, Any]]], str]
) -> Callable[[Mapping[str, Any]], str]:
    """What writes a listing: a thousand entries at once, nearly all of the same few members.

    `write` writes the document, `write_entries` the entries that have other members.
    """

    def written(result: Mapping[str, Any]) -> str:
        entries: list[dict[str, Any]] | None = result.get(member)
        if not entries:
            return write(result)
        document = write({name: value for name, value in result.items() if name != member})
        end = document.rindex("</")
        parts = [document[:end]]
        times: dict[int, str] = {}
        for entry in entries:
            if entry.keys() != _USUAL or len(entry["ChecksumAlgorithm"]) != 1:
                parts.append(write_entries([entry]))
                continue
            at_ms = entry["LastModified"]
            modified = times.get(at_ms)
            if modified is None:
                modified = times[at_ms] = iso8601_milliseconds(at_ms)
            parts.append(
                f"<{member}><Key>{escaped(entry['Key'])}</Key><LastModified>{modified}</LastModified>"
                f"<ETag>{escaped(entry['ETag'])}</ETag>"
                f"<ChecksumAlgorithm>{entry['ChecksumAlgorithm'][0]}</ChecksumAlgorithm>"
                f"<ChecksumType>{entry['ChecksumType']}</ChecksumType><Size>{entry['Size']}</Size>"
                f"<StorageClass>{entry['StorageClass']}</StorageClass></{member}>"
            )
        parts.append(document[end:])
        return "".join(parts)

    return written
