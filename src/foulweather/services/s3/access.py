"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource, everything
from foulweather.services.s3 import accelerated, addressing, copy_sources
from foulweather.services.s3.condition_keys import Conditions, OfObject
from foulweather.services.s3.held_policies import policy_of
from foulweather.services.s3.judging import NO_REQUEST, Request, is_told, version_of
from foulweather.services.s3.protected import bucket_resource, key_resource
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.refusals import no_such_key
from foulweather.services.s3.state import S3State

NOTHING: tuple[Resource, ...] = ()
_GRANTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_BRINGING = frozenset({*_GRANTS, "Tagging", "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"})


def policy_command(arn: str, document: str) -> str:
    """The command that sets a bucket's policy, or an access point's."""
    if ":accesspoint/" in arn:
        region, account, rest = arn.split(":", 5)[3:]
        name = rest.split("/")[1]
        return (
            f"aws s3control put-access-point-policy --account-id {account} --name {name} "
            f"--policy {shlex.quote(document)} --region {region}"
        )
    bucket = arn.rpartition(":::")[2].partition("/")[0]
    return f"aws s3api put-bucket-policy --bucket {bucket} --policy {shlex.quote(document)}"


# --- resources


def a_bucket(call: Call, request: Request) -> Sequence[Resource]:
    """The bucket that a request names; one that is not there is refused before anything else."""
    bucket = addressing.bucket_for(call, request)
    return (*addressing.point_resources(call, ""), bucket_resource(call, bucket))


def a_configured_bucket(call: Call, request: Request) -> Sequence[Resource]:
    """The bucket whose settings are read or changed, which no access point gives access to."""
    bucket = addressing.bucket_for(call, request)
    addressing.refuse_point(call)
    return (bucket_resource(call, bucket),)


def a_bucket_with_policy(call: Call, request: Request) -> Sequence[Resource]:
    """The same; the root user of its owner may always see, change and delete its policy, whatever it denies.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    (resource,) = a_configured_bucket(call, request)
    is_owner = call.principal.kind == "root" and call.principal.account == resource.account
    return (resource._replace(policy=None),) if is_owner else (resource,)


def a_key(call: Call, request: Request) -> Sequence[Resource]:
    """The object of a request, as it is or is to be."""
    return _of_key(call, request, "s3:PutObject")


def newest_version(action: str) -> Callable[[Call, Request], Sequence[Resource]]:
    """The newest version of a key; none where one is named by its id, which needs another permission."""

    def found(call: Call, request: Request) -> Sequence[Resource]:
        return NOTHING if "VersionId" in request else _of_key(call, request, action)

    return found


def read_version(call: Call, request: Request) -> Sequence[Resource]:
    """The newest version of a key; who may list the bucket is told that there is none, though he may not read it.

    "If the object that you request doesn't exist, the error that Amazon S3 returns depends on whether you
    also have the s3:ListBucket permission": https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    if "VersionId" in request:
        return NOTHING
    bucket = addressing.bucket_for(call, request)
    key = request.get("Key", "")
    version = version_of(call, bucket, key, None)
    if (version is None or version.is_delete_marker) and is_told(call, bucket, key):
        marked = (("x-amz-delete-marker", "true"), ("x-amz-version-id", version.id)) if version is not None else ()
        raise no_such_key(bucket.name, key, marked)
    return _of_version(call, bucket, key, version, "s3:GetObject")


def keys_of_many(call: Call, request: Request) -> Sequence[Resource]:
    """DeleteObjects asks for each of its keys, and tells of each."""
    addressing.bucket_for(call, request)
    return NOTHING


def a_new_bucket(call: Call, request: Request) -> Sequence[Resource]:
    """The bucket to be made: it belongs to the caller, and has no policy yet."""
    if accelerated.is_asked(call):
        accelerated.check_operation(call)
    return (Resource(f"arn:aws:s3:::{request.get('Bucket', '')}", call.account),)


def every_bucket(call: Call, request: Request) -> Sequence[Resource]:
    """Nothing in particular: whoever may list buckets, may list all of an account's."""
    if accelerated.is_asked(call):
        accelerated.check_operation(call)
    return everything(call, request)


def _of_key(call: Call, request: Request, action: str) -> Sequence[Resource]:
    bucket = addressing.bucket_for(call, request)
    key = request.get("Key", "")
    return _of_version(call, bucket, key, version_of(call, bucket, key, request.get("VersionId")), action)


def _of_version(call: Call, bucket: Bucket, key: str, version: Version | None, action: str) -> Sequence[Resource]:
    resource = key_resource(call, bucket, key, version, action)
    points = addressing.point_resources(call, key)
    return (*points, resource) if points else (resource,)


# --- condition keys


