"""Random batches, expiries, restarts and pages, compared with a plain list of events."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from foulweather.gates import GATES
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Services
from foulweather.services.logs import limits, storage
from foulweather.world.world import World
from harness import START_MS, Aws
from services.logs.log_calls import DAY_MS, GROUP, make

STREAMS = ("a", "b", "c")


class Naive:
    """Events as they were put: time, when they came, a number, stream, message."""

    def __init__(self) -> None:
        self.events: list[tuple[int, int, int, str, str]] = []

    def put(self, now: int, stream: str, events: list[tuple[int, str]]) -> None:
        for time_ms, message in events:
            self.events.append((time_ms, now, len(self.events), stream, message))

    def of(self, stream: str, cutoff: int) -> list[str]:
        found = sorted(event for event in self.events if event[3] == stream and event[0] >= cutoff)
        return [event[4] for event in found]

    def matching(self, text: str, start: int, end: int) -> list[tuple[int, str]]:
        return sorted((e[0], e[4]) for e in self.events if text in e[4] and start <= e[0] <= end)


def opened(directory: Path) -> Aws:
    """A world whose operations nobody has compiled yet: without the rates that the test takes away."""
    world = World(seed=1, mode="held", start_ms=START_MS, directory=directory)
    return Aws(Pipeline(world, Services(), GATES))


def all_pages(aws: Aws, **request: Any) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    token: dict[str, str] = {}
    while True:
        page = aws.logs.filter_log_events({"logGroupName": GROUP, **request, **token})
        found += [(event["timestamp"], event["message"]) for event in page["events"]]
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def walked(aws: Aws, stream: str, size: int, *, forward: bool) -> list[str]:
    request: dict[str, Any] = {"logGroupName": GROUP, "logStreamName": stream, "limit": size, "startFromHead": forward}
    found: list[str] = []
    while True:
        page = aws.logs.get_log_events(request)
        messages = [event["message"] for event in page["events"]]
        if not messages:
            return found
        found = found + messages if forward else messages + found
        request["nextToken"] = page["nextForwardToken" if forward else "nextBackwardToken"]


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_read_is_what_was_put(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for operation in ("PutLogEvents", "GetLogEvents", "FilterLogEvents"):
        monkeypatch.delitem(limits.RATES, operation)
    monkeypatch.setattr(storage, "LOOSE_MAX", 5)
    monkeypatch.setattr(limits, "PAGE_SCANNED_BYTES", 2_000)
    draw = random.Random(seed)
    aws = opened(tmp_path)
    make(aws, GROUP, *STREAMS)
    aws.logs.put_retention_policy({"logGroupName": GROUP, "retentionInDays": 1})
    naive = Naive()
    for step in range(120):
        stream = draw.choice(STREAMS)
        times = sorted(aws.now - draw.randrange(DAY_MS // 3) for _ in range(draw.randrange(1, 6)))
        events = [(time_ms, f"{draw.choice(['ERROR', 'info'])} {step}-{n}") for n, time_ms in enumerate(times)]
        entries = [{"timestamp": time_ms, "message": message} for time_ms, message in events]
        aws.logs.put_log_events({"logGroupName": GROUP, "logStreamName": stream, "logEvents": entries})
        naive.put(aws.now, stream, events)
        await aws.advance(ms=draw.randrange(DAY_MS // 40))
        if step % 40 == 39:
            aws.world.close()
            aws = opened(tmp_path)
            await aws.advance(ms=max(0, naive.events[-1][1] - aws.now))
    cutoff = aws.now - DAY_MS
    for stream in STREAMS:
        expected = naive.of(stream, cutoff)
        for size in (1, 7, 1000):
            assert walked(aws, stream, size, forward=True) == expected
            assert walked(aws, stream, size, forward=False) == expected
    for text in ("", "ERROR", "info"):
        start = aws.now - draw.randrange(DAY_MS)
        end = start + draw.randrange(DAY_MS)
        for size in (1, 3, 10_000):
            found = all_pages(aws, filterPattern=text, startTime=start, endTime=end, limit=size)
            assert [time_ms for time_ms, _ in found] == sorted(time_ms for time_ms, _ in found)
            assert sorted(found) == naive.matching(text, max(start, cutoff), end)
    aws.world.close()
