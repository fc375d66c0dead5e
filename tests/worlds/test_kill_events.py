"""`kill -9` in the middle of PutEvents: every event that was acknowledged is, soon after, in the queue of every rule.

`KILL_SEED` replays the choice of when to kill; what is in flight at that moment is the machine's.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from pathlib import Path

import pytest

from worlds.json_wire import JsonConnection
from worlds.test_kill import ACCOUNT, Server, received

CONNECTIONS, RULES, EVENTS = 4, 2, 5
WAIT_S = 20


async def queues_of_rules(server: Server) -> list[str]:
    """The addresses of queues, each with a rule that sends it everything of the shop's."""
    sqs, events = JsonConnection(server.port, "sqs", "AmazonSQS"), JsonConnection(server.port, "events", "AWSEvents")
    urls: list[str] = []
    for number in range(RULES):
        rule = await events.ask("PutRule", Name=f"r{number}", EventPattern='{"source": ["shop"]}')
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}"
        allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        allowed |= {"Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        made = await sqs.ask("CreateQueue", QueueName=f"q{number}", Attributes={"Policy": policy})
        urls.append(made["QueueUrl"])
        await events.ask("PutTargets", Rule=f"r{number}", Targets=[{"Id": "queue", "Arn": arn}])
    sqs.close()
    events.close()
    return urls


async def put_until_killed(server: Server, kill_at: int) -> set[str]:
    """The ids of events that were acknowledged; the server dies when there are `kill_at` of them."""
    acknowledged: set[str] = set()
    entries = [{"Source": "shop", "DetailType": "placed", "Detail": '{"total": 1}'}] * EVENTS

    async def put() -> None:
        connection = JsonConnection(server.port, "events", "AWSEvents")
        try:
            while True:
                answer = await connection.ask("PutEvents", Entries=entries)
                acknowledged.update(entry["EventId"] for entry in answer["Entries"])
                if len(acknowledged) >= kill_at:
                    server.kill()
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.close()  # the server is dead

    await asyncio.gather(*(put() for _ in range(CONNECTIONS)))
    return acknowledged


@pytest.mark.slow
@pytest.mark.parametrize("run", range(5))
async def test_no_event_that_was_acknowledged_is_lost_for_any_rule(run: int, tmp_path: Path) -> None:
    kill_at = random.Random(int(os.environ.get("KILL_SEED", "1")) + run).randrange(1, 2_000)
    server = Server(tmp_path)
    try:
        urls = await queues_of_rules(server)
        acknowledged = await put_until_killed(server, kill_at)
        assert len(acknowledged) >= kill_at
        await asyncio.to_thread(server.restart)
        deadline = time.monotonic() + WAIT_S
        for url in urls:
            there: set[str] = set()
            while not acknowledged <= there and time.monotonic() < deadline:
                there |= {json.loads(body)["id"] for body in (await received(server, url)).values()}
            assert acknowledged <= there
    finally:
        server.close()
