"""Tables with all that Terraform can give them: made, left alone, changed, destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import ROOT_KEYS, running
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]

CHANGED = ("-var=read_capacity=7", "-var=with_place=false", "-var=replicas=[]")


def test_tables_are_made_changed_and_destroyed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # Tables and indexes take their minutes: the world's clock runs ahead of the provider's.
    with running(home, "--rate", "30") as cloud:
        terraform = Terraform(cloud, tmp_path / "tables", "tables")
        terraform("init", "-input=false")
        terraform("apply", "-auto-approve", "-input=false")
        terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
        dynamodb, outputs = cloud.client("dynamodb"), terraform.outputs()
        table = dynamodb.describe_table(TableName="orders")["Table"]
        assert table["SSEDescription"]["KMSMasterKeyArn"] == outputs["key"]
        assert table["LatestStreamArn"] == outputs["stream"]
        asked = {":place": {"S": "Oslo"}}
        found = dynamodb.query(
            TableName="orders",
            IndexName="by_place",
            KeyConditionExpression="place = :place",
            ExpressionAttributeValues=asked,
        )
        assert found["Count"] == 1
        there = cloud.client("dynamodb", ROOT_KEYS, "eu-west-1")
        assert there.describe_table(TableName="everywhere")["Table"]["TableStatus"] == "ACTIVE"

        terraform("apply", "-auto-approve", "-input=false", *CHANGED)
        terraform("plan", "-detailed-exitcode", "-input=false", *CHANGED, status=NOTHING_TO_CHANGE)
        table = dynamodb.describe_table(TableName="orders")["Table"]
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
        assert "GlobalSecondaryIndexes" not in table
        assert there.list_tables()["TableNames"] == []

        terraform("destroy", "-auto-approve", "-input=false", *CHANGED)
        assert dynamodb.list_tables()["TableNames"] == []
