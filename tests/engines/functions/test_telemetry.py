"""The Telemetry API and the Logs API: who may subscribe to what, and in which shape it comes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foulweather.engines.functions.telemetry import LOGS, TELEMETRY, BadSubscription, Telemetry, Unsupported

NOW_MS = 1_767_225_600_123
WHERE = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080/lambda"}
ALL = ["platform", "function", "extension"]


def wanted(**more: Any) -> dict[str, Any]:
    return {"schemaVersion": "2022-12-13", "types": ALL, "destination": WHERE, "buffering": {"timeoutMs": 25}, **more}


async def sent(telemetry: Telemetry) -> list[Any]:
    async with asyncio.timeout(1):
        uri, events = await telemetry.next()
    assert uri == WHERE["URI"]
    return json.loads(events)


async def test_a_subscriber_hears_what_was_before_and_what_comes() -> None:
    telemetry = Telemetry(lambda: NOW_MS)
    telemetry.platform("initStart", {"phase": "init"})
    telemetry.subscribe(TELEMETRY, "1", "watcher", wanted())
    telemetry.line("function", "hello")
    events = await sent(telemetry)
    assert [event["type"] for event in events] == ["platform.initStart", "platform.telemetrySubscription", "function"]
    assert events[1]["record"] == {"name": "watcher", "state": "Subscribed", "types": ALL}
    assert events[2] == {"time": "2026-01-01T00:00:00.123Z", "type": "function", "record": "hello"}


async def test_only_the_types_that_are_wanted_come() -> None:
    telemetry = Telemetry(lambda: NOW_MS)
    telemetry.subscribe(TELEMETRY, "1", "watcher", wanted(types=["extension"]))
    telemetry.line("function", "hello")
    telemetry.line("extension", "here")
    assert [event["record"] for event in await sent(telemetry)] == ["here"]


async def test_what_a_function_logs_as_json_is_an_object() -> None:
    telemetry = Telemetry(lambda: NOW_MS, is_json=True)
    telemetry.subscribe(TELEMETRY, "1", "watcher", wanted(types=["function"]))
    telemetry.line("function", '{"level": "INFO"}')
    telemetry.line("function", "{no json")
    assert [event["record"] for event in await sent(telemetry)] == [{"level": "INFO"}, "{no json"]


async def test_the_logs_api_tells_of_fewer_events_with_fewer_members() -> None:
    telemetry = Telemetry(lambda: NOW_MS)
    telemetry.platform("initStart", {"phase": "init"})
    telemetry.subscribe(LOGS, "1", "watcher", wanted(schemaVersion="2021-03-18", types=["platform"]))
    telemetry.platform("start", {"requestId": "r", "version": "1", "tracing": {}})
    telemetry.platform("runtimeDone", {"requestId": "r", "status": "success", "metrics": {}})
    telemetry.platform("end", {"requestId": "r"})
    told = [(event["type"], event["record"]) for event in await sent(telemetry)]
    assert told == [
        ("platform.logsSubscription", {"name": "watcher", "state": "Subscribed", "types": ["platform"]}),
        ("platform.start", {"requestId": "r", "version": "1"}),
        ("platform.runtimeDone", {"requestId": "r", "status": "success"}),
        ("platform.end", {"requestId": "r"}),
    ]


async def test_a_full_buffer_is_sent_at_once() -> None:
    telemetry = Telemetry(lambda: NOW_MS)
    telemetry.subscribe(TELEMETRY, "1", "w", wanted(types=["function"], buffering={"timeoutMs": 30_000}))
    for number in range(1_000):
        telemetry.line("function", str(number))
    assert len(await sent(telemetry)) == 1_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schemaVersion": "2020-01-01"}, "schemaVersion"),
        ({"types": ["everything"]}, "types"),
        ({"types": []}, "types"),
        ({"destination": {"protocol": "HTTP"}}, "destination"),
        ({"destination": {"protocol": "HTTP", "URI": "http://example.com:80"}}, "sandbox.localdomain"),
        ({"buffering": {"timeoutMs": 24}}, "timeoutMs"),
        ({"buffering": {"maxItems": 10_001}}, "maxItems"),
        ({"buffering": {"maxBytes": "many"}}, "maxBytes"),
    ],
)
async def test_what_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadSubscription, match=words):
        Telemetry(lambda: NOW_MS).subscribe(TELEMETRY, "1", "watcher", wanted(**change))


async def test_tcp_is_not_built_and_says_so() -> None:
    with pytest.raises(Unsupported, match="TCP"):
        Telemetry(lambda: NOW_MS).subscribe(TELEMETRY, "1", "w", wanted(destination={"protocol": "TCP", "port": 80}))


async def test_one_api_or_the_other_and_only_while_it_initializes() -> None:
    telemetry = Telemetry(lambda: NOW_MS)
    telemetry.subscribe(TELEMETRY, "1", "watcher", wanted())
    with pytest.raises(BadSubscription, match="other API"):
        telemetry.subscribe(LOGS, "1", "watcher", wanted(schemaVersion="2021-03-18"))
    telemetry.initialized()
    with pytest.raises(BadSubscription, match="initializes"):
        telemetry.subscribe(TELEMETRY, "2", "other", wanted())
