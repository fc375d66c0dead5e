"""Ten queries of an on-call page, asked through StartQuery of a group that a service and a function wrote to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws

GROUP = "/aws/lambda/orders"
REQUEST = "3604209a-e9a3-11e6-939a-754dd98c7be{}"
HOUR_MS = 3_600_000


def _report(number: int, duration: int, init: int = 0) -> str:
    text = (
        f"REPORT RequestId: {REQUEST.format(number)}\tDuration: {duration} ms\tBilled Duration: {duration} ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 60 MB\t"
    )
    return f"{text}Init Duration: {init} ms\t" if init else text


SEEDED: list[tuple[int, Any]] = [
    (0, {"level": "ERROR", "version": "v2", "error_type": "Timeout", "path": "/pay", "request_id": "r1"}),
    (1, {"level": "INFO", "version": "v2", "path": "/pay", "request_id": "r1"}),
    (10, {"level": "ERROR", "version": "v2", "error_type": "Declined", "path": "/pay", "request_id": "r2"}),
    (20, _report(1, 80, init=200)),
    (21, _report(2, 40)),
    (300, "[CRITICAL] WORKER TIMEOUT (pid:12)"),
    (301, "GET /orders took 1500 ms"),
    (302, "GET /orders took 90 ms"),
    (303, "gunicorn: worker error"),
    (400, {"level": "ERROR", "version": "v1", "error_type": "Timeout", "path": "/cart", "request_id": "r3"}),
]


@pytest.fixture
def logs(aws: Aws) -> Any:
    """The group, with events from the beginning of this hour on."""
    client = aws.client("logs")
    aws.advance(HOUR_MS - aws.now_ms % HOUR_MS)
    start_ms = aws.now_ms
    aws.advance("10m")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    events = [
        {"timestamp": start_ms + second * 1000, "message": text if isinstance(text, str) else json.dumps(text)}
        for second, text in SEEDED
    ]
    client.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)
    return client


def ask(aws: Aws, logs: Any, query: str) -> list[dict[str, str]]:
    """The rows of a query over the last hour, without their pointers."""
    now = aws.now_ms // 1000
    started = logs.start_query(logGroupName=GROUP, startTime=now - 3600, endTime=now, queryString=query)["queryId"]
    assert logs.get_query_results(queryId=started)["status"] in ("Scheduled", "Running")
    aws.advance("5s")
    answer = logs.get_query_results(queryId=started)
    assert answer["status"] == "Complete"
    return [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in answer["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "# the latest errors\nfields error_type | filter level = 'ERROR' | sort @timestamp desc | limit 100",
            [{"error_type": "Timeout"}, {"error_type": "Declined"}, {"error_type": "Timeout"}],
        ),
        (
            "fields @message | filter @message like /gunicorn.*error|TIMEOUT/ | sort @timestamp asc",
            [{"@message": "[CRITICAL] WORKER TIMEOUT (pid:12)"}, {"@message": "gunicorn: worker error"}],
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
            'filter @type = "REPORT" | stats avg(@initDuration) as cold, count(*) as calls by bin(1h) as hour'
            " | display cold, calls",
            [{"cold": "200", "calls": "2"}],
        ),
        (
            "stats count(*) as n by bin(5m) as five | display n",
            [{"n": "5"}, {"n": "5"}],
        ),
    ],
)
def test_each_query_of_the_page_returns_its_rows(
    aws: Aws, logs: Any, query: str, expected: list[dict[str, str]]
) -> None:
    assert ask(aws, logs, query) == expected


def test_bins_begin_at_multiples_of_their_period(aws: Aws, logs: Any) -> None:
    found = ask(aws, logs, "stats count(*) as n by bin(5m)")
    assert [row["bin(5m)"][14:] for row in found] == ["05:00.000", "00:00.000"]


def test_a_parse_that_does_not_match_leaves_its_field_empty(aws: Aws, logs: Any) -> None:
    found = ask(aws, logs, 'parse @message "took * ms" as ms | filter not ispresent(ms) | stats count(*) as n')
    assert found == [{"n": "8"}]


def test_the_comment_of_sql_is_no_comment(aws: Aws, logs: Any) -> None:
    now = aws.now_ms // 1000
    asked = {"logGroupName": GROUP, "startTime": now - 60, "endTime": now}
    error = refused(logs.start_query, **asked, queryString="fields @message -- all of them")
    assert error["Code"] == "MalformedQueryException"
