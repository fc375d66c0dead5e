"""What makes parts one object: which checksum it has, and whether the parts are the ones that were uploaded.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#full-object-checksums
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.checksums import ALGORITHMS, checksum, combined
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import integrity, limits, refusals
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import Checksum, Part, Upload

# Which kinds of checksum an object of several parts can have; the first is taken where none is asked for.
KINDS: Mapping[str, tuple[str, ...]] = {
    "CRC64NVME": ("FULL_OBJECT",),
    "CRC32": ("COMPOSITE", "FULL_OBJECT"),
    "CRC32C": ("COMPOSITE", "FULL_OBJECT"),
}
_COMPOSITE = ("COMPOSITE",)


def chosen(request: Mapping[str, Any]) -> tuple[str, str]:
    """The algorithm and kind of checksum that a new upload is to have; empty where the uploader names none."""
    algorithm: str | None = request.get("ChecksumAlgorithm")
    kind: str | None = request.get("ChecksumType")
    if algorithm is None:
        if kind is not None:
            message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise refusals.invalid_request(message, Fact("request", "x-amz-checksum-type", kind))
        return "", ""
    if algorithm not in ALGORITHMS:
        message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        raise refusals.invalid_request(f"{message}[{', '.join(ALGORITHMS)}]", Fact("request", "algorithm", algorithm))
    kinds = KINDS.get(algorithm, _COMPOSITE)
    if kind is None:
        return algorithm, kinds[0]
    if kind not in ("FULL_OBJECT", "COMPOSITE"):
        raise refusals.invalid_request(
            "Value for x-amz-checksum-type header is invalid.", Fact("request", "x-amz-checksum-type", kind)
        )
    if kind not in kinds:
        raise refusals.invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
            Fact("request", "x-amz-checksum-type", kind),
            Fact("request", "x-amz-checksum-algorithm", algorithm),
        )
    return algorithm, kind


def part_algorithm(upload: Upload) -> str:
    """The algorithm by which the parts of an upload are summed."""
    return upload.checksum_algorithm or integrity.DEFAULT


def check_part(upload: Upload, algorithm: str) -> None:
    """Refuse a part whose checksum is of another algorithm than its upload's, or that has none where it must.

    An upload without an algorithm takes parts with any: today's SDKs send one with every part.
    """
    expected = upload.checksum_algorithm
    if not expected or algorithm == expected or (not algorithm and upload.checksum_kind != "COMPOSITE"):
        return
    raise _mismatch(upload, algorithm)


def _mismatch(upload: Upload, algorithm: str) -> AwsError:
    expected = upload.checksum_algorithm
    return refusals.invalid_request(
        f"Checksum Type mismatch occurred, expected checksum Type: {expected.lower() or 'null'}, "
        f"actual checksum Type: {algorithm.lower() or 'null'}",
        Fact(f"upload {upload.id}", "checksum algorithm", expected or None),
        Fact("request", "checksum algorithm", algorithm or None),
    )


def checked_parts(upload: Upload, held: Mapping[int, Part], listed: list[Mapping[str, Any]]) -> list[Part]:
    """The parts that a completion lists: all of them uploaded, in order, none but the last too small."""
    parts: list[Part] = []
    previous = 0
    for each in listed:
        number: int = each["PartNumber"]
        if not 1 <= number <= limits.PARTS_MAX:
            limits.checked_part_number(number)
        if number <= previous:
            raise AwsError(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
                400,
                facts=(Fact("request", "parts", f"{number} after {previous}"),),
                members={"UploadId": upload.id},
            )
        previous = number
    for each in listed:
        part = held.get(each["PartNumber"])
        etag: str = each["ETag"].strip().strip('"')
        if part is None or part.etag != etag:
            raise _invalid_part(upload, each["PartNumber"], etag, part)
        _check_sum(upload, part, each)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < limits.PART_BYTES_MIN:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                400,
                facts=(
                    Fact(f"upload {upload.id}", f"size of part {part.number}", part.size),
                    Fact("S3", "minimum size of all parts but the last", limits.PART_BYTES_MIN),
                ),
                members={
                    "ProposedSize": part.size,
                    "MinSizeAllowed": limits.PART_BYTES_MIN,
                    "PartNumber": part.number,
                    "ETag": part.etag,
                },
            )
    return parts


def _invalid_part(upload: Upload, number: int, etag: str, part: Part | None) -> AwsError:
    return AwsError(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
        400,
        facts=(
            Fact("request", f"ETag of part {number}", etag),
            Fact(f"upload {upload.id}", f"ETag of part {number}", part.etag if part is not None else None),
        ),
        members={"UploadId": upload.id, "PartNumber": number, "ETag": etag},
    )


def _check_sum(upload: Upload, part: Part, listed: Mapping[str, Any]) -> None:
    algorithm = upload.checksum_algorithm
    said: str | None = listed.get(f"Checksum{algorithm}") if algorithm else None
    if not algorithm and part.sent is not None:
        said = listed.get(f"Checksum{part.sent.algorithm}")
        if said is not None and said != part.sent.value:
            raise _invalid_part(upload, part.number, part.etag, part)
        return
    if said is None:
        if upload.checksum_kind == "COMPOSITE":
            raise refusals.invalid_request(
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {part.number} in the request.",
                Fact("request", f"checksum of part {part.number}", None),
            )
        return
    if said != part.checksum:
        raise _invalid_part(upload, part.number, part.etag, part)


def checksum_of(upload: Upload, parts: list[Part]) -> Checksum:
    """The checksum of the whole: of the parts' checksums, or combined out of them."""
    algorithm = part_algorithm(upload)
    sums = [base64.b64decode(part.checksum) for part in parts]
    if upload.checksum_kind == "COMPOSITE":
        whole = checksum(algorithm)
        for each in sums:
            whole.update(each)
        return Checksum(algorithm, f"{base64.b64encode(whole.digest()).decode()}-{len(parts)}", "COMPOSITE")
    value = sums[0]
    for each, part in zip(sums[1:], parts[1:], strict=True):
        value = combined(algorithm, value, each, part.size)
    return Checksum(algorithm, base64.b64encode(value).decode())


def check_whole(request: Mapping[str, Any], upload: Upload, found: Checksum) -> None:
    """Refuse a completion that says another checksum or kind than the object's."""
    kind: str | None = request.get("ChecksumType")
    if kind is not None and kind != found.kind:
        raise refusals.invalid_request(
            f"The upload was created using the {found.kind} checksum mode. The complete request must use the same "
            "checksum mode.",
            Fact("request", "x-amz-checksum-type", kind),
            Fact(f"upload {upload.id}", "checksum type", found.kind),
        )
    for name, algorithm in integrity.MEMBERS.items():
        said: str | None = request.get(name)
        if said is None:
            continue
        if algorithm != found.algorithm:
            raise _mismatch(upload, algorithm)
        if said.partition("-")[0] != found.value.partition("-")[0]:
            raise AwsError(
                "BadDigest",
                f"The {algorithm} you specified did not match the calculated checksum.",
                400,
                facts=(Fact("request", algorithm, said), Fact(f"upload {upload.id}", algorithm, found.value)),
            )


def initiator(upload: Upload) -> dict[str, str]:
    """Who began an upload: an account by its canonical id, a user or role by ARN."""
    arn = upload.initiator
    if not arn or arn.endswith(":root"):
        return {"ID": canonical_id(upload.account)}
    return {"ID": arn, "DisplayName": arn.rpartition("/")[2]}
