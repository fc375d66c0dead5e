"""Replicas: written as the role of the replication may, with everything that the source version is.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

import msgspec

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials, Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.principal import Principal
from foulweather.services.s3 import judging, kms_keys, storage_classes
from foulweather.services.s3.acl import owned_grants
from foulweather.services.s3.bodies import Taken
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import SSE_S3, Bucket, Described, Encryption, Version
from foulweather.services.s3.state import S3State
from foulweather.world.world import World

SESSION: Final = "s3-replication"
SESSION_MS: Final = 3_600_000
SESSION_MARGIN_MS: Final = 300_000
_DATA_KEY_BYTES: Final = 32


class Sessions:
    """The sessions of replication roles in use, by role and bucket: who, with what, until when."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], tuple[Principal, Session | None, int]] = {}


async def assumed(call: Call, bucket: Bucket, role: str) -> Call:
    """The call as a session of the role, which S3 assumes if the role's trust policy lets it."""
    who, session = await _session(call, bucket, role)
    return Call(
        call.pipeline,
        "s3",
        "PutObject",  # what the permissions of replicas are words of
        who.account,
        bucket.region,
        who,
        session=session,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )


async def _session(call: Call, bucket: Bucket, role: str) -> tuple[Principal, Session | None]:
    held = _held(call.world)
    found = held.get((role, bucket.name))
    if found is not None and call.now < found[2] - SESSION_MARGIN_MS:
        return found[0], found[1]
    ports = call.acting_as(
        "s3.amazonaws.com", source_arn=bucket.arn, source_account=bucket.account, account=role.split(":")[4]
    )
    given = await _come(ports.sts.assume_role({"RoleArn": role, "RoleSessionName": SESSION}))
    credential = call.state(Credentials).by_id[given["Credentials"]["AccessKeyId"]]
    held[role, bucket.name] = (credential.principal, credential.session, call.now + SESSION_MS)
    return credential.principal, credential.session


async def _come(answer: Any) -> Mapping[str, Any]:
    """An answer of another service, waited for where a fault holds it up."""
    return await cast("Awaitable[Mapping[str, Any]]", answer) if isinstance(answer, Awaitable) else answer


def _held(world: World) -> dict[tuple[str, str], tuple[Principal, Session | None, int]]:
    found = world.attached.get(Sessions)
    if found is None:
        found = world.attached[Sessions] = Sessions()
    return cast(Sessions, found).held


