"""A trail as an account sets it up through boto3, and what it has delivered."""

from __future__ import annotations

import gzip
import json
from typing import Any

from catalog.configurations import policy
from foulweather.testing import Aws

BUCKET = "audit-bucket"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
ROLE_ACTIONS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Audit:
    """A bucket that lets CloudTrail in, under a key that does, and the trail `audit`."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.trail = aws.client("cloudtrail")
        self.s3 = aws.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        arn = f"arn:aws:s3:::{BUCKET}"
        control = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
        document = policy(
            allow("s3:GetBucketAcl", arn, Principal=SERVICE),
            allow("s3:PutObject", f"{arn}/AWSLogs/{aws.account}/*", Principal=SERVICE, Condition=control),
        )
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=document)

    def key(self) -> str:
        """A key that CloudTrail may encrypt with."""
        kms = self.aws.client("kms")
        root = {"AWS": f"arn:aws:iam::{self.aws.account}:root"}
        document = policy(
            allow("kms:*", "*", Principal=root),
            allow(["kms:GenerateDataKey*", "kms:DescribeKey"], "*", Principal=SERVICE),
        )
        return kms.create_key(Policy=document)["KeyMetadata"]["Arn"]

    def begin(self, **more: Any) -> None:
        """Make the trail and let it log."""
        self.trail.create_trail(Name="audit", S3BucketName=BUCKET, **more)
        self.aws.advance("2s")
        self.trail.start_logging(Name="audit")

    def logs(self, *actions: str) -> dict[str, str]:
        """A log group, and a role for CloudTrail that may do so much."""
        self.aws.client("logs").create_log_group(logGroupName="trail")
        iam = self.aws.client("iam")
        trust = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName="trail-logs", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        document = policy(allow(list(actions or ROLE_ACTIONS), "*"))
        iam.put_role_policy(RoleName="trail-logs", PolicyName="logs", PolicyDocument=document)
        group = f"arn:aws:logs:{self.aws.region}:{self.aws.account}:log-group:trail:*"
        return {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}

    def files(self, part: str = "/CloudTrail/") -> list[str]:
        """The log files there are, or the digests."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [each["Key"] for each in listed if part in each["Key"] and each["Size"]]

    def read(self, key: str) -> bytes:
        """What a file holds."""
        return gzip.decompress(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def records(self, part: str = "/CloudTrail/") -> list[dict[str, Any]]:
        """Every record that was delivered."""
        return [record for key in self.files(part) for record in json.loads(self.read(key))["Records"]]

    def put_keys(self) -> list[str]:
        """The objects whose PutObject was recorded, but for CloudTrail's own."""
        return [
            each["requestParameters"]["key"]
            for each in self.records()
            if each["eventName"] == "PutObject" and each["userIdentity"]["type"] != "AWSService"
        ]
