from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.dynamodb import limits
from harness import Aws, new_aws
from services.dynamodb.tables import item, made


def user(aws: Aws, *statements: dict[str, Any]) -> Aws:
    """A user with a policy."""
    made_user = aws.iam.create_user({"UserName": "ann"})["User"]
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": document})
    return aws.as_principal(Principal("user", made_user["Arn"], aws.account, made_user["UserId"]))


def allow(actions: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


async def test_a_denial_names_the_user_the_action_and_the_table(aws: Aws) -> None:
    # lambda-ddb-access-denied
    await made(aws)
    ann = user(aws, allow("dynamodb:GetItem"))
    assert ann.dynamodb.get_item({"TableName": "orders", "Key": item("a")}) == {}
    with pytest.raises(AwsError) as refused:
        ann.dynamodb.scan({"TableName": "orders"})
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 400)
    assert "is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:" in refused.value.message


async def test_leading_keys_limit_a_user_to_items_of_its_own(aws: Aws) -> None:
    await made(aws)
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann"]}}
    ann = user(aws, allow(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchWriteItem"], Condition=condition))
    ann.dynamodb.get_item({"TableName": "orders", "Key": item("ann")})
    query = {"TableName": "orders", "KeyConditionExpression": "pk = :p"}
    ann.dynamodb.query({**query, "ExpressionAttributeValues": {":p": {"S": "ann"}}})
    for refused_request in (
        lambda: ann.dynamodb.get_item({"TableName": "orders", "Key": item("bob")}),
        lambda: ann.dynamodb.query({**query, "ExpressionAttributeValues": {":p": {"S": "bob"}}}),
        lambda: ann.dynamodb.batch_write_item(
            {"RequestItems": {"orders": [{"PutRequest": {"Item": item(pk)}} for pk in ("ann", "bob")]}}
        ),
    ):
        with pytest.raises(AwsError, match="not authorized"):
            refused_request()


async def test_each_part_of_a_transaction_needs_its_own_permission(aws: Aws) -> None:
    await made(aws)
    ann = user(aws, allow("dynamodb:PutItem"))
    put = {"Put": {"TableName": "orders", "Item": item("a")}}
    ann.dynamodb.transact_write_items({"TransactItems": [put]})
    delete = {"Delete": {"TableName": "orders", "Key": item("b")}}
    with pytest.raises(AwsError, match="dynamodb:DeleteItem"):
        ann.dynamodb.transact_write_items({"TransactItems": [put, delete]})


async def test_a_partiql_full_scan_can_be_forbidden(aws: Aws) -> None:
    await made(aws)
    no_scans = {
        "Effect": "Deny",
        "Action": "dynamodb:PartiQLSelect",
        "Resource": "*",
        "Condition": {"Bool": {"dynamodb:FullTableScan": "true"}},
    }
    ann = user(aws, allow("dynamodb:*"), no_scans)
    ann.dynamodb.execute_statement({"Statement": "SELECT * FROM orders WHERE pk = 'a'"})
    with pytest.raises(AwsError, match="PartiQLSelect"):
        ann.dynamodb.execute_statement({"Statement": "SELECT * FROM orders"})


async def test_tables_items_and_streams_survive_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await made(aws, sort="sk", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    for n in range(5):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", sk=str(n), n=n)})
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("a", sk="3")})
    aws.world.store.close()
    again = new_aws(directory=tmp_path)
    request = {
        "TableName": "orders",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    assert [each["sk"]["S"] for each in again.dynamodb.query(request)["Items"]] == ["0", "1", "2", "4"]
    arn = again.dynamodbstreams.list_streams()["Streams"][0]["StreamArn"]
    assert again.dynamodbstreams.describe_stream({"StreamArn": arn})["StreamDescription"]["Shards"]


async def test_contributor_insights_put_the_key_in_the_journal(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.update_contributor_insights({"TableName": "orders", "ContributorInsightsAction": "ENABLE"})
    await aws.advance(ms=limits.UPDATE_MS)
    described = aws.dynamodb.describe_contributor_insights({"TableName": "orders"})
    assert described["ContributorInsightsStatus"] == "ENABLED"
    assert [name.split("-")[1] for name in described["ContributorInsightsRuleList"]] == ["PKC", "PKT"]
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("hot")})
    assert aws.events("dynamodb.Consumed")[-1].facts["key"] == "hot"
    # Nobody needed to read the item to delete it.
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("gone")})
    assert aws.events("dynamodb.Consumed")[-1].facts["key"] == "gone"
