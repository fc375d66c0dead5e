"""What is measured of Kinesis: records put one by one and five hundred at a time, and read again."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from bench.cases import Account, Drive, _admin, _client

STREAM = "bench-clicks"
SHARDS = 64
DATA = base64.b64encode(b"x" * 100).decode()
KEYS = [f"user-{number}" for number in range(512)]


def _request(bench: Account, target: str, body: dict[str, Any]) -> bytes:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"Kinesis_20131202.{target}"}
    return bench._signed("kinesis", json.dumps(body).encode(), headers)


def _stream(bench: Account) -> Any:
    """The stream that is written to: as many shards as keep its quotas out of the measure."""
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
    bodies = [{"StreamName": STREAM, "Data": DATA, "PartitionKey": key} for key in KEYS]
    requests = cycle([_request(bench, "PutRecord", body) for body in bodies])
    return Drive(lambda: next(requests), after=_lowered(bench))


def put_100(bench: Account) -> Drive:
    """PutRecords of a hundred records of a hundred bytes."""
    _stream(bench)
    records = [{"Data": DATA, "PartitionKey": key} for key in KEYS[:100]]
    request = _request(bench, "PutRecords", {"StreamName": STREAM, "Records": records})
    return Drive(lambda: request, after=_lowered(bench))


CASES: dict[str, Callable[[Account], Drive]] = {
    "PutRecord, 100 bytes": put_1,
    "PutRecords, 100 records": put_100,
}
