"""Request metrics of buckets, and deletions of queues, count as AWS counts them: what was refused or repeated too."""

from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.cloudwatch.watching import query, values

OTHER = "444455556666"


def of_bucket(name: str, filter_id: str = "all") -> dict[str, Any]:
    return query(name, namespace="AWS/S3", dimensions={"BucketName": "photos", "FilterId": filter_id})


def bucket(aws: Aws, **filters: dict[str, Any]) -> None:
    aws.s3.create_bucket({"Bucket": "photos"})
    for name, wanted in (filters or {"all": {}}).items():
        configuration = {"Id": name, **({"Filter": wanted} if wanted else {})}
        aws.s3.put_bucket_metrics_configuration({"Bucket": "photos", "Id": name, "MetricsConfiguration": configuration})


def tried(call: Any, request: dict[str, Any]) -> str:
    try:
        call(request)
    except AwsError as error:
        return error.code
    return ""


async def test_a_missing_key_and_a_denial_are_requests_and_errors(aws: Aws) -> None:
    bucket(aws)
    assert tried(aws.s3.get_object, {"Bucket": "photos", "Key": "a"}) == "NoSuchKey"
    assert tried(aws.in_account(OTHER).s3.put_object, {"Bucket": "photos", "Key": "a", "Body": b"x"}) == "AccessDenied"
    aws.s3.put_object({"Bucket": "photos", "Key": "a", "Body": b"12345"})
    await aws.advance(seconds=60)
    told = {name: values(aws, of_bucket(name)) for name in ("AllRequests", "GetRequests", "PutRequests", "4xxErrors")}
    assert told == {"AllRequests": [3], "GetRequests": [1], "PutRequests": [2], "4xxErrors": [2]}
    assert values(aws, of_bucket("5xxErrors")) == [0]
    assert values(aws, of_bucket("BytesUploaded")) == [5]


async def test_a_bucket_without_a_configuration_has_none(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "photos"})
    tried(aws.s3.get_object, {"Bucket": "photos", "Key": "a"})
    await aws.advance(seconds=60)
    assert aws.cloudwatch.list_metrics({"Namespace": "AWS/S3", "MetricName": "AllRequests"})["Metrics"] == []


async def test_a_refused_key_counts_for_its_prefix_alone(aws: Aws) -> None:
    bucket(aws, cats={"Prefix": "cats/"}, dogs={"Prefix": "dogs/"})
    tried(aws.s3.get_object, {"Bucket": "photos", "Key": "cats/1"})
    await aws.advance(seconds=60)
    assert values(aws, of_bucket("4xxErrors", "cats")) == [1]
    assert values(aws, of_bucket("4xxErrors", "dogs")) == []


async def test_what_is_not_modified_is_no_error(aws: Aws) -> None:
    bucket(aws)
    tag = aws.s3.put_object({"Bucket": "photos", "Key": "a", "Body": b"x"})["ETag"]
    assert tried(aws.s3.get_object, {"Bucket": "photos", "Key": "a", "IfNoneMatch": tag}) == "NotModified"
    await aws.advance(seconds=60)
    assert values(aws, of_bucket("GetRequests")) == [1]
    assert values(aws, of_bucket("4xxErrors")) == [0]


async def test_the_metrics_belong_to_the_buckets_owner_whoever_asks(aws: Aws) -> None:
    bucket(aws)
    may = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::photos/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    aws.s3.put_bucket_policy({"Bucket": "photos", "Policy": document})
    other = aws.in_account(OTHER)
    other.s3.put_object({"Bucket": "photos", "Key": "a", "Body": b"x"})
    await aws.advance(seconds=60)
    assert aws.account == ACCOUNT
    assert values(aws, of_bucket("PutRequests")) == [1]
    assert values(other, of_bucket("PutRequests")) == []


async def test_a_message_that_is_deleted_twice_counts_twice(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    (message,) = aws.sqs.receive_message({"QueueUrl": url})["Messages"]
    for _ in range(2):
        aws.sqs.delete_message({"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
    await aws.advance(seconds=60)
    of_queue: dict[str, Any] = {"namespace": "AWS/SQS", "dimensions": {"QueueName": "orders"}}
    assert values(aws, query("NumberOfMessagesDeleted", **of_queue)) == [2]
    assert len(aws.events("sqs.MessageDeleted")) == 1
