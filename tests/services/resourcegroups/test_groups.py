from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
APPLICATION = [{"Type": "AWS::ResourceGroups::ApplicationGroup"}]


def groups(aws: Aws) -> Any:
    return getattr(aws, "resource-groups")


def query(*filters: dict[str, Any], types: tuple[str, ...] = ("AWS::AllSupported",)) -> dict[str, str]:
    return {
        "Type": "TAG_FILTERS_1_0",
        "Query": json.dumps({"ResourceTypeFilters": list(types), "TagFilters": list(filters)}),
    }


BLUE = query({"Key": "team", "Values": ["blue"]})


def refusal(operation: Any, request: dict[str, Any] | None = None) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request or {})
    return caught.value


def arns(found: dict[str, Any]) -> list[str]:
    return [each["ResourceArn"] for each in found["ResourceIdentifiers"]]


@pytest.fixture
def stocked(aws: Aws) -> Aws:
    aws.sqs.create_queue({"QueueName": "orders", "tags": {"team": "blue"}})
    aws.sqs.create_queue({"QueueName": "others", "tags": {"team": "red"}})
    aws.sns.create_topic({"Name": "news", "Tags": [{"Key": "team", "Value": "blue"}]})
    return aws


def test_the_members_of_a_group_are_what_its_query_finds(stocked: Aws) -> None:
    api = groups(stocked)
    made = api.create_group({"Name": "blues", "ResourceQuery": BLUE, "Description": "all blue"})
    assert made["Group"] == {
        "GroupArn": f"arn:aws:resource-groups:us-east-1:{ACCOUNT}:group/blues",
        "Name": "blues",
        "Description": "all blue",
    }
    assert made["ResourceQuery"] == BLUE
    found = api.list_group_resources({"Group": "blues"})
    assert found["ResourceIdentifiers"] == [
        {"ResourceArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:news", "ResourceType": "AWS::SNS::Topic"},
        {"ResourceArn": QUEUE, "ResourceType": "AWS::SQS::Queue"},
    ]
    only = {"Group": made["Group"]["GroupArn"], "Filters": [{"Name": "resource-type", "Values": ["AWS::SQS::Queue"]}]}
    assert arns(api.list_group_resources(only)) == [QUEUE]
    url = stocked.sqs.get_queue_url({"QueueName": "others"})["QueueUrl"]
    stocked.sqs.tag_queue({"QueueUrl": url, "Tags": {"team": "blue"}})
    assert len(arns(api.list_group_resources({"Group": "blues"}))) == 3


def test_another_query_has_other_members(stocked: Aws) -> None:
    api = groups(stocked)
    api.create_group({"Name": "blues", "ResourceQuery": BLUE})
    typed = query({"Key": "team", "Values": ["blue", "red"]}, types=("AWS::SQS::Queue", "AWS::EC2::Instance"))
    assert api.update_group_query({"Group": "blues", "ResourceQuery": typed})["GroupQuery"]["ResourceQuery"] == typed
    assert api.get_group_query({"GroupName": "blues"})["GroupQuery"]["ResourceQuery"] == typed
    assert len(arns(api.list_group_resources({"Group": "blues"}))) == 2


def test_searching_without_a_group(stocked: Aws) -> None:
    api = groups(stocked)
    first = api.search_resources({"ResourceQuery": BLUE, "MaxResults": 1})
    rest = api.search_resources({"ResourceQuery": BLUE, "MaxResults": 1, "NextToken": first["NextToken"]})
    assert arns(first) + arns(rest) == [f"arn:aws:sns:us-east-1:{ACCOUNT}:news", QUEUE]
    assert "NextToken" not in rest
    both = query({"Key": "team", "Values": ["blue"]}, {"Key": "stage", "Values": []})
    assert arns(api.search_resources({"ResourceQuery": both})) == []


