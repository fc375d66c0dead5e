"""Exports to S3: who must be let into the bucket, what is written, and one at a time."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, make, put_at

BUCKET = "archive"


async def bucket(aws: Aws, *, lets_in: bool = True) -> None:
    await done(aws.s3.create_bucket({"Bucket": BUCKET}))
    if lets_in:
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
                "Action": action,
                "Resource": resource,
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
            for action, resource in (
                ("s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"),
                ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"),
            )
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        await done(aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": document}))


async def done(answer: Any) -> Any:
    return await answer if hasattr(answer, "__await__") else answer


async def export(aws: Aws, **more: Any) -> str:
    request = {"logGroupName": GROUP, "from": 0, "to": aws.now, "destination": BUCKET, **more}
    return (await aws.logs.create_export_task(request))["taskId"]


def status(aws: Aws, task: str) -> dict[str, Any]:
    (told,) = aws.logs.describe_export_tasks({"taskId": task})["exportTasks"]
    return told


async def body(aws: Aws, key: str) -> bytes:
    found = (await done(aws.s3.get_object({"Bucket": BUCKET, "Key": key})))["Body"]
    return found if isinstance(found, bytes) else b"".join([piece async for piece in found])


async def test_an_export_writes_a_gzip_file_for_each_stream(aws: Aws) -> None:
    make(aws, GROUP, "a", "b/c", "empty")
    put_at(aws, (aws.now - 2000, "one"), (aws.now - 1, "two"), stream="a")
    put_at(aws, (aws.now, "three"), stream="b/c")
    await bucket(aws)
    task = await export(aws, destinationPrefix="logs")
    assert status(aws, task)["status"]["code"] == "PENDING"
    await aws.advance(seconds=2)
    assert status(aws, task)["status"]["code"] == "RUNNING"
    await aws.advance(seconds=10)
    told = status(aws, task)
    assert told["status"] == {"code": "COMPLETED", "message": "Completed successfully"}
    assert told["executionInfo"]["completionTime"] > told["executionInfo"]["creationTime"]
    listed = (await done(aws.s3.list_objects_v2({"Bucket": BUCKET})))["Contents"]
    keys = [each["Key"] for each in listed]
    assert keys == [f"logs/{task}/a/000000.gz", f"logs/{task}/b-c/000000.gz", "logs/aws-logs-write-test"]
    assert gzip.decompress(await body(aws, keys[0])).decode() == (
        "2025-12-31T23:59:58.000Z one\n2025-12-31T23:59:59.999Z two\n"
    )


async def test_a_bucket_that_does_not_let_in_the_service_is_refused(aws: Aws) -> None:
    make(aws)
    with pytest.raises(AwsError, match="The given bucket does not exist"):
        await export(aws)
    await bucket(aws, lets_in=False)
    with pytest.raises(AwsError) as caught:
        await export(aws)
    assert caught.value.code == "InvalidParameterException"
    assert caught.value.message.startswith("GetBucketAcl call on the given bucket failed.")
    assert caught.value.why.because


async def test_an_account_exports_one_thing_at_a_time(aws: Aws) -> None:
    make(aws)
    await bucket(aws)
    task = await export(aws)
    with pytest.raises(AwsError, match="LimitExceededException"):
        await export(aws)
    aws.logs.cancel_export_task({"taskId": task})
    assert status(aws, task)["status"]["code"] == "CANCELLED"
    await aws.advance(seconds=20)
    assert status(aws, task)["status"]["code"] == "CANCELLED"
    with pytest.raises(AwsError, match="InvalidOperationException"):
        aws.logs.cancel_export_task({"taskId": task})
    await export(aws)


async def test_a_bucket_that_is_gone_fails_the_export(aws: Aws) -> None:
    make(aws)
    put_at(aws, (aws.now - 1, "x"))
    await bucket(aws)
    task = await export(aws)
    await done(aws.s3.delete_bucket_policy({"Bucket": BUCKET}))
    await aws.advance(seconds=20)
    assert status(aws, task)["status"]["code"] == "FAILED"


async def test_the_range_of_an_export_begins_before_it_ends(aws: Aws) -> None:
    make(aws)
    with pytest.raises(AwsError, match="must be before or equal"):
        await export(aws, to=1, **{"from": 2})
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        aws.logs.cancel_export_task({"taskId": "nothing"})