def bucket_keys(call: Call, request: Request) -> Conditions:
    """The condition keys of a request about a bucket."""
    return Conditions(call, request, call.state(S3State).buckets.get(request.get("Bucket", "")))


def object_keys(call: Call, request: Request) -> Conditions:
    """The condition keys of a request about an object."""
    return OfObject(call, request, call.state(S3State).buckets.get(request["Bucket"]))


# --- further permissions


def of_version(action: str) -> Callable[[Call, Request], Sequence[Permission]]:
    """The permission for a version that is named by its id, which is another one than for the newest."""

    def needed(call: Call, request: Request) -> Sequence[Permission]:
        if "VersionId" not in request:
            return ()
        conditions = object_keys(call, request)
        found = [Permission(action, resource, conditions) for resource in _of_key(call, request, action)]
        call.resource = found[-1].resource.arn
        return found

    return needed


def also_attributes(call: Call, request: Request) -> Sequence[Permission]:
    """GetObjectAttributes needs two permissions, of the newest version or of the one that is named."""
    versioned = "VersionId" in request
    names = ("GetObjectVersion", "GetObjectVersionAttributes") if versioned else ("GetObjectAttributes",)
    conditions = object_keys(call, request)
    resources = _of_key(call, request, "s3:GetObject")
    call.resource = resources[-1].arn
    return [Permission(f"s3:{name}", resource, conditions) for name in names for resource in resources]


def also_writing(call: Call, request: Request) -> Sequence[Permission]:
    """What an upload needs for what it brings along: a list, tags, a lock."""
    actions = _brought(request)
    if not actions or call.principal.kind == "anonymous":  # what nobody signed for, nobody's policies limit
        return ()
    if call.principal.kind == "service":  # inventories bring `bucket-owner-full-control`, and need s3:PutObject only
        return ()
    conditions = object_keys(call, request)
    needed: list[Permission] = []
    for action in actions:
        for resource in _of_key(call, request, "s3:PutObject"):
            needed.append(Permission(f"s3:{action}", _in_writers_name(call, resource, action), conditions))
    return needed


def _in_writers_name(call: Call, resource: Resource, action: str) -> Resource:
    """The list of what another account uploads is that account's to set: a bucket's policy can only deny it.

    So a policy that allows s3:PutObject to others who send `bucket-owner-full-control` does what it says:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ensure-object-ownership.html
    """
    principal = call.principal
    if action != "PutObjectAcl" or principal.account in ("", resource.account):
        return resource
    bucket = call.state(S3State).buckets.get(resource.arn.removeprefix("arn:aws:s3:::").partition("/")[0])
    known = policy_of(call, bucket) if bucket is not None else None
    denials = known.denials if known is not None else None
    return Resource(resource.arn, principal.account, denials)


