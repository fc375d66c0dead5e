"""What is measured of Kinesis: records put one by one and five hundred at a time, and read again."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

from bench.cases import Account, Drive, _admin, _client
from bench.driving import Answer

STREAM = "bench-clicks"
SHARDS = 64
TURNS = 40
CALLS_PER_S = 450
"""What that many shards take of calls of a hundred records: all servers are driven no faster."""
DATA = base64.b64encode(b"x" * 100).decode()
KEYS = [f"user-{number}" for number in range(100 * TURNS)]


def _request(bench: Account, target: str, body: dict[str, Any]) -> bytes:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"Kinesis_20131202.{target}"}
    return bench._signed("kinesis", json.dumps(body).encode(), headers)


def _stream(bench: Account) -> Any:
    """The stream that is written to: as many shards and keys as keep its quotas out of the measure."""
    if bench.server.name == "echo":
        return None
    iam = _client(bench.server, "iam", "test", "test")
    allowed = {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="bench", PolicyName="kinesis", PolicyDocument=document)
    if bench.server.name == "foulweather":
        _admin(bench, "POST", {"kind": "quota", "service": "kinesis", "per_s": 10_000_000})
    kinesis = bench.client("kinesis")
    if STREAM not in kinesis.list_streams()["StreamNames"]:
        kinesis.create_stream(StreamName=STREAM, ShardCount=SHARDS)
        while (
            kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE"
        ):
            time.sleep(0.5)
    return kinesis


def _lowered(bench: Account) -> Callable[[], None]:
    return lambda: _admin(bench, "DELETE", {}) if bench.server.name == "foulweather" else None


def put_1(bench: Account) -> Drive:
    """PutRecord of a hundred bytes."""
    _stream(bench)
    bodies = [{"StreamName": STREAM, "Data": DATA, "PartitionKey": key} for key in KEYS[:512]]
    requests = cycle([_request(bench, "PutRecord", body) for body in bodies])
    return Drive(lambda: next(requests), after=_lowered(bench))


def put_100(bench: Account) -> Drive:
    """PutRecords of a hundred records of a hundred bytes."""
    requests, began, sent = puts_of_100(bench), 0.0, 0

    def first() -> bytes:
        nonlocal began, sent
        now = time.perf_counter()
        if now - began > 1:
            began, sent = now, 0
        sent += 1
        if sent >= CALLS_PER_S:
            time.sleep(began + 1 - now)
        return next(requests)

    return Drive(first, all_taken, after=_lowered(bench))


def puts_of_100(bench: Account) -> Iterator[bytes]:
    """Calls whose keys spread over the shards as they come."""
    _stream(bench)
    batches = [KEYS[first : first + 100] for first in range(0, len(KEYS), 100)]
    records = [[{"Data": DATA, "PartitionKey": key} for key in batch] for batch in batches]
    return cycle([_request(bench, "PutRecords", {"StreamName": STREAM, "Records": each}) for each in records])


def all_taken(answer: Answer) -> None:
    """A call whose records found no room was not what is measured."""
    if json.loads(answer.body or b"{}").get("FailedRecordCount"):
        raise RuntimeError("records were refused: the stream has too few shards for this machine")


CASES: dict[str, Callable[[Account], Drive]] = {
    "PutRecord, 100 bytes": put_1,
    "PutRecords, 100 records": put_100,
}
