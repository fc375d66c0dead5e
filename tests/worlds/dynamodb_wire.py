"""DynamoDB over one socket."""

from __future__ import annotations

import asyncio
from typing import Any

from worlds.json_wire import JsonConnection, Refused

__all__ = ["Connection", "Refused"]


class Connection(JsonConnection):
    """One client's connection to DynamoDB."""

    def __init__(self, port: int) -> None:
        super().__init__(port, "dynamodb", "DynamoDB_20120810")

    async def table(self, name: str, **more: Any) -> None:
        """Make a table of `pk`, and wait until it is there."""
        await self.ask(
            "CreateTable",
            TableName=name,
            # All that a table may be given: no client has a reason to be throttled.
            ProvisionedThroughput={"ReadCapacityUnits": 40_000, "WriteCapacityUnits": 40_000},
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            **more,
        )
        while (await self.ask("DescribeTable", TableName=name))["Table"]["TableStatus"] != "ACTIVE":
            await asyncio.sleep(0.05)
