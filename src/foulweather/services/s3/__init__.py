"""Amazon S3: buckets, objects and their versions, and what happens to them by themselves."""

from __future__ import annotations

from foulweather.kernel.service import Service
from foulweather.services.s3.addresses import WEBSITE_HOSTS
from foulweather.services.s3.denials import denied_words

SERVICE = Service(
    name="s3",
    package=__name__,
    modules=(
        "buckets",
        "versioning",
        "objects",
        "copying",
        "deleting",
        "attributes",
        "listing",
        "multipart",
        "parts",
        "access_lists",
        "default_encryption",
        "ownership_controls",
        "policies",
        "public_access_blocks",
        "requester_pays",
        "tag_sets",
        "cors",
        "websites",
        "select",
        "retention",
        "lifecycle",
        "restoring",
        "replication",
        "notifications",
        "inventory",
        "metrics",
        "analytics",
        "tiering",
        "logging",
        "acceleration",
    ),
    denied_words=denied_words,
    # Everybody may ask; policies and access control lists decide about nobody too.
    takes_anonymous=True,
    hosts=WEBSITE_HOSTS,
    has_traffic=True,
    reads={
        "s3.ObjectCreated": "object_created",
        "s3.ObjectRemoved": "object_removed",
        "s3.ObjectTaggingPut": "object_changed",
        "s3.ObjectTaggingDeleted": "object_changed",
        "s3.ObjectAclPut": "object_changed",
        "s3.ObjectRetentionPut": "object_changed",
        "s3.ObjectLegalHoldPut": "object_changed",
        "s3.RestoreInitiated": "object_touched",
        "s3.RestoreCompleted": "object_touched",
        "s3.RestoreExpired": "object_touched",
        "s3.ObjectTransitioned": "object_touched",
        "s3.TierChanged": "object_touched",
        "s3.ReplicationFailed": "object_touched",
        "s3.Request": "request_served",
        "s3.BucketDeleted": "bucket_deleted",
    },
)