def test_searching_needs_two_permissions(stocked: Aws) -> None:
    stocked.iam.create_user({"UserName": "alice"})
    user_id = stocked.iam.get_user({"UserName": "alice"})["User"]["UserId"]
    alice = stocked.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, user_id))

    def allow(*actions: str) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        stocked.iam.put_user_policy({"UserName": "alice", "PolicyName": "p", "PolicyDocument": json.dumps(document)})

    search = groups(alice).search_resources
    assert refusal(search, {"ResourceQuery": BLUE}).code == "ForbiddenException"
    allow("resource-groups:SearchResources")
    assert "tag:GetResources" in refusal(search, {"ResourceQuery": BLUE}).message
    allow("resource-groups:SearchResources", "tag:GetResources")
    assert len(arns(search({"ResourceQuery": BLUE}))) == 2


def test_a_group_is_changed_and_deleted(aws: Aws) -> None:
    api = groups(aws)
    api.create_group({"Name": "blues", "ResourceQuery": BLUE, "Tags": {"a": "1"}})
    error = refusal(api.create_group, {"Name": "blues", "ResourceQuery": BLUE})
    assert (error.code, error.message) == (
        "BadRequestException",
        "Cannot create group: group already exists",
    )
    assert api.update_group({"Group": "blues", "Description": "new"})["Group"]["Description"] == "new"
    assert api.get_group({"Group": "blues"})["Group"]["Description"] == "new"
    assert api.delete_group({"Group": "blues"})["Group"]["Name"] == "blues"
    for operation in (api.get_group, api.delete_group, api.get_group_query, api.list_group_resources):
        assert refusal(operation, {"Group": "blues"}).code == "NotFoundException"
    assert refusal(groups(aws.in_region("eu-west-1")).get_group, {"Group": "blues"}).code == "NotFoundException"


def test_tags_of_a_group(aws: Aws) -> None:
    api = groups(aws)
    arn = api.create_group({"Name": "blues", "ResourceQuery": BLUE, "Tags": {"a": "1"}})["Group"]["GroupArn"]
    api.tag({"Arn": arn, "Tags": {"b": "2"}})
    api.untag({"Arn": arn, "Keys": ["a", "c"]})
    assert api.get_tags({"Arn": arn}) == {"Arn": arn, "Tags": {"b": "2"}}
    found = aws.resourcegroupstaggingapi.get_resources({"ResourceTypeFilters": ["resource-groups:group"]})
    assert [each["ResourceARN"] for each in found["ResourceTagMappingList"]] == [arn]
    assert refusal(api.tag, {"Arn": arn, "Tags": {"aws:x": "1"}}).code == "BadRequestException"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Name": "AWSgroup", "ResourceQuery": BLUE},
        {"Name": "g"},
        {"Name": "g", "ResourceQuery": BLUE, "Configuration": APPLICATION},
        {"Name": "g h", "ResourceQuery": BLUE},
        {"Name": "g", "ResourceQuery": {"Type": "TAG_FILTERS_1_0", "Query": "["}},
        {"Name": "g", "ResourceQuery": {"Type": "TAG_FILTERS_1_0", "Query": "{}"}},
        {"Name": "g", "ResourceQuery": query({"Values": ["x"]})},
        {"Name": "g", "ResourceQuery": query(types=("queue",))},
        {"Name": "g", "ResourceQuery": BLUE, "Owner": "me"},
        {"Name": "g", "Configuration": [{"Type": "AWS::ResourceGroups::Generic", "Parameters": [{"Name": "colour"}]}]},
    ],
)
def test_what_is_no_group(aws: Aws, wrong: dict[str, Any]) -> None:
    assert refusal(groups(aws).create_group, wrong).code == "BadRequestException"
    assert groups(aws).list_groups()["Groups"] == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"ResourceQuery": {"Type": "CLOUDFORMATION_STACK_1_0", "Query": "{}"}},
        {"Configuration": [{"Type": "AWS::EC2::HostManagement"}]},
    ],
)
def test_what_is_not_built_says_so(aws: Aws, wanted: dict[str, Any]) -> None:
    assert refusal(groups(aws).create_group, {"Name": "g", **wanted}).status == 501


