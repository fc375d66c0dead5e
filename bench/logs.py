"""What is measured of CloudWatch Logs: batches written, and a hundred thousand events searched."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from bench.cases import Account, Drive, _admin, _client

GROUP = "/bench/app"
STREAMS = [f"s{n}" for n in range(8)]
MESSAGE = json.dumps(
    {"level": "INFO", "requestId": "4f1c2a9e-7b9d-4c55-9a54-2f7f8f1f3a10", "path": "/api/orders", "latency": 12}
)
SEARCHED = {"foulweather": 100_000, "ministack": 10_000, "moto": 5_000, "echo": 0}


def _request(bench: Account, target: str, body: dict[str, Any]) -> bytes:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"Logs_20140328.{target}"}
    return bench._signed("logs", json.dumps(body).encode(), headers)


def _group(bench: Account) -> Any:
    """The group that is written to; quotas are raised, as AWS raises them on request."""
    if bench.server.name == "echo":
        return None
    iam = _client(bench.server, "iam", "test", "test")
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="bench", PolicyName="logs", PolicyDocument=document)
    if bench.server.name == "foulweather":
        _admin(bench, "POST", {"kind": "quota", "service": "logs", "per_s": 10_000_000})
    logs = bench.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
        for stream in [*STREAMS, "searched"]:
            logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    return logs


def _lowered(bench: Account) -> Callable[[], None]:
    return lambda: _admin(bench, "DELETE", {}) if bench.server.name == "foulweather" else None


def _putting(bench: Account, count: int) -> Drive:
    _group(bench)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": MESSAGE}] * count
    bodies = [{"logGroupName": GROUP, "logStreamName": stream, "logEvents": events} for stream in STREAMS]
    requests = cycle([_request(bench, "PutLogEvents", body) for body in bodies])
    return Drive(lambda: next(requests), after=_lowered(bench))


def put_1(bench: Account) -> Drive:
    """PutLogEvents of one event."""
    return _putting(bench, 1)


def put_100(bench: Account) -> Drive:
    """PutLogEvents of a hundred events."""
    return _putting(bench, 100)


def filter_events(bench: Account) -> Drive:
    """FilterLogEvents for a word in one event of a thousand, a hundred events of a hundred thousand."""
    logs = _group(bench)
    now = int(time.time() * 1000)
    for start in range(0, SEARCHED[bench.server.name], 1000):
        events = [{"timestamp": now, "message": f"{MESSAGE} {start + n}"} for n in range(999)]
        events.append({"timestamp": now, "message": f"ERROR {MESSAGE}"})
        logs.put_log_events(logGroupName=GROUP, logStreamName="searched", logEvents=events)
    body = {"logGroupName": GROUP, "logStreamNames": ["searched"], "filterPattern": "ERROR"}
    request = _request(bench, "FilterLogEvents", body)
    return Drive(lambda: request, after=_lowered(bench))


CASES: dict[str, Callable[[Account], Drive]] = {
    "PutLogEvents, 1 event": put_1,
    "PutLogEvents, 100 events": put_100,
    "FilterLogEvents, 100,000 events": filter_events,
}
