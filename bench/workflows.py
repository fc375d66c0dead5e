"""What is measured of workflows and events: executions, a Map over a function, events to rules, records to a stream.

python -m bench.workflows --servers foulweather,ministack,moto    # all of it, as a table

What a server puts off until after its answer is counted too: a round ends when its work is done. Then it is looked at
whether all has come out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from bench import kinesis, peers
from bench.cases import Account, _admin, _client, account
from bench.driving import Answer, Connection, cpu_s
from bench.functions import RUNTIME, _zip

CONNECTIONS, WAIT_S, ITEMS, EVENTS, RULES = 8, 120.0, 1_000, 10, 5
ECHO = "def handler(event, context):\n    return event\n"
MODEL = "duration_ms = 1\nresponse = {ok = true}\n"


class Wrong(Exception):
    """A server has not done what it was asked for; the message says what."""


class Turn(NamedTuple):
    """A prepared case: its requests, how many are sent in a round, and what is looked at when they are done."""

    request: Callable[[], bytes]
    times: int
    check: Callable[[list[Answer]], None]


def five_passes(bench: Account) -> Turn:
    """StartExecution of a Standard Workflow of five Pass states; as many at once as AWS's bucket holds."""
    states = {
        f"P{n}": {"Type": "Pass", "Next": f"P{n + 1}"} if n < 5 else {"Type": "Pass", "End": True} for n in range(1, 6)
    }
    machine = _machine(bench, "passes", {"StartAt": "P1", "States": states})
    request = _starting(bench, machine, '{"order": 1, "lines": [1, 2, 3]}')

    def check(answers: list[Answer]) -> None:
        for answer in (answers[0], answers[-1]):
            told = _finished(bench, answer)
            if told["status"] != "SUCCEEDED" or json.loads(told["output"]) != {"order": 1, "lines": [1, 2, 3]}:
                raise Wrong(f"an execution ended {told}")

    return Turn(request, 100 if bench.server.name == "moto" else 600, check)


def map_of_functions(bench: Account) -> Turn:
    """A Map of a thousand items, forty at once, each a call of a function that does next to nothing."""
    function = _function(bench)
    call = {"Type": "Task", "Resource": function, "End": True}
    items = {"Type": "Map", "MaxConcurrency": 40, "End": True}
    items["ItemProcessor"] = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Call", "States": {"Call": call}}
    machine = _machine(bench, "map", {"StartAt": "Each", "States": {"Each": items}})
    request = _starting(bench, machine, json.dumps([{"n": n} for n in range(ITEMS)]))

    def check(answers: list[Answer]) -> None:
        for answer in answers:
            told = _finished(bench, answer)
            if told["status"] != "SUCCEEDED" or len(json.loads(told["output"])) != ITEMS:
                raise Wrong(f"the Map ended {json.dumps(told, default=str)[:300]}")

    return Turn(request, 3 if bench.server.name == "foulweather" else 1, check)


