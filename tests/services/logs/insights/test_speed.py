"""A million events in a second and a half of CPU."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def _platform(n: int) -> str:
    start = "Init Duration: 200.12 ms\t" if n % 50 == 0 else ""
    return (
        f"REPORT RequestId: 3604209a-e9a3-11e6-939a-754dd98c7be2\tDuration: {n % 900}.{n % 90} ms\t"
        f"Billed Duration: {n % 900} ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t{start}"
    )


def _flow(n: int) -> str:
    return (
        f"2 123456789010 eni-1235b8ca123456789 172.31.16.{n % 250} 172.31.16.21 {n % 60000} 22 6 20 {n % 5000} "
        f"1418530010 1418530070 {'ACCEPT' if n % 9 else 'REJECT'} OK"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "text"),
    [
        (_platform, 'filter @type = "REPORT" | stats avg(@duration), max(@duration), pct(@duration, 95) by bin(5m)'),
        (_platform, 'filter @type = "REPORT" | stats max(@memorySize / 1000 / 1000) as mb by bin(1h)'),
        (_flow, "stats sum(packets) as n by srcAddr, dstAddr | sort n desc | limit 15"),
        (_flow, "stats avg(bytes), min(bytes), max(bytes) by srcAddr"),
    ],
)
def test_lines_of_a_known_form(line: Callable[[int], str], text: str) -> None:
    count = MILLION // 4
    group = [Record("/aws/lambda/orders", "s", "111122223333", n * 10, n * 10, line(n), "p") for n in range(count)]
    query = compiled(text)
    before = time.process_time()
    found = query.run(group, 0, count * 10)
    assert time.process_time() - before < CPU_S_MAX * 1.5 / 4
    assert found.rows
