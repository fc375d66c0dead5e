"""The table that configurations of DynamoDB begin with."""

from __future__ import annotations

from typing import Any

from botocore.config import Config

from foulweather.testing import Aws

TABLE = "orders"
ONCE = Config(retries={"total_max_attempts": 1})
"""Refused is refused: nobody waits and asks again."""


def dynamodb(aws: Aws, region: str = "") -> Any:
    """A client that does not retry, of a region."""
    return aws.client("dynamodb", config=ONCE, region_name=region or aws.region)


def orders(aws: Aws, *, read: int = 0, write: int = 0, names: tuple[str, ...] = (), **more: Any) -> Any:
    """A client, and the table `orders` with `pk` and `sk`: on demand, unless it is given units.

    `names` are further attributes that indexes have as keys.
    """
    client = dynamodb(aws)
    mode: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
    if read or write:
        mode = {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}
    client.create_table(
        TableName=TABLE,
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", *names)],
        **mode,
        **more,
    )
    aws.advance("1m")
    return client


def keys(hashed: str, sort: str = "") -> list[dict[str, str]]:
    """A key schema."""
    ranged = [{"AttributeName": sort, "KeyType": "RANGE"}] if sort else []
    return [{"AttributeName": hashed, "KeyType": "HASH"}, *ranged]


def item(pk: str, sk: str = "v0", **more: Any) -> dict[str, Any]:
    """An item in wire form: strings and numbers."""
    values = {"pk": pk, "sk": sk, **more}
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in values.items()}


def table(client: Any, name: str = TABLE) -> dict[str, Any]:
    """What DescribeTable tells."""
    return client.describe_table(TableName=name)["Table"]


def query(client: Any, condition: str, **asked: Any) -> dict[str, Any]:
    """A query; `values` of its expressions are strings and numbers."""
    values = {name: {"N": str(v)} if isinstance(v, int) else {"S": v} for name, v in asked.pop("values", {}).items()}
    return client.query(TableName=TABLE, KeyConditionExpression=condition, ExpressionAttributeValues=values, **asked)


def sorts(page: dict[str, Any]) -> list[str]:
    """The sort keys of a page."""
    return [each["sk"]["S"] for each in page["Items"]]
