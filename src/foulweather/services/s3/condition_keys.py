"""The condition keys of S3, looked up only when a policy asks for one.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import tagging
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State

Value = str | list[str]
Request = Mapping[str, Any]

DAY_MS = 86_400_000

# Keys that are a member of the request, as it is written.
_MEMBERS: dict[str, str] = {
    "s3:prefix": "Prefix",
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:versionid": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "s3:x-amz-object-ownership": "ObjectOwnership",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
}
# How the request was signed and sent, which the front end tells, and its access point (`Call.traits`).
_TRAITS = (
    *("s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin"),
    *("s3:authtype", "s3:signatureversion", "s3:signatureage", "s3:tlsversion", "s3:x-amz-content-sha256"),
    "s3:x-amz-bucket-namespace",
)
_TAGS = ("s3:existingobjecttag", "s3:requestobjecttag", "aws:requesttag", "s3:buckettag")
KNOWN = frozenset(
    {
        *_MEMBERS,
        *_TRAITS,
        *("s3:requestobjecttagkeys", "s3:object-lock-retain-until-date", "s3:object-lock-remaining-retention-days"),
        *("s3:locationconstraint", "s3:resourceaccount"),
        *("s3:inventoryaccessibleoptionalfields", "s3:objectcreationoperation"),
        *("s3:requestrequester", "s3:accessgrantsinstancearn", "s3:accesspointtag", "s3:destinationregion"),
        *("s3:isreplicationpauserequest", "s3:jobsuspendedcause", "s3:existingjoboperation", "s3:existingjobpriority"),
        *("s3:requestjoboperation", "s3:requestjobpriority", "s3:x-amz-source-object-owner"),
    }
)
"""Every key of S3 that a policy may name, lower-cased; those of tags follow by family."""
FAMILIES = tuple(f"{family}/" for family in (*_TAGS, "s3:accesspointtag"))


class Conditions(Mapping[str, Value]):
    """A request's keys: what it says, and what is known of the bucket and the object it is about."""

    __slots__ = ("_bucket", "_call", "_request", "_version")

    def __init__(
        self,
        call: Call,
        request: Request,
        bucket: Bucket | None,
        version: Version | None = None,
    ) -> None:
        self._call = call
        self._request = request
        self._bucket = bucket
        self._version = version

    def __getitem__(self, key: str) -> Value:
        found = self._look_up(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """A key's value."""
        found = self._look_up(key)
        return default if found is None else found

    def __iter__(self) -> Iterator[str]:
        names = [*sorted(KNOWN), "aws:tagkeys"]
        names += [f"s3:existingobjecttag/{name.lower()}" for name in self._existing_tags()]
        names += [f"s3:requestobjecttag/{name.lower()}" for name in self._given_tags()]
        return (name for name in names if self._look_up(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_up(self, key: str) -> Value | None:
        member = _MEMBERS.get(key)
        if member is not None:
            value = self._request.get(member)
            return None if value is None else str(value)
        found = self._call.traits.get(key)
        if found is not None:
            return found
        computed = _COMPUTED.get(key)
        if computed is not None:
            return computed(self)
        family, slash, name = key.partition("/")
        if not slash or family not in _TAGS:
            return None
        if family == "s3:existingobjecttag":
            return _named(self._existing_tags(), name)
        if family == "s3:buckettag":
            return _named(self._bucket.tags, name) if self._bucket is not None else None
        return _named(self._given_tags(), name)

    def _within(self, member: str) -> Mapping[str, Any]:
        return self._request.get(member) or {}

    def _existing_tags(self) -> Mapping[str, str]:
        version = self._existing()
        return version.about.tags if version is not None else {}

    def _existing(self) -> Version | None:
        return self._version

    def _given_tags(self) -> Mapping[str, str]:
        given = self._request.get("Tagging")
        if isinstance(given, str):
            return tagging.of_header(given)
        tags: Sequence[Mapping[str, Any]] = (
            self._within("Tagging").get("TagSet")
            or self._within("CreateBucketConfiguration").get("Tags")
            or self._request.get("Tags")
            or ()
        )
        return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in tags}

    def resource_account(self) -> str | None:
        """The account that owns the bucket."""
        return self._bucket.account if self._bucket is not None else None

    def location(self) -> str | None:
        """Where a bucket is to be made."""
        return self._within("CreateBucketConfiguration").get("LocationConstraint")

    def tag_keys(self) -> Value | None:
        """The keys of the tags that the request would set, or take away."""
        keys = self._request.get("TagKeys")
        return list(keys) if keys else (list(self._given_tags()) or None)

    def retain_until(self) -> str | None:
        """The end of the retention that the request asks for."""
        until_ms = self._until_ms()
        if until_ms is None:
            return None
        return datetime.fromtimestamp(until_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def remaining_days(self) -> str | None:
        """How many days away that is."""
        until_ms = self._until_ms()
        return None if until_ms is None else str(-(-(until_ms - self._call.now) // DAY_MS))

    def _until_ms(self) -> int | None:
        asked: Any = self._request.get("ObjectLockRetainUntilDate")
        if asked is None:
            asked = self._within("Retention").get("RetainUntilDate")
        return asked

    def lock_mode(self) -> str | None:
        """The mode of that retention."""
        return self._request.get("ObjectLockMode") or self._within("Retention").get("Mode")

    def legal_hold(self) -> str | None:
        """The legal hold that the request asks for."""
        asked = self._request.get("ObjectLockLegalHoldStatus")
        return asked or self._within("LegalHold").get("Status")

    def creation(self) -> str | None:
        """`false` for the parts of an upload, which create no object by themselves."""
        operation = self._call.operation
        if operation in ("PutObject", "CopyObject", "CompleteMultipartUpload"):
            return "true"
        return "false" if operation in ("CreateMultipartUpload", "UploadPart", "UploadPartCopy") else None

    def inventory_fields(self) -> Value | None:
        """The optional fields that an inventory is to hold."""
        fields = self._within("InventoryConfiguration").get("OptionalFields")
        return list(fields) if fields else None


class OfObject(Conditions):
    """The keys of a request about an object, which is looked up when a policy asks for its tags."""

    __slots__ = ()

    def _existing(self) -> Version | None:
        bucket, request = self._bucket, self._request
        if bucket is None:
            return None
        shelf, version_id = self._call.state(S3State).shelves[bucket.name], request.get("VersionId")
        return shelf.newest(request["Key"]) if version_id is None else shelf.find(request["Key"], version_id)


def _named(tags: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in tags.items() if key.lower() == name), None)


_COMPUTED: dict[str, Callable[[Conditions], Value | None]] = {
    "s3:resourceaccount": Conditions.resource_account,
    "s3:locationconstraint": Conditions.location,
    "s3:requestobjecttagkeys": Conditions.tag_keys,
    "aws:tagkeys": Conditions.tag_keys,
    "s3:object-lock-retain-until-date": Conditions.retain_until,
    "s3:object-lock-remaining-retention-days": Conditions.remaining_days,
    "s3:object-lock-mode": Conditions.lock_mode,
    "s3:object-lock-legal-hold": Conditions.legal_hold,
    "s3:objectcreationoperation": Conditions.creation,
    "s3:inventoryaccessibleoptionalfields": Conditions.inventory_fields,
}
