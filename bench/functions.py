"""What is measured of Lambda: warm and cold invocations, a queue's messages through a mapping, asynchronous ones.

python -m bench.functions --servers foulweather,ministack,moto    # all of it, as a table

A peer that runs functions in Docker alone is left out where there is none, and that is said.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from bench import peers
from bench.cases import Account, Drive, _admin, _client, account
from bench.driving import Connection, cpu_s
from bench.signing import signed

NAME = "bench-echo"
RUNTIME = "python{}.{}".format(*sys.version_info)
CODE = """
def handler(event, context):
    with open("/tmp/count", "a") as file:
        file.write(f"{len(event.get('Records', '1'))}\\n")
    return {"count": sum(map(int, open("/tmp/count"))) if event.get("count") else 0}
"""
ECHO = "def handler(event, context):\n    return event\n"
WARM_S, COLDS, MESSAGES, EVENTS = 3.0, 20, 10_000, 1_000
WAIT_S = 180


class Refused(Exception):
    """A server does not run functions here; the message says why."""


class Measured(NamedTuple):
    """One line of the table."""

    what: str
    told: str


def warm(bench: Account) -> Drive | None:
    """Invoke of a function that returns its event, again and again; None for a peer that cannot."""
    if bench.server.name != "echo":
        try:
            _function(bench, NAME, ECHO)
        except Refused as refused:
            print(f"{bench.server.name} is left out: {refused}", file=sys.stderr)
            return None
    request = _invocation(bench, NAME, {"n": 1})
    return Drive(lambda: request, after=lambda: _lowered(bench))


CASES: dict[str, Callable[[Account], Drive | None]] = {"Invoke, warm": warm}


def _invocation(bench: Account, name: str, event: Any) -> bytes:
    path = f"/2015-03-31/functions/{name}/invocations"
    body, host = json.dumps(event).encode(), f"127.0.0.1:{bench.server.port}"
    return signed(host, "lambda", body, {"content-type": "application/json"}, bench.key_id, bench.secret, path=path)


def _lowered(bench: Account) -> None:
    if bench.server.name == "foulweather":
        _admin(bench, "DELETE", {})


def _zip(code: str, name: str = "app.py") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, code)
    return written.getvalue()


def _function(bench: Account, name: str, code: str, **more: Any) -> Any:
    """A function that has answered once; quotas are raised, as AWS raises them on request."""
    iam = _client(bench.server, "iam", "test", "test")
    own = {"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole", "sqs:*", "logs:*"], "Resource": "*"}
    may = json.dumps({"Version": "2012-10-17", "Statement": [own]})
    iam.put_user_policy(UserName="bench", PolicyName="functions", PolicyDocument=may)
    if not any(role["RoleName"] == "bench-function" for role in iam.list_roles()["Roles"]):
        trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
        iam.create_role(RoleName="bench-function", AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName="bench-function", PolicyName="own", PolicyDocument=may)
    role = iam.get_role(RoleName="bench-function")["Role"]["Arn"]
    if bench.server.name == "foulweather":
        for service in ("lambda", "logs", "sqs"):
            _admin(bench, "POST", {"kind": "quota", "service": service, "per_s": 10_000_000})
    functions = bench.client("lambda")
    try:
        functions.create_function(
            FunctionName=name, Runtime=RUNTIME, Handler="app.handler", Role=role, Code={"ZipFile": _zip(code)}, **more
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        answer = functions.invoke(FunctionName=name, Payload=b'{"count": 1}')
        told = answer["Payload"].read()
    except Exception as error:
        raise Refused(str(error)[:200]) from error
    if answer.get("FunctionError") or not isinstance(_json(told), dict):
        raise Refused(f"it answered {told[:200].decode(errors='replace')}")
    return functions


def _json(told: bytes) -> Any:
    try:
        return json.loads(told)
    except ValueError:
        return None


def _warm_one(bench: Account) -> Measured:
    """One connection, one invocation after another: latency, and the server's CPU without and with the function's."""
    _function(bench, NAME, ECHO)

    async def drive() -> tuple[list[float], list[bytes]]:
        connection = await Connection(bench.server.port).open()
        took, told, ends = list[float](), list[bytes](), time.perf_counter() + WARM_S
        for number in count():
            request = _invocation(bench, NAME, {"n": number})  # what signing costs the driver is not the server's
            began = time.perf_counter()
            if began > ends:
                break
            answer = await connection.ask(request)
            took.append((time.perf_counter() - began) * 1e6)
            told.append(answer.body)
        connection.close()
        return took, told

    own, whole = _own_cpu_s(bench), cpu_s(bench.server.process.pid)
    took, told = asyncio.run(drive())
    own, whole = _own_cpu_s(bench) - own, cpu_s(bench.server.process.pid) - whole
    wrong = sum(_json(body) != {"n": number} for number, body in enumerate(told))
    ordered = sorted(took)
    own_us, whole_us = own / len(took) * 1e6, whole / len(took) * 1e6
    words = (
        f"{statistics.median(took):.0f} us median, {ordered[len(ordered) * 99 // 100]:.0f} us p99; {own_us:.0f} us CPU"
        f" of the server, {whole_us:.0f} us with its children's; {wrong} wrong of {len(took)}"
    )
    return Measured("warm Invoke, one after another", words)


def _own_cpu_s(bench: Account) -> float:
    fields = Path(f"/proc/{bench.server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _cold(bench: Account) -> Measured:
    """The first Invoke after UpdateFunctionConfiguration, less a warm one: what a cold start adds for the caller."""
    functions = _function(bench, "bench-cold", ECHO)
    first, then = list[float](), list[float]()
    for number in range(COLDS):
        functions.update_function_configuration(FunctionName="bench-cold", Description=str(number))
        functions.get_waiter("function_updated_v2").wait(FunctionName="bench-cold", WaiterConfig={"Delay": 1})
        for taken in (first, then):
            began = time.perf_counter()
            functions.invoke(FunctionName="bench-cold", Payload=b"{}")["Payload"].read()
            taken.append((time.perf_counter() - began) * 1e3)
    plain = list[float]()
    for _ in range(COLDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        plain.append((time.perf_counter() - began) * 1e3)
    added = statistics.median(first) - statistics.median(then)
    words = f"{added:.1f} ms more than a warm one ({statistics.median(plain):.1f} ms: `python -c pass`)"
    return Measured("cold start", words)


def _mapped(bench: Account) -> Measured:
    """Messages of a queue that waits with all of them, through a mapping with batches of ten, until it is empty."""
    sqs, functions = bench.client("sqs"), _function(bench, "bench-mapped", CODE, Timeout=10)
    url = sqs.create_queue(QueueName="bench-mapped", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for start in range(0, MESSAGES, 10):
        entries = [{"Id": str(n), "MessageBody": str(start + n)} for n in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    began, before = time.perf_counter(), cpu_s(bench.server.process.pid)
    own, found = _own_cpu_s(bench), dict[str, str]()
    functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="bench-mapped", BatchSize=10)
    while time.perf_counter() - began < WAIT_S:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if not any(map(int, found.values())):
            break
        time.sleep(0.05)
    else:
        return Measured(f"{MESSAGES} messages through a mapping", f"not done after {WAIT_S} s: {found}")
    took, spent = time.perf_counter() - began, cpu_s(bench.server.process.pid) - before
    own = _own_cpu_s(bench) - own
    return Measured(
        f"{MESSAGES} messages through a mapping",
        f"{took:.1f} s, {spent:.1f} s of CPU, {own:.1f} s of it the server's own",
    )


def _asynchronous(bench: Account) -> Measured:
    """Events accepted one after another, until their function has written the last of them down."""
    functions = _function(bench, "bench-async", CODE, Timeout=10)
    logs = bench.client("logs")
    began, before = time.perf_counter(), cpu_s(bench.server.process.pid)
    for _ in range(EVENTS):
        functions.invoke(FunctionName="bench-async", InvocationType="Event", Payload=b"{}")
    accepted = time.perf_counter() - began
    ended = 0
    while ended < EVENTS + 1 and time.perf_counter() - began < WAIT_S:
        ended = sum(
            len(page["events"])
            for page in logs.get_paginator("filter_log_events").paginate(
                logGroupName="/aws/lambda/bench-async", filterPattern='"REPORT RequestId"'
            )
        )
        time.sleep(0.1)
    took, spent = time.perf_counter() - began, cpu_s(bench.server.process.pid) - before
    words = f"accepted in {accepted:.1f} s, done in {took:.1f} s, {spent:.1f} s of CPU; {ended - 1} reports of {EVENTS}"
    return Measured(f"{EVENTS} asynchronous invocations", words)


MEASURES = {"warm": _warm_one, "cold": _cold, "mapped": _mapped, "asynchronous": _asynchronous}


def main() -> int:
    """Measure each server alone, and print."""
    options = argparse.ArgumentParser(prog="python -m bench.functions", description=__doc__)
    options.add_argument("--servers", default="foulweather,ministack,moto")
    options.add_argument("--only", default="", help=f"of {', '.join(MEASURES)}")
    given = options.parse_args()
    for name in given.servers.split(","):
        server = peers.start(name)
        bench = account(server)
        try:
            for what, measure in MEASURES.items():
                if given.only not in what:
                    continue
                try:
                    line = measure(bench)
                except Refused as refused:
                    print(f"{name:12} {what}: left out: {refused}", flush=True)
                    break
                print(f"{name:12} {line.what}: {line.told}", flush=True)
        finally:
            _lowered(bench)
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
