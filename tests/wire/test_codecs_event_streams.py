from __future__ import annotations

import json
from typing import Any

from botocore.eventstream import EventStreamBuffer

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.wire.codec import operation_codec

AT_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z


async def events() -> Any:
    yield "Records", {"Payload": b"1,2\n"}
    yield "Stats", {"Details": {"BytesScanned": 4}}
    yield "End", {}


async def collected(response: HttpResponse) -> list[Any]:
    buffer = EventStreamBuffer()
    assert response.stream is not None
    async for frame in response.stream:
        buffer.add_data(frame)
    return list(buffer)


async def test_an_event_stream_has_frames_that_botocore_reads() -> None:
    response = operation_codec("s3", "rest-xml", "SelectObjectContent").encode({"Payload": events()}, "r")
    messages = await collected(response)
    assert [message.headers[":event-type"] for message in messages] == ["Records", "Stats", "End"]
    assert messages[0].payload == b"1,2\n"
    assert b"<BytesScanned>4</BytesScanned>" in messages[1].payload


async def shard_events() -> Any:
    yield "SubscribeToShardEvent", {"Records": [{"Data": b"x", "SequenceNumber": "1"}], "MillisBehindLatest": 0}
    raise AwsError("ResourceNotFoundException", "gone")


async def test_a_json_event_stream_starts_with_its_initial_response_and_can_end_in_a_refusal() -> None:
    response = operation_codec("kinesis", "json", "SubscribeToShard").encode({"EventStream": shard_events()}, "r")
    messages = await collected(response)
    assert [message.headers.get(":event-type") for message in messages] == [
        "initial-response",
        "SubscribeToShardEvent",
        None,
    ]
    assert json.loads(messages[1].payload)["Records"][0]["Data"] == "eA=="
    assert messages[2].headers[":exception-type"] == "ResourceNotFoundException"
    assert json.loads(messages[2].payload) == {"message": "gone"}
