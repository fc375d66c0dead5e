"""What is measured of CloudWatch Logs: batches written, a hundred thousand events searched, a million aggregated.

python -m bench.logs --events 1000000    # Insights aggregation over a million events, through StartQuery
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from bench import peers
from bench.cases import Account, Drive, _admin, _client, account
from bench.driving import cpu_s

GROUP = "/bench/app"
STREAMS = [f"s{n}" for n in range(8)]
MESSAGE = json.dumps(
    {"level": "INFO", "requestId": "4f1c2a9e-7b9d-4c55-9a54-2f7f8f1f3a10", "path": "/api/orders", "latency": 12}
)
SEARCHED = {"foulweather": 100_000, "ministack": 100_000, "moto": 100_000, "echo": 0}


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


BATCH = 5_000
QUERIES = (
    "stats count(*) by bin(1m)",
    "stats avg(latency), max(latency), pct(latency, 99) by path",
    "filter level = 'ERROR' | stats count(*) as n by path | sort n desc | limit 5",
    "filter @message like /ERR.R/ | stats count(*)",
    'parse @message \'"requestId": "*"\' as id | stats count(*) by substr(id, 0, 1)',
)


def _fill(bench: Account, logs: Any, count: int) -> None:
    """Put as many events, a millisecond apart, up to now."""
    start_ms = int(time.time() * 1000) - count
    for first in range(0, count, BATCH):
        events: list[dict[str, Any]] = []
        for n in range(first, min(first + BATCH, count)):
            line = {"level": "INFO" if n % 50 else "ERROR", "requestId": f"{n:08x}-9b2c", "path": f"/api/{n % 20}"}
            events.append({"timestamp": start_ms + n, "message": json.dumps({**line, "latency": n % 900})})
        logs.put_log_events(logGroupName=GROUP, logStreamName="searched", logEvents=events)


def _asked(logs: Any, query: str) -> dict[str, Any]:
    now_s = int(time.time())
    asked = {"startTime": now_s - 86_400, "endTime": now_s + 60, "queryString": query}
    started = logs.start_query(logGroupName=GROUP, **asked)["queryId"]
    while True:
        answer = logs.get_query_results(queryId=started)
        if answer["status"] not in ("Scheduled", "Running"):
            return answer
        time.sleep(0.02)


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m bench.logs", description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000)
    count: int = options.parse_args().events
    server = peers.start("foulweather")
    try:
        bench = account(server)
        logs, pid = _group(bench), server.process.pid
        before_s, began = cpu_s(pid), time.perf_counter()
        _fill(bench, logs, count)
        print(f"{count} events put: {time.perf_counter() - began:.1f} s, {cpu_s(pid) - before_s:.1f} s of the server")
        print(f"{'wall s':>8}{'server s':>10}  query")
        for query in QUERIES:
            before_s, began = cpu_s(pid), time.perf_counter()
            answer = _asked(logs, query)
            if answer["status"] != "Complete" or answer["statistics"]["recordsScanned"] != count:
                raise RuntimeError(f"{query}: {answer['status']}, {answer['statistics']}")
            print(f"{time.perf_counter() - began:8.2f}{cpu_s(pid) - before_s:10.2f}  {query}")
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
