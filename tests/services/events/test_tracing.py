"""Trace headers: they go with an event to its targets, to another bus and to a dead-letter queue, and no further."""

from __future__ import annotations

import json
from typing import Any

from harness import ACCOUNT, Aws
from services.events.bridged import Bridge

ONE = "Root=1-65a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"
TWO = "Root=1-65a1b2c3-aaaaaaaaaaaaaaaaaaaaaaaa;Sampled=0"


def put(aws: Aws, *headers: str | None) -> None:
    entries: list[dict[str, Any]] = [
        {"Source": "shop", "DetailType": "placed", "Detail": json.dumps({"id": number})}
        | ({} if header is None else {"TraceHeader": header})
        for number, header in enumerate(headers)
    ]
    assert aws.events_.put_events({"Entries": entries})["FailedEntryCount"] == 0


def headers_of(bridge: Bridge, queue: str) -> dict[int, str | None]:
    return {
        json.loads(message["Body"])["detail"]["id"]: message["Attributes"].get("AWSTraceHeader")
        for message in bridge.received(queue)
    }


async def test_the_trace_header_of_an_entry_goes_with_its_event_and_one_that_is_none_is_dropped(
    aws: Aws, bridge: Bridge
) -> None:
    queue = bridge.reaching()
    put(aws, ONE, None, TWO, "nonsense", ONE)
    await aws.advance(seconds=1)
    assert headers_of(bridge, queue) == {0: ONE, 1: None, 2: TWO, 3: None, 4: ONE}


async def test_the_header_goes_to_a_dead_letter_queue_too(aws: Aws, bridge: Bridge) -> None:
    rule = bridge.rule()
    queue, dlq = bridge.queue(), bridge.queue("dlq", rule)
    bridge.target(queue, DeadLetterConfig={"Arn": dlq})
    put(aws, ONE)
    await aws.advance(seconds=1)
    assert headers_of(bridge, dlq) == {0: ONE}


async def test_the_header_goes_on_over_another_bus_but_not_into_an_archive(aws: Aws, bridge: Bridge) -> None:
    bus = aws.events_.create_event_bus({"Name": "own"})["EventBusArn"]
    queue = bridge.reaching("inner", bus="own")
    bridge.rule("outer")
    bridge.target(bus, "outer")
    aws.events_.create_archive({"ArchiveName": "all", "EventSourceArn": bus})
    put(aws, ONE)
    await aws.advance(seconds=1)
    assert headers_of(bridge, queue) == {0: ONE}
    archive = f"arn:aws:events:us-east-1:{ACCOUNT}:archive/all"
    since = {"EventStartTime": aws.now - 10_000, "EventEndTime": aws.now + 1_000}
    request = {"ReplayName": "again", "EventSourceArn": archive, "Destination": {"Arn": bus}, **since}
    aws.events_.start_replay(request)
    await aws.advance(seconds=60)
    assert headers_of(bridge, queue) == {0: None}
