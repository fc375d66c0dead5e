"""The bill, as the admin API tells it and the command line shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from foulweather.cli.bill import _shown
from wire.admin_client import Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    yield server
    server.close()


async def used(server: Server, times: int = 3) -> None:
    for _ in range(times):
        assert (await server.aws("sqs", "ListQueues", Version="2012-11-05")).status == 200


async def test_what_was_used_is_told_with_its_price(server: Server) -> None:
    await used(server)
    told = await server.get("bill")
    (line,) = told["lines"]
    assert (line["service"], line["usage_type"], line["quantity"]) == ("sqs", "Requests-Tier1", "3")
    assert Decimal(line["amount"]) == Decimal("0.0000012") == Decimal(told["total"])
    assert list(told["by"]) == ["sqs Requests-Tier1"]
    assert told["since"] == "2026-01-01T00:00:00Z"


async def test_it_is_of_the_days_since_a_time_or_for_a_duration(server: Server) -> None:
    await used(server)
    await server.ask("POST", "clock", {"action": "advance", "by": "3d"})
    assert (await server.get("bill?since=1d"))["lines"] == []
    assert (await server.get("bill?since=2026-01-02T00:00:00Z"))["lines"] == []
    assert len((await server.get("bill?since=4d"))["lines"]) == 1


@pytest.mark.parametrize("query", ["since=yesterday", "by=colour"])
async def test_what_is_no_time_and_no_grouping_is_refused(server: Server, query: str) -> None:
    assert (await server.ask("GET", f"bill?{query}"))[0] == 400


async def test_it_is_shown_with_what_has_no_price(server: Server) -> None:
    await used(server)
    told: dict[str, Any] = await server.get("bill?by=service")
    told["not_priced"] = ["dynamodb Requests (us-east-1)"]
    shown = _shown(told)
    assert "0.000001200  sqs\n" in shown
    assert "Used, and not priced (in no total):\n  dynamodb Requests (us-east-1)" in shown
