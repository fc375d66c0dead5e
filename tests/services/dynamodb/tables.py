"""Tables for tests."""

from __future__ import annotations

from typing import Any

from foulweather.services.dynamodb import limits
from harness import Aws


def key(name: str, kind: str = "HASH") -> dict[str, str]:
    return {"AttributeName": name, "KeyType": kind}


def attribute(name: str, kind: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": kind}


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def definition(name: str = "orders", *, sort: str = "", read: int = 0, write: int = 0, **more: Any) -> dict[str, Any]:
    """A table of `pk` and perhaps a sort key; on demand unless it is given units."""
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [key("pk"), *([key(sort, "RANGE")] if sort else [])],
        "AttributeDefinitions": [attribute("pk"), *([attribute(sort)] if sort else [])],
        **more,
    }
    if read or write:
        request["ProvisionedThroughput"] = units(read, write)
    else:
        request["BillingMode"] = "PAY_PER_REQUEST"
    return request


async def made(aws: Aws, name: str = "orders", **more: Any) -> str:
    """A table that is ready; its name."""
    aws.dynamodb.create_table(definition(name, **more))
    await aws.advance(ms=limits.CREATE_MS)
    return name


def item(pk: str, **values: Any) -> dict[str, Any]:
    """An item in wire form: strings and numbers."""
    return {"pk": {"S": pk}, **{name: wired(value) for name, value in values.items()}}


def wired(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value}
