"""Calls that the tests of Firehose share."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws

NAME = "clicks"
BUCKET = "lake"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/delivers"
TRUST = {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(aws: Aws, *actions: str, role: str = "delivers") -> None:
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    aws.iam.put_role_policy({"RoleName": role, "PolicyName": "work", "PolicyDocument": document(allowed)})


async def done(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def role(aws: Aws, *actions: str) -> None:
    aws.iam.create_role({"RoleName": "delivers", "AssumeRolePolicyDocument": document(TRUST)})
    if actions:
        allow(aws, *actions)


def destination(**more: Any) -> dict[str, Any]:
    return {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{BUCKET}", **more}


async def make(aws: Aws, name: str = NAME, *, request: dict[str, Any] | None = None, **more: Any) -> None:
    """A role, a bucket and an ACTIVE delivery stream."""
    await role(aws, "s3:*", "lambda:InvokeFunction", "kinesis:*", "logs:PutLogEvents")
    await done(aws.s3.create_bucket({"Bucket": BUCKET}))
    asked = {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": destination(**more), **(request or {})}
    await aws.firehose.create_delivery_stream(asked)
    await aws.advance(seconds=15)


def put(aws: Aws, *records: bytes) -> None:
    entries = [{"Data": each} for each in records]
    aws.firehose.put_record_batch({"DeliveryStreamName": NAME, "Records": entries})


async def objects(aws: Aws, bucket: str = BUCKET) -> dict[str, bytes]:
    """What is in a bucket."""
    listed = await done(aws.s3.list_objects_v2({"Bucket": bucket}))
    found: dict[str, bytes] = {}
    for each in listed.get("Contents", []):
        answer = await done(aws.s3.get_object({"Bucket": bucket, "Key": each["Key"]}))
        body = answer["Body"]
        found[each["Key"]] = body if isinstance(body, bytes) else b"".join([piece async for piece in body])
    return found


async def refused(answer: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        await done(answer() if callable(answer) else answer)
    return caught.value
