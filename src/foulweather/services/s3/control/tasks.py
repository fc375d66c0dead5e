"""What a batch job does to each object: one operation of S3, as the job's role may.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-operations.html
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from foulweather.kernel.ports import Ports

Given = Mapping[str, Any]


class Task(NamedTuple):
    """One line of a manifest."""

    bucket: str
    key: str
    version_id: str

    def named(self) -> dict[str, Any]:
        """The object's members in a request."""
        named: dict[str, Any] = {"Bucket": self.bucket, "Key": self.key}
        return {**named, "VersionId": self.version_id} if self.version_id else named


def _copy(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    source = f"{task.bucket}/{quote(task.key)}" + (f"?versionId={task.version_id}" if task.version_id else "")
    prefix = given.get("TargetKeyPrefix", "")
    request: dict[str, Any] = {
        "Bucket": str(given["TargetResource"]).removeprefix("arn:aws:s3:::"),
        "Key": f"{prefix}/{task.key}" if prefix else task.key,
        "CopySource": source,
    }
    for member, name in _COPIED.items():
        if member in given:
            request[name] = given[member]
    if given.get("NewObjectTagging"):
        pairs = [f"{quote(tag['Key'])}={quote(tag['Value'])}" for tag in given["NewObjectTagging"]]
        request |= {"Tagging": "&".join(pairs), "TaggingDirective": "REPLACE"}
    if given.get("SSEAwsKmsKeyId"):
        request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": given["SSEAwsKmsKeyId"]}
    return "copy_object", request


_COPIED = {
    "CannedAccessControlList": "ACL",
    "StorageClass": "StorageClass",
    "BucketKeyEnabled": "BucketKeyEnabled",
    "ModifiedSinceConstraint": "CopySourceIfModifiedSince",
    "UnModifiedSinceConstraint": "CopySourceIfUnmodifiedSince",
    "ObjectLockLegalHoldStatus": "ObjectLockLegalHoldStatus",
    "ObjectLockMode": "ObjectLockMode",
    "ObjectLockRetainUntilDate": "ObjectLockRetainUntilDate",
    "ChecksumAlgorithm": "ChecksumAlgorithm",
}


def _tag(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    return "put_object_tagging", {**task.named(), "Tagging": {"TagSet": given.get("TagSet") or []}}


def _untag(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    return "delete_object_tagging", task.named()


def _list(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    policy: Given = given.get("AccessControlPolicy") or {}
    if policy.get("CannedAccessControlList"):
        return "put_object_acl", {**task.named(), "ACL": policy["CannedAccessControlList"]}
    listed: Given = policy["AccessControlList"]
    grants: list[Any] = []
    given_grants: list[Given] = listed.get("Grants") or []
    for grant in given_grants:
        grantee: Given = grant["Grantee"]
        kind = {"id": ("CanonicalUser", "ID"), "uri": ("Group", "URI")}.get(
            grantee.get("TypeIdentifier", "id"), ("AmazonCustomerByEmail", "EmailAddress")
        )
        named = {"Type": kind[0], kind[1]: grantee.get("Identifier", "")}
        grants.append({"Grantee": named, "Permission": grant["Permission"]})
    return "put_object_acl", {**task.named(), "AccessControlPolicy": {"Owner": listed["Owner"], "Grants": grants}}


def _restore(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    asked: dict[str, Any] = {"GlacierJobParameters": {"Tier": str(given.get("GlacierJobTier", "BULK")).capitalize()}}
    if "ExpirationInDays" in given:
        asked["Days"] = given["ExpirationInDays"]
    return "restore_object", {**task.named(), "RestoreRequest": asked}


def _hold(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    return "put_object_legal_hold", {**task.named(), "LegalHold": given["LegalHold"]}


def _retain(task: Task, given: Given) -> tuple[str, dict[str, Any]]:
    request = {**task.named(), "Retention": given["Retention"]}
    if "BypassGovernanceRetention" in given:
        request["BypassGovernanceRetention"] = given["BypassGovernanceRetention"]
    return "put_object_retention", request


BUILT: dict[str, Callable[[Task, Given], tuple[str, dict[str, Any]]]] = {
    "S3PutObjectCopy": _copy,
    "S3PutObjectTagging": _tag,
    "S3DeleteObjectTagging": _untag,
    "S3PutObjectAcl": _list,
    "S3InitiateRestoreObject": _restore,
    "S3PutObjectLegalHold": _hold,
    "S3PutObjectRetention": _retain,
}
MEMBERS: dict[str, frozenset[str]] = {
    "S3PutObjectCopy": frozenset({"TargetResource", "TargetKeyPrefix", "NewObjectTagging", "SSEAwsKmsKeyId", *_COPIED}),
    "S3PutObjectTagging": frozenset({"TagSet"}),
    "S3DeleteObjectTagging": frozenset(),
    "S3PutObjectAcl": frozenset({"AccessControlPolicy"}),
    "S3InitiateRestoreObject": frozenset({"ExpirationInDays", "GlacierJobTier"}),
    "S3PutObjectLegalHold": frozenset({"LegalHold"}),
    "S3PutObjectRetention": frozenset({"Retention", "BypassGovernanceRetention"}),
}
"""What of each is built; what is not is refused when the job is made."""


async def carry_out(ports: Ports, name: str, task: Task, given: Given) -> None:
    """Do it to one object; raises what S3 refuses."""
    operation, request = BUILT[name](task, given)
    answer = getattr(ports.s3, operation)(request)
    if inspect.isawaitable(answer):
        await answer
