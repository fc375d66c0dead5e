from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws

USER = Principal("user", f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, "AIDAALICE")


def refusal(operation: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value


def arns(found: dict[str, Any]) -> list[str]:
    return [each["ResourceARN"] for each in found["ResourceTagMappingList"]]


@pytest.fixture
async def stocked(aws: Aws) -> Aws:
    """One tagged resource of each of several services, and one of them without tags."""
    aws.sqs.create_queue({"QueueName": "orders", "tags": {"team": "blue", "stage": "prod"}})
    aws.sqs.create_queue({"QueueName": "bare"})
    aws.sns.create_topic({"Name": "news", "Tags": [{"Key": "team", "Value": "red"}]})
    aws.s3.create_bucket({"Bucket": "pictures"})
    aws.s3.put_bucket_tagging({"Bucket": "pictures", "Tagging": {"TagSet": [{"Key": "team", "Value": "blue"}]}})
    await aws.secretsmanager.create_secret(
        {
            "Name": "word",
            "SecretString": "x",
            "ClientRequestToken": "f" * 32,
            "Tags": [{"Key": "team", "Value": "green"}],
        }
    )
    await aws.ssm.put_parameter(
        {"Name": "/a/b", "Value": "x", "Type": "String", "Tags": [{"Key": "stage", "Value": "prod"}]}
    )
    aws.kms.create_key({"Tags": [{"TagKey": "team", "TagValue": "blue"}]})
    aws.dynamodb.create_table(
        {
            "TableName": "Orders",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "Tags": [{"Key": "team", "Value": "blue"}],
        }
    )
    aws.iam.create_policy(
        {
            "PolicyName": "p",
            "PolicyDocument": '{"Version":"2012-10-17","Statement":[]}'.replace(
                "[]", '[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]'
            ),
            "Tags": [{"Key": "team", "Value": "blue"}],
        }
    )
    return aws


def test_the_tagged_resources_of_all_services(stocked: Aws) -> None:
    found = arns(stocked.resourcegroupstaggingapi.get_resources())
    services = [arn.split(":")[2] for arn in found]
    assert sorted(services) == ["dynamodb", "iam", "kms", "s3", "secretsmanager", "sns", "sqs", "ssm"]
    assert not [arn for arn in found if arn.endswith("bare")]


def test_each_region_has_its_own(stocked: Aws) -> None:
    assert arns(stocked.in_region("eu-west-1").resourcegroupstaggingapi.get_resources()) == []
    assert arns(stocked.in_account("444455556666").resourcegroupstaggingapi.get_resources()) == []


def test_all_filters_must_pass_and_any_value_will_do(stocked: Aws) -> None:
    get = stocked.resourcegroupstaggingapi.get_resources
    both = get({"TagFilters": [{"Key": "team", "Values": ["blue", "red"]}, {"Key": "stage"}]})
    assert arns(both) == [f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"]
    assert both["ResourceTagMappingList"][0]["Tags"] == [
        {"Key": "stage", "Value": "prod"},
        {"Key": "team", "Value": "blue"},
    ]
    assert len(arns(get({"TagFilters": [{"Key": "team", "Values": []}]}))) == 7


@pytest.mark.parametrize("asked", ["sqs", "sqs:queue", "s3:bucket", "secretsmanager:secret", "dynamodb:table"])
def test_types_of_resources(stocked: Aws, asked: str) -> None:
    (found,) = arns(stocked.resourcegroupstaggingapi.get_resources({"ResourceTypeFilters": [asked]}))
    assert found.split(":")[2] == asked.partition(":")[0]


def test_resources_by_arn(stocked: Aws) -> None:
    get = stocked.resourcegroupstaggingapi.get_resources
    wanted = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
    assert arns(get({"ResourceARNList": [wanted, f"arn:aws:sns:us-east-1:{ACCOUNT}:gone"]})) == [wanted]
    error = refusal(get, {"ResourceARNList": ["news"]})
    assert (error.code, error.message) == (
        "InvalidParameterException",
        "news is not a valid AmazonResourceName (ARN)",
    )
    error = refusal(get, {"ResourceARNList": [wanted], "TagFilters": [{"Key": "team"}]})
    assert error.code == "InvalidParameterException"


def test_what_was_tagged_once_is_shown_without_tags(stocked: Aws) -> None:
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
    stocked.sns.untag_resource({"ResourceArn": arn, "TagKeys": ["team"]})
    found = stocked.resourcegroupstaggingapi.get_resources({"ResourceARNList": [arn]})["ResourceTagMappingList"]
    assert found == [{"ResourceARN": arn, "Tags": []}]


async def test_pages_and_their_tokens(stocked: Aws) -> None:
    get = stocked.resourcegroupstaggingapi.get_resources
    whole = arns(get())
    assert get()["PaginationToken"] == ""
    first = get({"ResourcesPerPage": 5})
    second = get({"ResourcesPerPage": 5, "PaginationToken": first["PaginationToken"]})
    assert arns(first) + arns(second) == whole
    assert second["PaginationToken"] == ""
    assert refusal(get, {"PaginationToken": "x"}).code == "InvalidParameterException"
    await stocked.advance(seconds=15 * 60 + 1)
    expired = refusal(get, {"PaginationToken": first["PaginationToken"]})
    assert expired.code == "PaginationTokenExpiredException"


@pytest.mark.parametrize(
    "request_",
    [
        {"ResourcesPerPage": 101},
        {"TagsPerPage": 99},
        {"ExcludeCompliantResources": True},
        {"TagFilters": [{"Values": ["x"]}]},
        {"TagFilters": [{"Key": "x" * 129}]},
    ],
)
def test_what_cannot_be_asked(aws: Aws, request_: dict[str, Any]) -> None:
    assert refusal(aws.resourcegroupstaggingapi.get_resources, request_).code == "InvalidParameterException"


def test_keys_and_values(stocked: Aws) -> None:
    api = stocked.resourcegroupstaggingapi
    assert api.get_tag_keys()["TagKeys"] == ["stage", "team"]
    assert api.get_tag_values({"Key": "team"}) == {"PaginationToken": "", "TagValues": ["blue", "green", "red"]}
    assert api.get_tag_values({"Key": "Team"})["TagValues"] == []


def test_reading_needs_permission(aws: Aws) -> None:
    error = refusal(aws.as_principal(USER).resourcegroupstaggingapi.get_resources, {})
    assert error.code == "AccessDeniedException"
    assert "tag:GetResources" in error.message