def also_copying(call: Call, request: Request) -> Sequence[Permission]:
    """A copy reads its source, with its tags, and writes what it brings along.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    return [*_reading_source(call, request), *also_writing(call, request)]


def also_copying_part(call: Call, request: Request) -> Sequence[Permission]:
    """A part that is copied reads its source."""
    return _reading_source(call, request)


def _brought(request: Request) -> Sequence[str]:
    if _BRINGING.isdisjoint(request):
        return ()
    actions: list[str] = []
    if any(request.get(name) for name in _GRANTS):
        actions.append("PutObjectAcl")
    if request.get("Tagging"):
        actions.append("PutObjectTagging")
    if request.get("ObjectLockMode") or request.get("ObjectLockRetainUntilDate"):
        actions.append("PutObjectRetention")
    if request.get("ObjectLockLegalHoldStatus"):
        actions.append("PutObjectLegalHold")
    return actions


def _reading_source(call: Call, request: Request) -> list[Permission]:
    found = copy_sources.found(call, request)
    if found is None:
        return []
    bucket, key, version_id = found
    version = version_of(call, bucket, key, version_id)
    conditions = Conditions(call, {"VersionId": version_id} if version_id else {}, bucket, version)
    of = "ObjectVersion" if version_id is not None else "Object"
    actions = [f"s3:Get{of}"]
    copies_tags = call.operation == "CopyObject" and request.get("TaggingDirective", "COPY") == "COPY"
    if copies_tags and version is not None and version.about.tags:
        actions.append(f"s3:Get{of}Tagging")
    resource = key_resource(call, bucket, key, version, actions[0])
    return [Permission(action, resource, conditions) for action in actions]


def also_creating(call: Call, request: Request) -> Sequence[Permission]:
    """What a new bucket needs for what it is made with."""
    actions: list[str] = []
    if any(request.get(name) for name in _GRANTS):
        actions.append("PutBucketAcl")
    if request.get("ObjectLockEnabledForBucket"):
        actions += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    if request.get("ObjectOwnership"):
        actions.append("PutBucketOwnershipControls")
    configuration: Request = request.get("CreateBucketConfiguration") or NO_REQUEST
    if configuration.get("Tags"):
        actions.append("TagResource")
    if not actions:
        return ()
    (resource,) = a_new_bucket(call, request)
    conditions = Conditions(call, request, None)
    return [Permission(f"s3:{action}", resource, conditions) for action in actions]


def also_bypassing(call: Call, request: Request) -> Sequence[Permission]:
    """A retention that is shortened needs leave to bypass governance mode."""
    if not request.get("BypassGovernanceRetention"):
        return ()
    conditions = object_keys(call, request)
    return [Permission("s3:BypassGovernanceRetention", each, conditions) for each in a_key(call, request)]


# --- the table


def _settings(name: str, *, get: str, put: str) -> dict[str, Access]:
    """The rows of a setting that is put, got and, by the same permission, deleted."""
    return {
        f"Get{name}": Access(f"s3:{get}", a_configured_bucket, bucket_keys, is_read=True),
        f"Put{name}": Access(f"s3:{put}", a_configured_bucket, bucket_keys),
        f"Delete{name}": Access(f"s3:{put}", a_configured_bucket, bucket_keys),
    }


def _collected(name: str) -> dict[str, Access]:
    """The rows of settings of which a bucket has several, by id."""
    rows = _settings(f"Bucket{name}Configuration", get=f"Get{name}Configuration", put=f"Put{name}Configuration")
    listing = Access(f"s3:Get{name}Configuration", a_configured_bucket, bucket_keys, is_read=True)
    return {**rows, f"ListBucket{name}Configurations": listing}


def _listing(action: str) -> Access:
    return Access(f"s3:{action}", a_bucket, bucket_keys, is_read=True, is_data=True)


def _reading(action: str, versioned: str) -> Access:
    also = of_version(f"s3:{versioned}")
    return Access(f"s3:{action}", newest_version(f"s3:{action}"), object_keys, also, is_read=True, is_data=True)


_READING = Access(
    *("s3:GetObject", read_version, object_keys, of_version("s3:GetObjectVersion")), is_read=True, is_data=True
)


def _writing(action: str, also: Any = None) -> Access:
    return Access(f"s3:{action}", a_key, object_keys, also, is_data=True)


def _changing(action: str, versioned: str) -> Access:
    resources = newest_version(f"s3:{action}")
    return Access(f"s3:{action}", resources, object_keys, of_version(f"s3:{versioned}"), is_data=True)


def _bucket(action: str, *, is_read: bool = False) -> Access:
    return Access(f"s3:{action}", a_configured_bucket, bucket_keys, is_read=is_read)


ACCESS: dict[str, Access] = {
    **_settings("BucketAccelerateConfiguration", get="GetAccelerateConfiguration", put="PutAccelerateConfiguration"),
    **_settings("BucketAcl", get="GetBucketAcl", put="PutBucketAcl"),
    **_settings("BucketAbac", get="GetBucketAbac", put="PutBucketAbac"),
    **_settings("BucketCors", get="GetBucketCORS", put="PutBucketCORS"),
    **_settings("BucketEncryption", get="GetEncryptionConfiguration", put="PutEncryptionConfiguration"),
    **_settings("BucketLifecycle", get="GetLifecycleConfiguration", put="PutLifecycleConfiguration"),
    **_settings("BucketLifecycleConfiguration", get="GetLifecycleConfiguration", put="PutLifecycleConfiguration"),
    **_settings("BucketLogging", get="GetBucketLogging", put="PutBucketLogging"),
    **_settings("BucketNotification", get="GetBucketNotification", put="PutBucketNotification"),
    **_settings("BucketNotificationConfiguration", get="GetBucketNotification", put="PutBucketNotification"),
    **_settings("BucketOwnershipControls", get="GetBucketOwnershipControls", put="PutBucketOwnershipControls"),
    **_settings("BucketReplication", get="GetReplicationConfiguration", put="PutReplicationConfiguration"),
    **_settings("BucketRequestPayment", get="GetBucketRequestPayment", put="PutBucketRequestPayment"),
    **_settings("BucketTagging", get="GetBucketTagging", put="PutBucketTagging"),
    **_settings("BucketVersioning", get="GetBucketVersioning", put="PutBucketVersioning"),
    **_settings("BucketWebsite", get="GetBucketWebsite", put="PutBucketWebsite"),
    "DeleteBucketWebsite": _bucket("DeleteBucketWebsite"),
    **_settings(
        "ObjectLockConfiguration", get="GetBucketObjectLockConfiguration", put="PutBucketObjectLockConfiguration"
    ),
    **_settings("PublicAccessBlock", get="GetBucketPublicAccessBlock", put="PutBucketPublicAccessBlock"),
    **_collected("Analytics"),
    **_collected("IntelligentTiering"),
    **_collected("Inventory"),
    **_collected("Metrics"),
    "GetBucketPolicy": Access("s3:GetBucketPolicy", a_bucket_with_policy, bucket_keys, is_read=True),
    "PutBucketPolicy": Access("s3:PutBucketPolicy", a_bucket_with_policy, bucket_keys),
    "DeleteBucketPolicy": Access("s3:DeleteBucketPolicy", a_bucket_with_policy, bucket_keys),
    "GetBucketPolicyStatus": _bucket("GetBucketPolicyStatus", is_read=True),
    "GetBucketLocation": _bucket("GetBucketLocation", is_read=True),
    "CreateBucketMetadataConfiguration": _bucket("CreateBucketMetadataTableConfiguration"),
    "CreateBucketMetadataTableConfiguration": _bucket("CreateBucketMetadataTableConfiguration"),
    "DeleteBucketMetadataConfiguration": _bucket("DeleteBucketMetadataTableConfiguration"),
    "DeleteBucketMetadataTableConfiguration": _bucket("DeleteBucketMetadataTableConfiguration"),
    "GetBucketMetadataConfiguration": _bucket("GetBucketMetadataTableConfiguration", is_read=True),
    "GetBucketMetadataTableConfiguration": _bucket("GetBucketMetadataTableConfiguration", is_read=True),
    "UpdateBucketMetadataInventoryTableConfiguration": _bucket("UpdateBucketMetadataInventoryTableConfiguration"),
    "UpdateBucketMetadataJournalTableConfiguration": _bucket("UpdateBucketMetadataJournalTableConfiguration"),
    "CreateBucket": Access("s3:CreateBucket", a_new_bucket, bucket_keys, also_creating),
    "DeleteBucket": _bucket("DeleteBucket"),
    "HeadBucket": _listing("ListBucket"),
    "ListBuckets": Access("s3:ListAllMyBuckets", every_bucket, is_read=True),
    "ListDirectoryBuckets": Access("s3express:ListAllMyDirectoryBuckets", is_read=True),
    "ListMultipartUploads": _listing("ListBucketMultipartUploads"),
    "ListObjectVersions": _listing("ListBucketVersions"),
    "ListObjects": _listing("ListBucket"),
    "ListObjectsV2": _listing("ListBucket"),
    "CreateSession": _listing("CreateSession"),
    "AbortMultipartUpload": _writing("AbortMultipartUpload"),
    "CompleteMultipartUpload": _writing("PutObject"),
    "CopyObject": _writing("PutObject", also_copying),
    "CreateMultipartUpload": _writing("PutObject", also_writing),
    "PutObject": _writing("PutObject", also_writing),
    "UploadPart": _writing("PutObject"),
    "UploadPartCopy": _writing("PutObject", also_copying_part),
    "ListParts": Access("s3:ListMultipartUploadParts", a_key, object_keys, is_read=True, is_data=True),
    "DeleteObject": _changing("DeleteObject", "DeleteObjectVersion"),
    "DeleteObjects": Access("s3:DeleteObject", keys_of_many, is_data=True),
    "GetObject": _READING,
    "HeadObject": _READING,
    "GetObjectAttributes": Access(
        "s3:GetObject", newest_version("s3:GetObject"), object_keys, also_attributes, is_read=True, is_data=True
    ),
    "GetObjectAcl": _reading("GetObjectAcl", "GetObjectVersionAcl"),
    "PutObjectAcl": _changing("PutObjectAcl", "PutObjectVersionAcl"),
    "GetObjectTagging": _reading("GetObjectTagging", "GetObjectVersionTagging"),
    "PutObjectTagging": _changing("PutObjectTagging", "PutObjectVersionTagging"),
    "DeleteObjectTagging": _changing("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObjectTorrent": _reading("GetObjectTorrent", "GetObjectVersionTorrent"),
    "GetObjectRetention": Access("s3:GetObjectRetention", a_key, object_keys, is_read=True, is_data=True),
    "PutObjectRetention": _writing("PutObjectRetention", also_bypassing),
    "GetObjectLegalHold": Access("s3:GetObjectLegalHold", a_key, object_keys, is_read=True, is_data=True),
    "PutObjectLegalHold": _writing("PutObjectLegalHold"),
    "RestoreObject": _writing("RestoreObject"),
    "SelectObjectContent": _reading("GetObject", "GetObjectVersion"),
    "RenameObject": _writing("PutObject"),
    "UpdateObjectEncryption": _writing("UpdateObjectEncryption"),
    "WriteGetObjectResponse": Access("s3-object-lambda:WriteGetObjectResponse", is_data=True),
}
