"""Faults of every kind through the admin API: made, told, explained."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from wire.admin_client import START_MS, Server

MINUTE_MS = 60_000


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"kind": "errors", "service": "sqs", "code": "InternalFailure"},
            {"code": "InternalFailure", "status": 500},
        ),
        ({"kind": "errors", "service": "sqs", "code": "OverLimit", "message": "no"}, {"message": "no"}),
        ({"kind": "credential", "access_key": "AKIA*"}, {"access_key": "AKIA*"}),
        ({"kind": "clock", "ahead": "10m"}, {"offset_ms": 10 * MINUTE_MS}),
        ({"kind": "clock", "behind": "10m"}, {"offset_ms": -10 * MINUTE_MS}),
        ({"kind": "crash", "when": "after", "resource": "arn:aws:sqs:*"}, {"when": "after"}),
        ({"kind": "network", "as": "timeout", "delay": "5s"}, {"as": "timeout", "delay_ms": 5_000}),
    ],
)
async def test_each_kind_is_made_and_told(server: Server, asked: dict[str, Any], told: dict[str, Any]) -> None:
    status, made = await server.ask("POST", "faults", {**asked, "by": "chaos"})
    assert status == 201
    assert told.items() <= made.items()
    assert made["by"] == "chaos"
    assert (await server.get("faults"))["faults"] == [made]
    explained = await server.get(f"faults/{made['id']}/explained")
    assert explained["fault"] == made
    assert (explained["state"], explained["since_ms"], explained["by"], explained["ends_ms"]) == (
        "in force",
        START_MS,
        "chaos",
        0,
    )
    assert explained["changes"].endswith(".")
    assert explained["clear"] == f"foulweather fault clear {made['id']}"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "errors", "service": "sqs", "code": "Nonsense"}, "sqs has no error Nonsense"),
        ({"kind": "clock", "ahead": "10m", "behind": "1m"}, "not both"),
        ({"kind": "clock", "ahead": "soon"}, "is no duration"),
        ({"kind": "zone", "zone": "us-east-1a", "service": "sqs"}, "this fault would change nothing"),
        ({"kind": "network", "how": "reset"}, "as documented"),
    ],
)
async def test_what_makes_no_sense_is_told(server: Server, asked: dict[str, Any], words: str) -> None:
    status, told = await server.ask("POST", "faults", asked)
    assert status == 400
    assert words in told["error"]["message"]
    assert (await server.get("faults"))["faults"] == []


async def test_a_fault_is_explained_by_what_it_did_and_after_its_end(server: Server) -> None:
    body = {"kind": "errors", "service": "sns", "code": "InternalError", "for": "10m", "percent": 100}
    _, made = await server.ask("POST", "faults", body)
    path = f"faults/{made['id']}/explained"
    for _ in range(12):
        assert (await server.aws("sns", "ListTopics", Version="2010-03-31")).status == 500
    told = await server.get(path)
    assert (told["hits"], len(told["latest"]), told["ends_ms"]) == (12, 10, START_MS + 10 * MINUTE_MS)
    assert told["scope"] == "every call to sns"
    assert told["changes"] == "The service answers InternalErrorException (500)."
    trace = await server.get(f"why/{told['latest'][-1]['trace_id']}")
    assert trace["hops"][0]["why"]["facts"][0]["resource"] == made["id"]
    await server.ask("POST", "clock", {"action": "advance", "by": "10m"})
    assert (await server.aws("sns", "ListTopics", Version="2010-03-31")).status == 200
    told = await server.get(path)
    assert (told["state"], told["ends_ms"], told["hits"], told["clear"]) == (
        "expired",
        START_MS + 10 * MINUTE_MS,
        12,
        "",
    )
    assert (await server.ask("DELETE", f"faults/{made['id']}"))[0] == 404
    assert (await server.ask("GET", "faults/fault-0/explained"))[0] == 404


async def test_a_fault_that_was_cleared_says_so(server: Server) -> None:
    _, made = await server.ask("POST", "faults", {"kind": "unavailable", "service": "sqs"})
    await server.ask("DELETE", f"faults/{made['id']}")
    assert (await server.get(f"faults/{made['id']}/explained"))["state"] == "cleared"
