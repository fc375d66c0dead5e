"""Queries as people write them when something is wrong, and what they show."""

from __future__ import annotations

from typing import Any

import pytest

from services.logs.insights.insights_events import event, rows

REPORTS = [
    f"REPORT RequestId: 3604209a-e9a3-11e6-939a-754dd98c7be{n}\tDuration: {duration} ms\tBilled Duration: {duration} ms"
    f"\tMemory Size: 256 MB\tMax Memory Used: {used} MB\t" + (f"Init Duration: {init} ms\t" if init else "")
    for n, (duration, used, init) in enumerate([(100, 90, 210), (300, 120, 0), (50, 80, 0)])
]
SERVICE: list[dict[str, Any]] = [
    {"level": "ERROR", "error_type": "PaymentFailed", "error_message": "declined", "path": "/pay", "version": "1.2"},
    {"level": "ERROR", "error_type": "PaymentFailed", "error_message": "no funds", "path": "/pay", "version": "1.3"},
    {"level": "ERROR", "error_type": "Timeout", "error_message": "db", "path": "/cart", "version": "1.3"},
    {"level": "INFO", "method": "GET", "path": "/", "request_id": "r1", "version": "1.3"},
]
PLAIN = [
    "2024-03-01 [ERROR] Task timed out after 3.00 seconds",
    "2024-03-01 [WARN] retrying user=7 status=503",
    "2024-03-01 [INFO] served user=8 status=200",
]
TRAIL: list[dict[str, Any]] = [
    {
        "eventName": "UpdateService",
        "eventSource": "ecs.amazonaws.com",
        "userIdentity": {"arn": "arn:aws:iam::1:user/a"},
    },
    {
        "eventName": "StopTask",
        "eventSource": "ecs.amazonaws.com",
        "errorCode": "AccessDenied",
        "awsRegion": "us-east-1",
    },
]


@pytest.mark.parametrize(
    ("query", "records", "expected"),
    [
        (
            "fields @timestamp, @message | filter @message like /ERROR/ | sort @timestamp desc | limit 20",
            PLAIN,
            [{"@timestamp": "2024-03-01 11:00:00.000", "@message": PLAIN[0]}],
        ),
        (
            "fields @timestamp, @message\n| filter @message like /(?i)(timed out|exception|fatal)/\n"
            "| stats count(*) as hits by bin(5m)",
            PLAIN,
            [{"bin(5m)": "2024-03-01 11:00:00.000", "hits": "1"}],
        ),
        (
            'filter @type = "REPORT" | stats avg(@duration), max(@duration), min(@duration) by bin(5m)',
            REPORTS,
            [
                {
                    "bin(5m)": "2024-03-01 11:00:00.000",
                    "avg(@duration)": "150",
                    "max(@duration)": "300",
                    "min(@duration)": "50",
                }
            ],
        ),
        (
            'filter @type = "REPORT" | stats max(@memorySize / 1000 / 1000) as provisionedMemoryMB,'
            " min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB,"
            " avg(@maxMemoryUsed / 1000 / 1000) as avgMemoryUsedMB,"
            " max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB,"
            " provisionedMemoryMB - maxMemoryUsedMB as overProvisionedMB",
            REPORTS,
            [
                {
                    "provisionedMemoryMB": "256",
                    "smallestMemoryRequestMB": "80",
                    "avgMemoryUsedMB": "96.6667",
                    "maxMemoryUsedMB": "120",
                    "overProvisionedMB": "136",
                }
            ],
        ),
        (
            "filter ispresent(@initDuration) | stats count(*) as coldStarts, avg(@initDuration) as init by bin(1h)",
            REPORTS,
            [{"bin(1h)": "2024-03-01 11:00:00.000", "coldStarts": "1", "init": "210"}],
        ),
        (
            "fields @requestId, @duration, @billedDuration | filter @duration > 60 | sort @duration desc | limit 1",
            REPORTS,
            [
                {
                    "@requestId": "3604209a-e9a3-11e6-939a-754dd98c7be1",
                    "@duration": "300",
                    "@billedDuration": "300",
                }
            ],
        ),
        (
            "filter level = 'ERROR' | stats count(*) as errors by error_type, version | sort errors desc, version",
            SERVICE,
            [
                {"error_type": "PaymentFailed", "version": "1.2", "errors": "1"},
                {"error_type": "PaymentFailed", "version": "1.3", "errors": "1"},
                {"error_type": "Timeout", "version": "1.3", "errors": "1"},
            ],
        ),
        (
            "filter error_type = 'PaymentFailed' | fields error_message, path | sort error_message",
            SERVICE,
            [{"error_message": "declined", "path": "/pay"}, {"error_message": "no funds", "path": "/pay"}],
        ),
        (
            "stats count(*) as requests, sum(level = 'ERROR') as errors, errors / requests * 100 as rate by version"
            " | filter rate > 50 | sort rate desc",
            SERVICE,
            [
                {"version": "1.2", "requests": "1", "errors": "1", "rate": "100"},
                {"version": "1.3", "requests": "3", "errors": "2", "rate": "66.6667"},
            ],
        ),
        (
            'parse @message "user=* status=*" as user, status | filter status >= 500 | display user, status',
            PLAIN,
            [{"user": "7", "status": "503"}],
        ),
        (
            "filter @logStream like /s/ and @message not like /INFO/ | stats count(*) by @logStream",
            PLAIN,
            [{"@logStream": "s", "count(*)": "2"}],
        ),
        (
            'filter eventName = "UpdateService" and userIdentity.arn != "arn:aws:iam::1:role/deploy"'
            " | fields eventSource, userIdentity.arn",
            TRAIL,
            [{"eventSource": "ecs.amazonaws.com", "userIdentity.arn": "arn:aws:iam::1:user/a"}],
        ),
        (
            "filter ispresent(errorCode) | stats count(*) by errorCode, eventName",
            TRAIL,
            [{"errorCode": "AccessDenied", "eventName": "StopTask", "count(*)": "1"}],
        ),
        (
            "SOURCE '/aws/lambda/orders' | fields @timestamp | sort @timestamp asc | limit 1",
            PLAIN,
            [{"@timestamp": "2024-03-01 11:00:00.000"}],
        ),
        (
            "fields strlen(@message) as size | stats pct(size, 50) as p50, pct(size, 99) as p99, max(size) as most",
            PLAIN,
            [{"p50": "44", "p99": "52", "most": "52"}],
        ),
    ],
)
def test_a_query_shows_what_it_should(query: str, records: list[Any], expected: list[dict[str, str]]) -> None:
    assert rows(query, records) == expected


def test_waf_records_are_reached_through_their_lists() -> None:
    record = {"action": "BLOCK", "httpRequest": {"clientIp": "192.0.2.1", "headers": [{"name": "Host", "value": "x"}]}}
    query = "filter action = 'BLOCK' | stats count(*) by httpRequest.clientIp, httpRequest.headers.0.value"
    assert rows(query, [event(record)]) == [
        {"httpRequest.clientIp": "192.0.2.1", "httpRequest.headers.0.value": "x", "count(*)": "1"}
    ]