def test_listing_with_filters(aws: Aws) -> None:
    api = groups(aws)
    api.create_group({"Name": "queues", "ResourceQuery": query(types=("AWS::SQS::Queue",))})
    api.create_group({"Name": "shop", "Configuration": APPLICATION, "Owner": "me", "Criticality": 2})

    def names(**more: Any) -> list[str]:
        return [each["GroupName"].partition("/")[0] for each in api.list_groups(more)["GroupIdentifiers"]]

    def filtered(name: str, *values: str) -> list[str]:
        return names(Filters=[{"Name": name, "Values": list(values)}])

    assert names() == ["queues", "shop"]
    assert filtered("resource-type", "AWS::SQS::Queue") == ["queues"]
    assert filtered("configuration-type", "AWS::ResourceGroups::ApplicationGroup") == ["shop"]
    assert filtered("owner", "me") == filtered("criticality", "2") == ["shop"]
    assert filtered("owner", "you") == []


async def test_an_application_has_the_members_it_is_given(stocked: Aws) -> None:
    api = groups(stocked)
    made = api.create_group({"Name": "shop", "Configuration": APPLICATION, "DisplayName": "Shop"})["Group"]
    assert made["ApplicationTag"] == {"awsApplication": made["GroupArn"]}
    gone = f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"
    done = await api.group_resources({"Group": made["Name"], "ResourceArns": [QUEUE, gone]})
    assert (done["Succeeded"], done["Failed"][0]["ErrorCode"]) == ([QUEUE], "QueueDoesNotExist")
    assert arns(api.list_group_resources({"Group": made["GroupArn"]})) == [QUEUE]
    failed = {"Group": made["GroupArn"], "Filters": [{"Name": "status", "Values": ["FAILED"]}]}
    (status,) = api.list_grouping_statuses(failed)["GroupingStatuses"]
    assert (status["ResourceArn"], status["Action"]) == (gone, "GROUP")
    await api.ungroup_resources({"Group": made["Name"], "ResourceArns": [QUEUE]})
    assert arns(api.list_group_resources({"Group": made["GroupArn"]})) == []


async def test_a_group_with_a_query_is_not_given_members(stocked: Aws) -> None:
    api = groups(stocked)
    api.create_group({"Name": "blues", "ResourceQuery": BLUE})
    with pytest.raises(AwsError, match="BadRequestException"):
        await api.group_resources({"Group": "blues", "ResourceArns": [QUEUE]})


def test_configurations(aws: Aws) -> None:
    api = groups(aws)
    generic = [
        {
            "Type": "AWS::ResourceGroups::Generic",
            "Parameters": [{"Name": "deletion-protection", "Values": ["ALWAYS"]}],
        }
    ]
    made = api.create_group({"Name": "kept", "Configuration": generic})
    assert made["GroupConfiguration"]["Status"] == "UPDATE_COMPLETE"
    assert api.get_group_configuration({"Group": "kept"})["GroupConfiguration"]["Configuration"] == generic
    assert refusal(api.get_group_query, {"Group": "kept"}).code == "BadRequestException"
    assert refusal(api.delete_group, {"Group": "kept"}).code == "BadRequestException"
    api.put_group_configuration({"Group": "kept", "Configuration": [{"Type": "AWS::ResourceGroups::Generic"}]})
    assert api.delete_group({"Group": "kept"})
    api.create_group({"Name": "blues", "ResourceQuery": BLUE})
    assert refusal(api.get_group_configuration, {"Group": "blues"}).code == "BadRequestException"
    assert refusal(api.put_group_configuration, {"Group": "blues"}).code == "BadRequestException"


def test_events_of_lifecycles_are_off(aws: Aws) -> None:
    api = groups(aws)
    assert api.get_account_settings()["AccountSettings"]["GroupLifecycleEventsStatus"] == "INACTIVE"
    error = refusal(api.update_account_settings, {"GroupLifecycleEventsDesiredStatus": "ACTIVE"})
    assert error.status == 501
