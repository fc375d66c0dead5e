"""A trail to an encrypted bucket, and a service whose releases are calls that must be on record."""

from __future__ import annotations

import gzip
import json
from typing import Any

from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

BUCKET, TRAIL, FORMER = "audit-bucket", "audit", "management-events"
ARN = f"arn:aws:s3:::{BUCKET}"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def trail_arn(lab: Lab, name: str = TRAIL) -> str:
    """The ARN of a trail of this account."""
    return f"arn:aws:cloudtrail:{lab.region}:{lab.account}:trail/{name}"


def bucket_policy(lab: Lab, trail: str) -> str:
    """Lets CloudTrail in on behalf of one trail."""
    of_trail = {"aws:SourceArn": trail_arn(lab, trail)}
    return document(
        {
            "Sid": "AWSCloudTrailAclCheck",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "s3:GetBucketAcl",
            "Resource": ARN,
            "Condition": {"StringEquals": of_trail},
        },
        {
            "Sid": "AWSCloudTrailWrite",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "s3:PutObject",
            "Resource": f"{ARN}/AWSLogs/{lab.account}/*",
            "Condition": {"StringEquals": {**of_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    )


def key_policy(lab: Lab) -> str:
    """The account administers and reads; CloudTrail makes data keys for its trails."""
    root = {"AWS": f"arn:aws:iam::{lab.account}:root"}
    of_trails = {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{lab.account}:trail/*"}
    return document(
        {"Sid": "Account", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"},
        {
            "Sid": "CloudTrailEncrypts",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {"StringLike": of_trails, "StringEquals": {"aws:SourceArn": trail_arn(lab)}},
        },
    )


class Releases(Regular):
    """Each release tags the queue with its number: a call that belongs in the log."""

    RELEASABLE = ()

    def start(self) -> None:
        """Begin with the first release."""
        self.made: dict[str, int] = {}
        super().start()

    def pause_ms(self) -> int:
        """A release every two hours; every three minutes on the day."""
        return 3 * MINUTE_MS if self.lab.struck_at_ms else 120 * MINUTE_MS

    def run(self) -> None:
        """One release."""
        number = str(len(self.made) + 1)
        self.lab.client("sqs").tag_queue(QueueUrl=self.lab.notes["queue"], Tags={"release": number})
        self.made[number] = self.lab.now_ms


def logged_releases(lab: Lab) -> set[str]:
    """The releases that are in the files of the bucket."""
    s3 = lab.client("s3")
    found: set[str] = set()
    for one in _objects(lab):
        if one["Size"] and one["Key"] not in lab.notes["read"]:
            body: Any = s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"]
            records = json.loads(gzip.decompress(bytes(body)))["Records"]
            tags = [each["requestParameters"]["tags"] for each in records if each["eventName"] == "TagQueue"]
            lab.notes["read"][one["Key"]] = [each["release"] for each in tags]
    for releases in lab.notes["read"].values():
        found.update(releases)
    return found


def _objects(lab: Lab) -> list[dict[str, Any]]:
    s3, found, token = lab.client("s3"), list[dict[str, Any]](), {}
    while True:
        page: dict[str, Any] = s3.list_objects_v2(Bucket=BUCKET, Prefix="AWSLogs/", **token)
        found += page.get("Contents", [])
        if not page.get("NextContinuationToken"):
            return found
        token = {"ContinuationToken": page["NextContinuationToken"]}


def build(lab: Lab) -> None:
    """Key, bucket, trail; a queue and its releases."""
    s3, kms, trails = lab.client("s3"), lab.client("kms"), lab.client("cloudtrail")
    key = kms.create_key(Description="Audit logs", Policy=key_policy(lab))["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/audit", TargetKeyId=key)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(lab, TRAIL))
    trails.create_trail(Name=TRAIL, S3BucketName=BUCKET, IsMultiRegionTrail=True, KmsKeyId=key)
    trails.start_logging(Name=TRAIL)
    lab.notes.update(key=key, read={})
    lab.notes["queue"] = lab.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    lab.add(Releases(lab, "orders-service"))
