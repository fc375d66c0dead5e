"""Whether the bytes that came are the ones that were sent: Content-MD5 and `x-amz-checksum-…`.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.checksums import ALGORITHMS, HEADERS, LENGTHS_BYTES, Checksum, checksum
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals
from foulweather.services.s3.bodies import Taken

DEFAULT = "CRC64NVME"
"""What S3 computes itself where the uploader sends no checksum."""
MEMBERS = {f"Checksum{algorithm}": algorithm for algorithm in ALGORITHMS}
_MD5_BYTES = 16


class Declared(NamedTuple):
    """What a request says about its body: an MD5, and a checksum in the headers or, at its end, in a trailer."""

    md5: bytes | None
    algorithm: str
    value: bytes | None
    is_in_trailer: bool


NOTHING = Declared(None, "", None, False)


def declared(request: Mapping[str, Any]) -> Declared:
    """What a request says about its body; refuses what makes no sense."""
    md5 = _md5(request["ContentMD5"]) if "ContentMD5" in request else None
    found = [name for name in request if name in MEMBERS]
    asked = request.get("ChecksumAlgorithm")
    if asked is not None and asked not in ALGORITHMS:
        raise refusals.invalid_request(
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
            Fact("request", "x-amz-sdk-checksum-algorithm", asked),
        )
    if not found:
        if asked is None:
            return NOTHING if md5 is None else Declared(md5, "", None, False)
        if isinstance(request.get("Body"), Incoming):
            return Declared(md5, asked, None, True)
        raise _missing_value(asked)
    if len(found) > 1:
        raise refusals.invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            Fact("request", "checksums", sorted(found)),
        )
    algorithm = MEMBERS[found[0]]
    if asked is not None and asked != algorithm:
        raise refusals.invalid_request(
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
            Fact("request", "x-amz-sdk-checksum-algorithm", asked),
        )
    return Declared(md5, algorithm, checked_value(algorithm, request[found[0]]), False)


def checked_value(algorithm: str, text: str) -> bytes:
    """A checksum out of its base64."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != LENGTHS_BYTES[algorithm]:
        header = f"x-amz-checksum-{algorithm.lower()}"
        raise refusals.invalid_request(f"Value for {header} header is invalid.", Fact("request", header, text))
    return value


def _md5(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != _MD5_BYTES:
        raise AwsError(
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
            400,
            facts=(Fact("request", "Content-MD5", text),),
            members={"Content-MD5": text},
        )
    return value


def _missing_value(asked: str) -> AwsError:
    return refusals.invalid_request(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
        "were found.",
        Fact("request", "x-amz-sdk-checksum-algorithm", asked),
    )


def algorithms(said: Declared, algorithm: str = "") -> tuple[str, ...]:
    """How a body is summed: as its request declares, and by the `algorithm` that the object gets anyway."""
    first = said.algorithm or DEFAULT
    return (first,) if not algorithm or algorithm == first else (first, algorithm)


def digests(said: Declared, algorithm: str = "") -> dict[str, Checksum]:
    """Fresh checksums by these algorithms, for a body that still arrives."""
    return {name: checksum(name) for name in algorithms(said, algorithm)}


def check(said: Declared, taken: Taken) -> tuple[str, bytes]:
    """Refuse a body that is not what its request said; the algorithm and value of its checksum."""
    if said.md5 is not None and said.md5 != taken.md5:
        expected, found = base64.b64encode(said.md5).decode(), base64.b64encode(taken.md5).decode()
        raise AwsError(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            400,
            facts=(Fact("request", "Content-MD5", expected), Fact("body", "MD5", found)),
            members={"ExpectedDigest": said.md5.hex(), "CalculatedDigest": found},
        )
    algorithm, value = said.algorithm, said.value
    if value is None:
        # A trailer was compared with the body when it came.
        for name, text in taken.trailers.items():
            if name in HEADERS:
                return HEADERS[name], base64.b64decode(text)
        if said.is_in_trailer:
            raise _missing_value(algorithm)
        return DEFAULT, taken.digests[DEFAULT]
    found = taken.digests[algorithm]
    if found != value:
        raise bad_checksum(algorithm, value, found)
    return algorithm, value


def bad_checksum(algorithm: str, said: bytes, found: bytes) -> AwsError:
    """A checksum that is not the body's."""
    expected, calculated = base64.b64encode(said).decode(), base64.b64encode(found).decode()
    return AwsError(
        "BadDigest",
        f"The {algorithm} you specified did not match the calculated checksum.",
        400,
        facts=(Fact("request", algorithm, expected), Fact("body", algorithm, calculated)),
    )
