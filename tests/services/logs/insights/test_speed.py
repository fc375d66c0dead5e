"""A million events in a second and a half of CPU."""

from __future__ import annotations

import time

import pytest

from foulweather.services.logs.insights.language import Record, compiled

MILLION = 1_000_000
CPU_S_MAX = 1.5


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return [
        Record(
            "/aws/lambda/orders",
            "s",
            "111122223333",
            n * 10,
            n * 10,
            f'{{"level":"{"INFO" if n % 20 else "ERROR"}","duration":{n % 900},"path":"/orders/{n % 50}",'
            f'"requestId":"0e1f2a3b-{n}","message":"handled request in time"}}',
            "p",
        )
        for n in range(MILLION)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "filter @message like /ERROR/ | stats count(*) by bin(5m)",
        "stats avg(duration) by bin(1m)",
        "filter level = 'ERROR' and duration > 500 | stats count(*) as n by path | sort n desc | limit 5",
        "fields @timestamp, @message | filter @message like /ERROR/ | sort @timestamp desc | limit 20",
    ],
)
def test_a_million_events(records: list[Record], text: str) -> None:
    query = compiled(text)
    before = time.process_time()
    found = query.run(records, 0, MILLION * 10)
    assert time.process_time() - before < CPU_S_MAX
    assert found.statistics.records_scanned == MILLION
    assert found.rows
