from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"


def made(aws: Aws, **members: Any) -> str:
    """Make an OpsItem and return its id."""
    given = {"Title": "Disk full", "Description": "Clean up", "Source": "ec2", "Priority": 2}
    return aws.ssm.create_ops_item(given | members)["OpsItemId"]


def searchable(value: Any) -> dict[str, str]:
    """Operational data that can be found."""
    return {"Value": value if isinstance(value, str) else json.dumps(value), "Type": "SearchableString"}


def found(aws: Aws, key: str, operator: str, *values: str) -> list[str]:
    """The ids that a filter finds."""
    filters = [{"Key": key, "Operator": operator, "Values": list(values)}]
    return [one["OpsItemId"] for one in aws.ssm.describe_ops_items({"OpsItemFilters": filters})["OpsItemSummaries"]]


def code(operation: Any, request: dict[str, Any]) -> str:
    """The code that a request is refused with."""
    with pytest.raises(AwsError) as raised:
        operation(request)
    return raised.value.code


async def test_an_item_is_worked_on_until_it_is_resolved(aws: Aws) -> None:
    item = made(
        aws, OperationalData={"/aws/resources": searchable([{"arn": QUEUE}]), "note": {"Value": "x", "Type": "String"}}
    )
    await aws.advance(seconds=60)
    aws.ssm.update_ops_item(
        {"OpsItemId": item, "Status": "InProgress", "OperationalDataToDelete": ["note"], "Severity": "2"}
    )
    shown = aws.ssm.get_ops_item({"OpsItemId": item})["OpsItem"]
    assert (shown["Status"], shown["Severity"], shown["Version"], shown["Title"]) == (
        "InProgress",
        "2",
        "2",
        "Disk full",
    )
    assert list(shown["OperationalData"]) == ["/aws/resources"]
    assert shown["LastModifiedTime"] == shown["CreatedTime"] + 60_000
    assert shown["CreatedBy"] == aws.principal.arn
    assert (
        code(aws.ssm.update_ops_item, {"OpsItemId": item, "Status": "Scheduled"}) == "OpsItemInvalidParameterException"
    )
    aws.ssm.delete_ops_item({"OpsItemId": item})
    assert aws.ssm.delete_ops_item({"OpsItemId": item}) == {}
    assert code(aws.ssm.get_ops_item, {"OpsItemId": item}) == "OpsItemNotFoundException"


async def test_the_same_problem_is_told_once_until_it_is_resolved(aws: Aws) -> None:
    data = {"/aws/dedup": searchable({"dedupString": "disk"})}
    first = made(aws, OperationalData=data)
    with pytest.raises(AwsError) as raised:
        made(aws, OperationalData=data)
    assert (raised.value.code, raised.value.members) == ("OpsItemAlreadyExistsException", {"OpsItemId": first})
    assert made(aws, OperationalData=data, Source="other") != first
    aws.ssm.update_ops_item({"OpsItemId": first, "Status": "Resolved"})
    assert made(aws, OperationalData=data) != first


async def test_filters_find_items(aws: Aws) -> None:
    first = made(aws, OperationalData={"/aws/resources": searchable([{"arn": QUEUE}])}, Category="Cost")
    second = made(
        aws, Title="Other", OperationalData={"team": searchable("blue"), "secret": {"Value": "red", "Type": "String"}}
    )
    assert found(aws, "Title", "Contains", "full") == [first]
    assert found(aws, "Category", "Equal", "Cost") == [first]
    assert found(aws, "ResourceId", "Contains", "orders") == [first]
    assert found(aws, "OperationalDataKey", "Equal", "team", "secret") == [second]
    assert found(aws, "OperationalData", "Equal", '{"key": "team", "value": "blue"}') == [second]
    assert found(aws, "Status", "Equal", "Resolved") == []
    assert found(aws, "CreatedTime", "LessThan", "2026-01-02T00:00:00Z") == [first, second]
    (shown,) = [one for one in aws.ssm.describe_ops_items()["OpsItemSummaries"] if one["OpsItemId"] == second]
    assert list(shown["OperationalData"]) == ["team"]
    assert "Description" not in shown
    wrong = {"OpsItemFilters": [{"Key": "Status", "Operator": "Contains", "Values": ["O"]}]}
    assert code(aws.ssm.describe_ops_items, wrong) == "OpsItemInvalidParameterException"


@pytest.mark.parametrize(
    "data", [{"aws-own": searchable("x")}, {"/aws/dedup": searchable("x")}, {"big": searchable("x" * 20_480)}]
)
async def test_operational_data_has_its_rules(aws: Aws, data: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as raised:
        made(aws, OperationalData=data)
    assert raised.value.code == "OpsItemInvalidParameterException"
    assert aws.ssm.describe_ops_items()["OpsItemSummaries"] == []


async def test_an_item_has_to_do_with_resources(aws: Aws) -> None:
    item = made(aws, Tags=[{"Key": "Team", "Value": "ops"}])
    asked = {"OpsItemId": item, "AssociationType": "RelatesTo", "ResourceType": "AWS::SQS::Queue", "ResourceUri": QUEUE}
    association = aws.ssm.associate_ops_item_related_item(asked)["AssociationId"]
    assert code(aws.ssm.associate_ops_item_related_item, asked) == "OpsItemRelatedItemAlreadyExistsException"
    (one,) = aws.ssm.list_ops_item_related_items({"OpsItemId": item})["Summaries"]
    assert (one["ResourceUri"], one["AssociationId"]) == (QUEUE, association)
    gone = {"OpsItemId": item, "AssociationId": association}
    aws.ssm.disassociate_ops_item_related_item(gone)
    assert code(aws.ssm.disassociate_ops_item_related_item, gone) == "OpsItemRelatedItemAssociationNotFoundException"
    tags = aws.ssm.list_tags_for_resource({"ResourceType": "OpsItem", "ResourceId": item})["TagList"]
    assert tags == [{"Key": "Team", "Value": "ops"}]


async def test_what_is_not_built_is_not_ignored(aws: Aws) -> None:
    with pytest.raises(AwsError) as raised:
        made(aws, Notifications=[{"Arn": "arn:aws:sns:us-east-1:111122223333:ops"}])
    assert (raised.value.status, raised.value.code) == (501, "NotImplemented")