def destination(call: Call, bucket: Bucket, name: str, rule: Mapping[str, Any]) -> Bucket:
    """The bucket that a rule replicates to, as it is now."""
    target = call.state(S3State).buckets.get(name)
    if target is None:
        raise AwsError(
            "DstBucketNotFound", "The destination bucket does not exist.", 404,
            facts=(Fact(f"arn:aws:s3:::{name}", "exists", False),),
        )  # fmt: skip
    if target.versioning != "Enabled":
        raise AwsError(
            "DstBucketUnversioned",
            "Versioning is not enabled for the destination bucket.",
            409,
            facts=(call.fact(target.arn, "Status", target.versioning or "never enabled"),),
            remedy=(f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled",),
        )
    account = rule["Destination"].get("Account")
    if account and account != target.account:
        raise AwsError(
            "DstBucketOwner", "The destination bucket belongs to another account than the rule names.", 403,
            facts=(Fact(target.arn, "owner", target.account), Fact(bucket.arn, "Account", account)),
        )  # fmt: skip
    return target


def check_allowed(acting: Call, bucket: Bucket, version: Version, target: Bucket, rule: Mapping[str, Any]) -> None:
    """Refuse what the role may not: reading the source version, and writing the replica."""
    if version.is_delete_marker:
        _require(acting, "s3:ReplicateDelete", target, version.key)
        return
    for action in ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl"):
        _require(acting, action, bucket, version.key, version.id)
    _require(acting, "s3:ReplicateObject", target, version.key)
    if "AccessControlTranslation" in rule["Destination"]:
        _require(acting, "s3:ObjectOwnerOverrideToBucketOwner", target, version.key)
    if version.about.retention is not None:
        _require(acting, "s3:GetObjectRetention", bucket, version.key, version.id)
    if version.about.legal_hold:
        _require(acting, "s3:GetObjectLegalHold", bucket, version.key, version.id)


def _require(acting: Call, action: str, bucket: Bucket, key: str, version_id: str | None = None) -> None:
    error = judging.denied(acting, action, bucket, key, version_id)
    if error is not None:
        raise error


async def described(
    call: Call, acting: Call, bucket: Bucket, version: Version, target: Bucket, rule: Mapping[str, Any]
) -> Described:
    """What the replica says about itself."""
    about = version.about
    changes: dict[str, Any] = {"encryption": await _encrypted(call, acting, version, target, rule)}
    chosen: str | None = rule["Destination"].get("StorageClass")
    if chosen:
        changes["storage_class"] = chosen
    if about.tags and not _may_tag(call, acting, bucket, version, target):
        changes["tags"] = {}
    else:
        changes["tags"] = dict(about.tags)
    if "AccessControlTranslation" in rule["Destination"] or target.ownership == "BucketOwnerEnforced":
        changes["grants"] = owned_grants(canonical_id(target.account))
    if not target.has_lock:
        changes |= {"retention": None, "legal_hold": False}
    return msgspec.structs.replace(about, **changes)


def _may_tag(call: Call, acting: Call, bucket: Bucket, version: Version, target: Bucket) -> bool:
    """Without permission for tags S3 replicates the object, and not its tags."""
    for action, where, version_id in (
        ("s3:GetObjectVersionTagging", bucket, version.id),
        ("s3:ReplicateTags", target, None),
    ):
        error = judging.denied(acting, action, where, version.key, version_id)
        if error is not None:
            call.explain("ReplicateTags", version.arn, error.why, error.code)
            return False
    return True


async def _encrypted(call: Call, acting: Call, version: Version, target: Bucket, rule: Mapping[str, Any]) -> Encryption:
    held = version.about.encryption
    if not held.key_arn:
        return held
    try:
        kms_keys.open_data_key(acting, held, version.arn, version.bucket)
    except answers.NotYet as pending:
        await answers.answered(pending, lambda: kms_keys.open_data_key(acting, held, version.arn, version.bucket))
    key_id: str = rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
    context = {kms_keys.ARN: f"{target.arn}/{version.key}"}
    kms = acting.forwarded("s3", account=target.account, region=target.region).kms
    plaintext = call.world.random.randbytes(_DATA_KEY_BYTES)
    given = await _come(kms.encrypt({"KeyId": key_id, "Plaintext": plaintext, "EncryptionContext": context}))
    return Encryption(held.algorithm, given["KeyId"], held.context, False, given["CiphertextBlob"])


def add(
    call: Call, version: Version, target: Bucket, about: Described, taken: Taken | None, rule: Mapping[str, Any]
) -> Version:
    """Write the replica: the same version id, ETag, metadata and time as its source."""
    state = call.state(S3State)
    overrides = "AccessControlTranslation" in rule["Destination"] or target.ownership == "BucketOwnerEnforced"
    if about.encryption.algorithm == "AES256" and not about.encryption.key_arn:
        about.encryption = SSE_S3
    replica = Version(
        state.next_sequence(),
        target.name,
        version.key,
        version.id,
        canonical_id(target.account) if overrides else version.owner,
        version.modified_ms,
        is_delete_marker=version.is_delete_marker,
        size=version.size,
        etag=version.etag,
        inline=taken.inline if taken is not None else b"",
        segments=taken.segments if taken is not None else [],
        about=about,
        checksum=version.checksum,
        parts=list(version.parts),
        notes={"replica": True},
    )
    state.add_version(replica)
    facts: dict[str, Any] = {"bucket": target.name, "key": replica.key, "version_id": replica.id}
    if replica.is_delete_marker:
        state.note_deleted(target.name, replica.key)
        call.happened(
            "s3.ObjectRemoved",
            replica.arn,
            **facts,
            how="DeleteMarkerCreated",
            sequence=replica.sequence,
            size=0,
            storage_class="",
            replica=True,
        )
        return replica
    call.happened(
        "s3.ObjectCreated",
        replica.arn,
        **facts,
        size=replica.size,
        etag=replica.etag,
        how="Put",
        sequence=replica.sequence,
        storage_class=storage_classes.billed_as(replica),
        was_class="",
        was_size=0,
        replica=True,
    )
    return replica


def update(call: Call, acting: Call, bucket: Bucket, version: Version, target: Bucket, replica: Version) -> None:
    """Give a replica what was changed about its source: tags, retention, legal hold."""
    _require(acting, "s3:GetObjectVersionForReplication", bucket, version.key, version.id)
    _require(acting, "s3:ReplicateObject", target, version.key)
    if version.about.tags != replica.about.tags and _may_tag(call, acting, bucket, version, target):
        replica.about.tags = dict(version.about.tags)
    if target.has_lock:
        replica.about.retention = version.about.retention
        replica.about.legal_hold = version.about.legal_hold
    call.state(S3State).touch_version(replica)
