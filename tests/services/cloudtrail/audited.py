from __future__ import annotations

import asyncio
import gzip
import inspect
import json
from typing import Any

from harness import ACCOUNT, Aws

BUCKET = "audit-bucket"


def bucket_policy(account: str = ACCOUNT, *, prefix: str = "", more: tuple[str, ...] = ()) -> str:
    """What a bucket needs for CloudTrail, as its user guide has it."""
    paths = [f"arn:aws:s3:::{BUCKET}/{prefix}AWSLogs/{each}/*" for each in (account, *more)]
    service = {"Service": "cloudtrail.amazonaws.com"}
    read = {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{BUCKET}"}
    control = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    write = {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": paths, "Condition": control}
    return json.dumps({"Version": "2012-10-17", "Statement": [read, write]})


class Audited:
    """A world with an account, its bucket for logs, and what came into it."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def run(self, answer: Any) -> Any:
        return asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer

    def advance(self, **by: int) -> None:
        asyncio.run(self.aws.advance(**by))

    def create_trail(self, **more: Any) -> dict[str, Any]:
        self.advance(seconds=2)  # one call a second
        return self.run(self.aws.cloudtrail.create_trail({"Name": "main", "S3BucketName": BUCKET, **more}))

    def logging_trail(self, **more: Any) -> dict[str, Any]:
        made = self.create_trail(**more)
        self.aws.cloudtrail.start_logging({"Name": made["Name"]})
        self.advance(seconds=1)
        return made

    def select(self, **selector: Any) -> dict[str, Any]:
        self.advance(seconds=2)
        return self.aws.cloudtrail.put_event_selectors({"TrailName": "main", **selector})

    def objects(self, part: str = "/CloudTrail/") -> list[str]:
        listed = self.aws.s3.list_objects_v2({"Bucket": BUCKET}).get("Contents", [])
        return [one["Key"] for one in listed if part in one["Key"] and one["Size"]]

    def json(self, key: str) -> dict[str, Any]:
        return json.loads(gzip.decompress(self.body(key)))

    def body(self, key: str) -> bytes:
        return self.run(_bytes(self.aws.s3.get_object({"Bucket": BUCKET, "Key": key})["Body"]))

    def delivered(self, part: str = "/CloudTrail/") -> list[dict[str, Any]]:
        return [record for key in self.objects(part) for record in self.json(key)["Records"]]

    def names(self) -> list[str]:
        return [record["eventName"] for record in self.delivered()]

    def looked_up(self, **request: Any) -> list[dict[str, Any]]:
        self.advance(seconds=301)
        return self.aws.cloudtrail.lookup_events(request)["Events"]

    def record(self, event_name: str) -> dict[str, Any]:
        attributes = [{"AttributeKey": "EventName", "AttributeValue": event_name}]
        return json.loads(self.looked_up(LookupAttributes=attributes)[0]["CloudTrailEvent"])


async def _awaited(answer: Any) -> Any:
    return await answer


async def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if hasattr(body, "__aiter__"):
        return b"".join([piece async for piece in body])
    return bytes(body)


def opened(aws: Aws) -> Audited:
    """An account with a bucket that takes its logs."""
    aws.s3.create_bucket({"Bucket": BUCKET})
    aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": bucket_policy()})
    return Audited(aws)
