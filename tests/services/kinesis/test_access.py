"""Who may do what with a stream, and KMS keys that are really asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.kinesis.access import ACCESS
from harness import ACCOUNT, Aws
from services.kinesis.streaming import ARN, NAME, got, iterator, make, put, refused, summary
from services.kms.kms_calls import enabling_iam, make_key, make_user, policy

OTHER = "444455556666"


def test_every_operation_has_its_row(aws: Aws) -> None:
    services = aws.pipeline.services
    built = services.built(services.find("kinesis"))
    assert set(built) == set(ACCESS)


async def test_a_producer_needs_the_streams_permission(aws: Aws) -> None:
    await make(aws)
    ann = make_user(aws, "ann", "kinesis:GetRecords", "kinesis:GetShardIterator")
    error = refused(ann.kinesis.put_record, {"StreamName": NAME, "Data": b"x", "PartitionKey": "k"})
    assert (error.code, error.status) == ("AccessDeniedException", 400)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: kinesis:PutRecord on resource: {ARN} "
        "because no identity-based policy allows the kinesis:PutRecord action"
    )
    put(aws)
    assert got(ann) == [b"x"]


async def test_another_account_writes_by_the_streams_policy(aws: Aws) -> None:
    await make(aws)
    far = aws.in_account(OTHER)
    request = {"StreamARN": ARN, "Data": b"far", "PartitionKey": "k"}
    assert refused(far.kinesis.put_record, request).code == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": ["kinesis:PutRecord"],
        "Resource": ARN,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.kinesis.put_resource_policy({"ResourceARN": ARN, "Policy": document})
    far.kinesis.put_record(request)
    assert got(aws) == [b"far"]
    aws.kinesis.delete_resource_policy({"ResourceARN": ARN})
    assert refused(far.kinesis.put_record, request).code == "AccessDeniedException"


async def test_writers_and_readers_of_an_encrypted_stream_need_its_key(aws: Aws) -> None:
    await make(aws)
    put(aws, b"plain")
    key = make_key(aws, Policy=policy(enabling_iam()))
    request = {"StreamName": NAME, "EncryptionType": "KMS", "KeyId": key}
    aws.kinesis.start_stream_encryption(request)
    assert summary(aws)["StreamStatus"] == "UPDATING"
    await aws.advance(seconds=10)
    assert put(aws, b"sealed")["EncryptionType"] == "KMS"
    ann = make_user(aws, "ann", "kinesis:*")
    error = refused(ann.kinesis.put_record, {"StreamName": NAME, "Data": b"x", "PartitionKey": "k"})
    assert error.code == "KMSAccessDeniedException"
    assert "is not authorized to perform: kms:GenerateDataKey" in error.message
    error = refused(ann.kinesis.get_records, {"ShardIterator": iterator(ann)})
    assert error.code == "KMSAccessDeniedException"
    first = ann.kinesis.get_records({"ShardIterator": iterator(ann), "Limit": 1})
    assert [each["Data"] for each in first["Records"]] == [b"plain"]
    bob = make_user(aws, "bob", "kinesis:*", "kms:Decrypt")
    await aws.advance(seconds=2)
    assert got(bob) == [b"plain", b"sealed"]
    aws.kms.disable_key({"KeyId": key})
    await aws.advance(seconds=301)
    error = refused(aws.kinesis.put_record, {"StreamName": NAME, "Data": b"x", "PartitionKey": "k"})
    assert error.code == "KMSDisabledException"
    aws.kinesis.stop_stream_encryption(request)
    await aws.advance(seconds=10)
    assert "EncryptionType" not in put(aws, b"plain again")


async def test_a_key_that_is_not_there_starts_nothing(aws: Aws) -> None:
    await make(aws)
    request = {"StreamName": NAME, "EncryptionType": "KMS", "KeyId": "alias/nobody"}
    assert refused(aws.kinesis.start_stream_encryption, request).code == "KMSNotFoundException"
    assert summary(aws)["StreamStatus"] == "ACTIVE"


async def test_the_key_that_aws_manages_serves_everybody_of_the_account(aws: Aws) -> None:
    await make(aws)
    aws.kinesis.start_stream_encryption({"StreamName": NAME, "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"})
    await aws.advance(seconds=10)
    ann = make_user(aws, "ann", "kinesis:*")
    put(ann)
    assert got(ann) == [b"x"]
    assert summary(aws)["KeyId"] == "alias/aws/kinesis"


async def test_log_groups_forward_to_a_stream_with_a_role_that_is_really_assumed(aws: Aws) -> None:
    await make(aws)
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    aws.iam.create_role({"RoleName": "to-stream", "AssumeRolePolicyDocument": policy(trust)})
    aws.logs.create_log_group({"logGroupName": "/shop"})
    aws.logs.create_log_stream({"logGroupName": "/shop", "logStreamName": "s"})
    request = {
        "logGroupName": "/shop",
        "filterName": "all",
        "filterPattern": "",
        "destinationArn": ARN,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/to-stream",
    }
    with pytest.raises(AwsError, match="Could not deliver test message to specified Kinesis stream"):
        await aws.logs.put_subscription_filter(request)
    allowed = {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": ARN}
    document = policy(allowed)
    aws.iam.put_role_policy({"RoleName": "to-stream", "PolicyName": "put", "PolicyDocument": document})
    await aws.logs.put_subscription_filter(request)
    event = {"timestamp": aws.now, "message": "hello"}
    aws.logs.put_log_events({"logGroupName": "/shop", "logStreamName": "s", "logEvents": [event]})
    await aws.advance(seconds=2)
    assert len(got(aws)) == 2  # the test message, and the event
    assert len(aws.events("logs.Forwarded")) == 1
