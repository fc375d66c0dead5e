"""GetObjectAttributes: what there is to know about an object that headers do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import encryption, limits, refusals
from foulweather.services.s3.described import checksum_members
from foulweather.services.s3.reading import read_version
from foulweather.services.s3.records import Version
from foulweather.services.s3.storing import requested

if TYPE_CHECKING:
    from aws_types.s3 import GetObjectAttributesOutput, GetObjectAttributesRequest

NAMES = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


def get_object_attributes(call: Call, request: GetObjectAttributesRequest) -> GetObjectAttributesOutput:
    """The attributes of an object that the request names."""
    asked: set[str] = set(request.get("ObjectAttributes") or ())
    if not asked or asked - NAMES:
        value = ",".join(sorted(asked - NAMES))
        raise refusals.invalid_argument("x-amz-object-attributes", value, "Invalid attribute name specified.")
    bucket, version = read_version(call, request, "GET", encryption.check_seen)
    result: dict[str, Any] = {"LastModified": version.modified_ms}
    if bucket.versioning:
        result["VersionId"] = version.id
    if "ETag" in asked:
        result["ETag"] = version.etag
    if "Checksum" in asked and version.checksum is not None:
        result["Checksum"] = checksum_members(version.checksum)
    if "ObjectParts" in asked and version.parts:
        result["ObjectParts"] = _parts(version, request)
    if "StorageClass" in asked:
        result["StorageClass"] = version.about.storage_class
    if "ObjectSize" in asked:
        result["ObjectSize"] = version.size
    requested(call, "get", bucket, version.key, 0, 0, 200)
    return result  # type: ignore[return-value]


def _parts(version: Version, request: GetObjectAttributesRequest) -> dict[str, Any]:
    """The parts of an object; their own entries only where they have checksums.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
    """
    told: dict[str, Any] = {"TotalPartsCount": len(version.parts)}
    if not any(part.checksum for part in version.parts):
        return told
    size = limits.checked_count("max-parts", request.get("MaxParts"))
    given = str(request.get("PartNumberMarker") or 0)
    if not given.isdigit():
        message = "Argument part-number-marker must be an integer between 0 and 2147483647"
        raise refusals.invalid_argument("part-number-marker", given, message)
    marker = int(given)
    after = [part for part in version.parts if part.number > marker]
    page = after[:size]
    algorithm = version.checksum.algorithm if version.checksum is not None else ""
    told.update(
        {
            "PartNumberMarker": marker,
            "NextPartNumberMarker": page[-1].number if page else 0,
            "MaxParts": size,
            "IsTruncated": len(page) < len(after),
            "Parts": [
                {"PartNumber": part.number, "Size": part.size, f"Checksum{algorithm}": part.checksum} for part in page
            ],
        }
    )
    return told