def put_events(bench: Account) -> Turn:
    """PutEvents of ten events, each of which five rules match; each rule sends it to a queue of its own."""
    events, sqs = bench.client("events"), bench.client("sqs")
    urls: list[str] = []
    for number in range(RULES):
        pattern = {
            "source": ["shop"],
            "detail-type": ["order.placed"],
            "detail": {"total": [{"numeric": [">", number]}]},
        }
        rule = events.put_rule(Name=f"bench-{number}", EventPattern=json.dumps(pattern))["RuleArn"]
        urls.append(sqs.create_queue(QueueName=f"bench-events-{number}")["QueueUrl"])
        arn = sqs.get_queue_attributes(QueueUrl=urls[-1], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        allowed |= {"Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        sqs.set_queue_attributes(QueueUrl=urls[-1], Attributes={"Policy": policy})
        events.put_targets(Rule=f"bench-{number}", Targets=[{"Id": "queue", "Arn": arn}])
    detail = json.dumps({"order": "o-1", "total": 42.5})
    entries = [{"Source": "shop", "DetailType": "order.placed", "Detail": detail} for _ in range(EVENTS)]
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents"}
    request = bench._signed("events", json.dumps({"Entries": entries}).encode(), headers)
    before = [_waiting(sqs, url) for url in urls]

    def check(answers: list[Answer]) -> None:
        for number, url in enumerate(urls):
            now = _waiting(sqs, url)
            if now - before[number] != len(answers) * EVENTS:
                raise Wrong(f"{now - before[number]} of {len(answers) * EVENTS} events are in queue {number}")
            before[number] = now

    return Turn(lambda: request, 20 if bench.server.name == "moto" else 100, check)


def put_records(bench: Account) -> Turn:
    """PutRecords of a hundred records of a hundred bytes."""
    requests = kinesis.puts_of_100(bench)

    def check(answers: list[Answer]) -> None:
        for answer in answers:
            kinesis.all_taken(answer)

    return Turn(lambda: next(requests), 300, check)


CASES: dict[str, Callable[[Account], Turn]] = {
    "StartExecution of five Pass states": five_passes,
    "a Map of 1,000 calls of a function": map_of_functions,
    "PutEvents of 10, to 5 rules each": put_events,
    "PutRecords of 100": put_records,
}


def _states(bench: Account, operation: str, body: dict[str, Any]) -> bytes:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AWSStepFunctions.{operation}"}
    return bench._signed("states", json.dumps(body).encode(), headers)


def _starting(bench: Account, machine: str, given: str) -> Callable[[], bytes]:
    """Requests to start executions, each with a name of its own: a peer makes none up."""
    numbers = count()
    body = {"stateMachineArn": machine, "input": given}
    return lambda: _states(bench, "StartExecution", {**body, "name": f"run-{next(numbers)}"})


def _role(bench: Account) -> str:
    """A role for functions and workflows, and the permissions of the user."""
    iam = _client(bench.server, "iam", "test", "test")
    own = {"Effect": "Allow", "Action": ["states:*", "events:*", "sqs:*", "lambda:*", "iam:PassRole", "logs:*"]}
    may = json.dumps({"Version": "2012-10-17", "Statement": [{**own, "Resource": "*"}]})
    iam.put_user_policy(UserName="bench", PolicyName="workflows", PolicyDocument=may)
    if not any(role["RoleName"] == "bench-workflow" for role in iam.list_roles()["Roles"]):
        who = {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}
        trusted = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
        iam.create_role(RoleName="bench-workflow", AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName="bench-workflow", PolicyName="own", PolicyDocument=may)
    return iam.get_role(RoleName="bench-workflow")["Role"]["Arn"]


def _machine(bench: Account, name: str, definition: dict[str, Any]) -> str:
    request = {"name": f"bench-{name}", "definition": json.dumps(definition), "roleArn": _role(bench)}
    return bench.client("stepfunctions").create_state_machine(**request)["stateMachineArn"]


def _function(bench: Account) -> str:
    """A function: a modelled one of ours, what a peer makes of Python's code otherwise."""
    if bench.server.name == "foulweather":
        for service in ("lambda", "logs"):
            _admin(bench, "POST", {"kind": "quota", "service": service, "per_s": 10_000_000})
    packed = _zip(MODEL, "foulweather.toml") if bench.server.name == "foulweather" else _zip(ECHO)
    functions, role = bench.client("lambda"), _role(bench)
    asked = {"FunctionName": "bench-item", "Runtime": RUNTIME, "Handler": "app.handler", "Role": role}
    made = functions.create_function(Code={"ZipFile": packed}, **asked)
    functions.get_waiter("function_active_v2").wait(FunctionName="bench-item", WaiterConfig={"Delay": 1})
    return made["FunctionArn"]


def _finished(bench: Account, answer: Answer) -> dict[str, Any]:
    """What DescribeExecution tells when an execution is over."""
    arn, ends = json.loads(answer.body)["executionArn"], time.perf_counter() + WAIT_S
    while time.perf_counter() < ends:
        told = bench.client("stepfunctions").describe_execution(executionArn=arn)
        if told["status"] != "RUNNING":
            return told
        time.sleep(0.5)
    raise Wrong(f"{arn} still runs after {WAIT_S:.0f} s")


def _waiting(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


async def _send(port: int, turn: Turn) -> list[Answer]:
    answers: list[Answer] = []
    left = iter([turn.request() for _ in range(turn.times)])

    async def one_after_another() -> None:
        connection = await Connection(port).open()
        for request in left:
            answers.append(await connection.ask(request))
        connection.close()

    await asyncio.gather(*(one_after_another() for _ in range(min(CONNECTIONS, turn.times))))
    return answers


def _quiet(pid: int) -> float:
    """The CPU that a server has spent when it spends no more than an idle one."""
    before, ends = cpu_s(pid), time.perf_counter() + WAIT_S
    while time.perf_counter() < ends:
        time.sleep(0.4)
        now = cpu_s(pid)
        if now - before < 0.015:
            return now
        before = now
    return before


def measured(bench: Account, turn: Turn) -> float:
    """Milliseconds of CPU that a request costs the server, with all that comes of it."""
    pid = bench.server.process.pid
    before = _quiet(pid)
    answers = asyncio.run(_send(bench.server.port, turn))
    spent = _quiet(pid) - before
    if wrong := [answer for answer in answers if answer.status != 200]:
        raise Wrong(f"{len(wrong)} of {len(answers)} were refused: {wrong[0].body[:300].decode(errors='replace')}")
    turn.check(answers)
    return spent / turn.times * 1000


def _configured(bench: Account) -> None:
    """Have moto run definitions, and answer for functions without Docker."""
    if bench.server.name == "moto":
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", bench.server.port, timeout=10)
        settings = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
        connection.request("POST", "/moto-api/config", json.dumps(settings), {"content-type": "application/json"})
        connection.getresponse().read()


def main() -> int:
    """Measure the servers in turns; print the least of the rounds, and how many times as much a peer takes."""
    options = argparse.ArgumentParser(prog="python -m bench.workflows", description=__doc__)
    options.add_argument("--servers", default="foulweather,ministack,moto")
    options.add_argument("--only", default="", help=f"of {', '.join(CASES)}")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    running = [peers.start(name) for name in given.servers.split(",")]
    try:
        accounts = [account(server) for server in running]
        for bench in accounts:
            _configured(bench)
        for what, case in CASES.items():
            if given.only.lower() in what.lower():
                _case(what, case, accounts, given.rounds)
    finally:
        for server in running:
            server.stop()
    return 0


def _case(what: str, case: Callable[[Account], Turn], accounts: list[Account], rounds: int) -> None:
    turns: dict[str, tuple[Account, Turn]] = {}
    least: dict[str, float] = {}
    for bench in accounts:
        _role(bench)
        try:
            turns[bench.server.name] = bench, case(bench)
        except Exception as error:
            print(f"{what}: {bench.server.name} is left out: {str(error)[:300]}", flush=True)
    for _ in range(rounds):
        for name, (bench, turn) in list(turns.items()):
            try:
                least[name] = min(least.get(name, float("inf")), measured(bench, turn))
            except Exception as error:
                print(f"{what}: {name} is left out: {str(error)[:300]}", flush=True)
                del turns[name]
                least.pop(name, None)
    ours = least.get("foulweather")
    for name, spent in least.items():
        ratio = f"{spent / ours:6.1f}x" if ours else ""
        print(f"{what:40}{name:14}{spent:10.2f} ms{ratio:>9}", flush=True)
    for bench in accounts:
        if bench.server.name == "foulweather":
            _admin(bench, "DELETE", {})


if __name__ == "__main__":
    sys.exit(main())
