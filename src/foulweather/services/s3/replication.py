"""Replication configurations of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.services.s3 import replication_rules, schema
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketReplicationRequest,
        GetBucketReplicationOutput,
        GetBucketReplicationRequest,
        PutBucketReplicationRequest,
    )

_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/.+")


def put_bucket_replication(call: Call, request: PutBucketReplicationRequest) -> None:
    """Set which objects of a bucket are replicated, where, and with whose permissions; it means new objects only."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    if "Token" in request:
        raise not_implemented("s3", "PutBucketReplication.Token")
    configuration = cast("dict[str, Any]", request["ReplicationConfiguration"])
    role: str = configuration["Role"]
    if not _ROLE.fullmatch(role):
        raise replication_rules.unchecked_role(role)
    if bucket.versioning != "Enabled":
        raise AwsError(
            "InvalidRequest",
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
            400,
            facts=(call.fact(bucket.arn, "Status", bucket.versioning or "never enabled"),),
            remedy=(
                f"aws s3api put-bucket-versioning --bucket {bucket.name} --versioning-configuration Status=Enabled",
            ),
        )
    # "You must have the iam:PassRole permission":
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
    passed = Resource(role, role.split(":")[4])
    call.pipeline.require(call, Permission("iam:PassRole", passed, {"iam:passedtoservice": "s3.amazonaws.com"}))
    rules = replication_rules.checked(call, bucket, configuration)
    bucket.settings["replication"] = {"Role": role, "Rules": rules}
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.ReplicationPut", bucket.arn, Role=role, Rules=rules)


def get_bucket_replication(call: Call, request: GetBucketReplicationRequest) -> GetBucketReplicationOutput:
    """A bucket's replication rules."""
    bucket = bucket_of(call, request)
    configuration: dict[str, Any] | None = bucket.settings.get("replication")
    if configuration is None:
        raise AwsError(
            "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found",
            404,
            facts=(Fact(bucket.arn, "ReplicationConfiguration", None),),
            members={"BucketName": bucket.name},
        )
    return {"ReplicationConfiguration": configuration}  # type: ignore[typeddict-item]


def delete_bucket_replication(call: Call, request: DeleteBucketReplicationRequest) -> None:
    """Replicate no more; what is replicated stays."""
    bucket = bucket_of(call, request)
    if bucket.settings.pop("replication", None) is not None:
        call.state(S3State).buckets.touch(bucket.name)
        call.changed("s3.ReplicationDeleted", bucket.arn, Rules=[])
