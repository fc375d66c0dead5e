from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


@pytest.fixture
async def stocked(aws: Aws) -> dict[str, str]:
    """One resource of each kind, without tags, by service."""
    aws.sqs.create_queue({"QueueName": "orders"})
    aws.s3.create_bucket({"Bucket": "pictures"})
    topic = aws.sns.create_topic({"Name": "news"})["TopicArn"]
    secret = (
        await aws.secretsmanager.create_secret({"Name": "word", "SecretString": "x", "ClientRequestToken": "f" * 32})
    )["ARN"]
    await aws.ssm.put_parameter({"Name": "plain", "Value": "x", "Type": "String"})
    key = aws.kms.create_key({})["KeyMetadata"]["Arn"]
    aws.iam.create_user({"UserName": "bob"})
    aws.iam.create_instance_profile({"InstanceProfileName": "web"})
    table = aws.dynamodb.create_table(
        {
            "TableName": "Orders",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
    )["TableDescription"]["TableArn"]
    aws.logs.create_log_group({"logGroupName": "/shop"})
    aws.cloudwatch.put_metric_alarm(
        {
            "AlarmName": "late",
            "Namespace": "Shop",
            "MetricName": "Lateness",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
    )
    return {
        "sqs": QUEUE,
        "s3": "arn:aws:s3:::pictures",
        "sns": topic,
        "secretsmanager": secret,
        "ssm": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/plain",
        "kms": key,
        "iam": f"arn:aws:iam::{ACCOUNT}:instance-profile/web",
        "dynamodb": table,
        "logs": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/shop",
        "cloudwatch": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:late",
    }


async def tag(aws: Aws, *arns: str, **tags: str) -> dict[str, Any]:
    done = await aws.resourcegroupstaggingapi.tag_resources({"ResourceARNList": list(arns), "Tags": tags})
    return done["FailedResourcesMap"]


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    found = aws.resourcegroupstaggingapi.get_resources({"ResourceARNList": [arn]})["ResourceTagMappingList"]
    return {tag["Key"]: tag["Value"] for each in found for tag in each["Tags"]}


@pytest.mark.parametrize(
    "service", ["sqs", "s3", "sns", "secretsmanager", "ssm", "kms", "iam", "dynamodb", "logs", "cloudwatch"]
)
async def test_tags_are_set_and_removed_in_every_service(aws: Aws, stocked: dict[str, str], service: str) -> None:
    arn = stocked[service]
    await aws.advance(seconds=60)
    assert await tag(aws, arn, team="blue", stage="prod") == {}
    assert tags_of(aws, arn) == {"team": "blue", "stage": "prod"}
    assert await tag(aws, arn, team="red") == {}
    assert tags_of(aws, arn) == {"team": "red", "stage": "prod"}
    for keys in (["team", "other"], ["stage"]):
        gone = {"ResourceARNList": [arn], "TagKeys": keys}
        assert (await aws.resourcegroupstaggingapi.untag_resources(gone))["FailedResourcesMap"] == {}
    assert tags_of(aws, arn) == {}


async def test_users_can_be_tagged_but_are_not_found(aws: Aws, stocked: dict[str, str]) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert await tag(aws, arn, team="blue") == {}
    assert aws.iam.list_user_tags({"UserName": "bob"})["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert tags_of(aws, arn) == {}


async def test_a_bucket_that_is_slow_to_answer_is_tagged_all_the_same(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "pictures"})
    Faults.of(aws.world).add(kind="slow", service="s3", delay_ms=5_000)
    asked = {"ResourceARNList": ["arn:aws:s3:::pictures"], "Tags": {"team": "red"}}
    tagging = asyncio.ensure_future(aws.resourcegroupstaggingapi.tag_resources(asked))
    await asyncio.sleep(0)
    await aws.advance(seconds=20)
    assert (await tagging)["FailedResourcesMap"] == {}
    Faults.of(aws.world).clear()
    assert aws.s3.get_bucket_tagging({"Bucket": "pictures"})["TagSet"] == [{"Key": "team", "Value": "red"}]


async def test_what_fails_is_told_by_resource(aws: Aws, stocked: dict[str, str]) -> None:
    gone = f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"
    far = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
    others = "arn:aws:sqs:us-east-1:444455556666:orders"
    failed = await tag(aws, QUEUE, gone, far, others, team="blue")
    assert set(failed) == {gone, far, others}
    assert failed[gone]["ErrorCode"] == "QueueDoesNotExist"
    assert failed[far]["ErrorCode"] == failed[others]["ErrorCode"] == "InvalidParameterException"
    assert tags_of(aws, QUEUE) == {"team": "blue"}


async def test_a_service_that_is_not_built_is_no_success(aws: Aws) -> None:
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0"
    failed = await tag(aws, arn, team="blue")
    assert (failed[arn]["StatusCode"], failed[arn]["ErrorCode"]) == (501, "NotImplemented")


async def test_one_bad_arn_fails_the_whole(aws: Aws, stocked: dict[str, str]) -> None:
    with pytest.raises(AwsError) as caught:
        await tag(aws, QUEUE, "orders", team="blue")
    assert caught.value.message == "orders is not a valid AmazonResourceName (ARN)"
    assert tags_of(aws, QUEUE) == {}


async def test_reserved_keys_are_refused(aws: Aws, stocked: dict[str, str]) -> None:
    with pytest.raises(AwsError, match="InvalidParameterException"):
        await aws.resourcegroupstaggingapi.tag_resources({"ResourceARNList": [QUEUE], "Tags": {"aws:x": "y"}})


async def test_tagging_needs_the_services_permission_too(aws: Aws, stocked: dict[str, str]) -> None:
    aws.iam.create_user({"UserName": "alice"})
    user_id = aws.iam.get_user({"UserName": "alice"})["User"]["UserId"]
    alice = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, user_id))

    def allow(*actions: str) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        aws.iam.put_user_policy({"UserName": "alice", "PolicyName": "p", "PolicyDocument": json.dumps(document)})

    with pytest.raises(AwsError, match="AccessDeniedException"):
        await tag(alice, QUEUE, team="blue")
    allow("tag:TagResources")
    failed = await tag(alice, QUEUE, team="blue")
    assert failed[QUEUE]["ErrorCode"].startswith("AccessDenied")
    allow("tag:TagResources", "sqs:TagQueue", "sqs:GetQueueUrl")
    assert await tag(alice, QUEUE, team="blue") == {}
