"""Objects and versions deleted, one by one or a thousand at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.s3 import judging, limits, mfa, refusals
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.removing import delete
from foulweather.services.s3.storing import requested

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteObjectOutput,
        DeleteObjectRequest,
        DeleteObjectsOutput,
        DeleteObjectsRequest,
    )

# Conditions that only directory buckets know.
ELSEWHERE = frozenset({"IfMatchLastModifiedTime", "IfMatchSize"})


def delete_object(call: Call, request: DeleteObjectRequest) -> DeleteObjectOutput:
    """Delete an object, or hide it under a delete marker; or delete one of its versions for good."""
    bucket = bucket_of(call, request)
    for name in ELSEWHERE & request.keys():
        raise refusals.unsupported_header(name, request.get(name))
    result = delete(call, bucket, request["Key"], request, request.get("IfMatch"))
    requested(call, "delete", bucket, request["Key"], 0, 0, 204)
    return result  # type: ignore[return-value]


def delete_objects(call: Call, request: DeleteObjectsRequest) -> DeleteObjectsOutput:
    """Delete up to a thousand objects or versions; each is permitted, deleted or refused by itself."""
    bucket = bucket_of(call, request)
    asked: Mapping[str, Any] = request.get("Delete") or {}
    entries: list[Mapping[str, Any]] = list(asked.get("Objects") or [])
    if not entries or len(entries) > limits.DELETED_AT_ONCE_MAX or any("Key" not in entry for entry in entries):
        raise refusals.malformed_xml("Delete")
    if bucket.mfa_delete and any("VersionId" in entry for entry in entries):
        mfa.check(call, bucket, request.get("MFA"))
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for entry in entries:
        try:
            deleted.append(_delete_entry(call, bucket, entry, request))
        except AwsError as error:
            refused = {"Key": entry["Key"], "Code": error.code, "Message": error.message}
            if "VersionId" in entry:
                refused["VersionId"] = entry["VersionId"]
            errors.append(refused)
            call.explain("DeleteObjects", f"{bucket.arn}/{entry['Key']}", error.why, error.code)
    requested(call, "post", bucket, "", 0, 0, 200)
    result: dict[str, Any] = {}
    if deleted and not asked.get("Quiet"):
        result["Deleted"] = deleted
    if errors:
        result["Errors"] = errors
    return result  # type: ignore[return-value]


def _delete_entry(call: Call, bucket: Bucket, entry: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    key: str = entry["Key"]
    if not key:
        raise AwsError("UserKeyMustBeSpecified", "The request must specify a user key", 400)
    for name in ("LastModifiedTime", "Size"):
        if name in entry:
            raise refusals.unsupported_header(name, entry[name])
    version_id: str | None = entry.get("VersionId") or None
    action = "s3:DeleteObject" if version_id is None else "s3:DeleteObjectVersion"
    if not judging.may(call, action, bucket, key):
        raise AwsError("AccessDenied", "Access Denied", 403)
    asked = {name: value for name, value in request.items() if name != "VersionId"}
    if version_id is not None:
        asked["VersionId"] = version_id
    done = delete(call, bucket, key, asked, entry.get("ETag"))
    told: dict[str, Any] = {"Key": key}
    if version_id is not None:
        told["VersionId"] = version_id
    if done.get("DeleteMarker"):
        told["DeleteMarker"] = True
        told["DeleteMarkerVersionId"] = done["VersionId"]
    return told
