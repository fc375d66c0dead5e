"""Ten queries of an on-call page, on one log group with what a service, its web server and Lambda wrote."""

from __future__ import annotations

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery
from foulweather.services.logs.insights.language import compiled
from services.logs.insights.insights_events import event, rows

REQUEST = "3604209a-e9a3-11e6-939a-754dd98c7be{}"
SEEDED = [
    event({"level": "ERROR", "version": "v2", "error_type": "Timeout", "path": "/pay", "request_id": "r1"}, 0),
    event({"level": "ERROR", "version": "v2", "error_type": "Declined", "path": "/pay", "request_id": "r2"}, 10),
    event({"level": "ERROR", "version": "v1", "error_type": "Timeout", "path": "/cart", "request_id": "r3"}, 400),
    event({"level": "INFO", "version": "v2", "path": "/pay", "request_id": "r1"}, 1),
    event("[2024-03-01 11:05:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)", 300),
    event("GET /orders took 1500 ms", 301),
    event("GET /orders took 90 ms", 302),
    event("gunicorn: worker error", 303),
    event(
        f"REPORT RequestId: {REQUEST.format(1)}\tDuration: 80 ms\tBilled Duration: 80 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 60 MB\tInit Duration: 200 ms\t",
        20,
    ),
    event(
        f"REPORT RequestId: {REQUEST.format(2)}\tDuration: 40 ms\tBilled Duration: 40 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 64 MB\t",
        21,
    ),
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "fields @timestamp, error_type\n| filter level = 'ERROR'\n| sort @timestamp desc\n| limit 100",
            [
                {"@timestamp": "2024-03-01 11:06:40.000", "error_type": "Timeout"},
                {"@timestamp": "2024-03-01 11:00:10.000", "error_type": "Declined"},
                {"@timestamp": "2024-03-01 11:00:00.000", "error_type": "Timeout"},
            ],
        ),
        (
            "fields @message | filter @message like /WORKER TIMEOUT|gunicorn.*error/ | sort @timestamp asc",
            [
                {"@message": "[2024-03-01 11:05:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)"},
                {"@message": "gunicorn: worker error"},
            ],
        ),
        (
            "filter level = 'ERROR' | stats count(*) as errors by version | sort errors desc",
            [{"version": "v2", "errors": "2"}, {"version": "v1", "errors": "1"}],
        ),
        (
            'parse @message "* /* took * ms" as method, path, ms | filter ms > 1000 | display method, path, ms',
            [{"method": "GET", "path": "orders", "ms": "1500"}],
        ),
        (
            "filter level = 'ERROR' | stats count(*) by error_type | sort error_type",
            [{"error_type": "Declined", "count(*)": "1"}, {"error_type": "Timeout", "count(*)": "2"}],
        ),
        (
            "filter ispresent(path) | stats count(*) as n, count(error_type) as errors by path | sort n desc",
            [{"path": "/pay", "n": "3", "errors": "2"}, {"path": "/cart", "n": "1", "errors": "1"}],
        ),
        (
            'filter @type = "REPORT" and ispresent(@initDuration) | fields @requestId, @initDuration',
            [{"@requestId": REQUEST.format(1), "@initDuration": "200"}],
        ),
        (
            "fields level, path | filter request_id = 'r1' | sort @timestamp asc",
            [{"level": "ERROR", "path": "/pay"}, {"level": "INFO", "path": "/pay"}],
        ),
        (
            'filter @type = "REPORT"'
            " | stats avg(@initDuration) as cold, count(@initDuration) / count(*) as share by bin(1h)",
            [{"bin(1h)": "2024-03-01 11:00:00.000", "cold": "200", "share": "0.5"}],
        ),
        (
            "stats count(*) as n by bin(5m)",
            [
                {"bin(5m)": "2024-03-01 11:05:00.000", "n": "5"},
                {"bin(5m)": "2024-03-01 11:00:00.000", "n": "5"},
            ],
        ),
    ],
)
def test_a_query_of_the_page(query: str, expected: list[dict[str, str]]) -> None:
    assert rows(query, SEEDED) == expected


def test_a_parse_without_a_match_leaves_the_field_empty() -> None:
    found = rows('fields @message | parse @message "took * ms" as ms | filter not ispresent(ms)', SEEDED)
    assert len(found) == 8
    assert all("ms" not in row for row in found)


def test_the_comments_of_sql_are_no_comments_here() -> None:
    for query in ("-- the errors\nfields @message", "fields @message -- all of them\n| limit 5"):
        with pytest.raises(MalformedQuery, match="unexpected symbol found"):
            compiled(query)
