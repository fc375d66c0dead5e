"""Queue → function → table → stream → function, while functions crash and time out, calls are throttled and refused,
permissions, concurrency and mappings change, the server is killed and the clock jumps.

`LAMBDA_WORLD_SEED` replays one world.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.lambda_ import invoking, roles
from foulweather.services.lambda_.environments import wait_until
from foulweather.services.lambda_.reports import Report
from foulweather.services.lambda_.running import Asked, Ran
from foulweather.world.journal import Event
from foulweather.world.world import World
from harness import ACCOUNT, REGION, START_MS, Aws, new_aws
from services.lambda_.packaged import function

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
RECEIVES_MAX = 4
DAYS_14 = "1209600"
ALLOWED = ("sqs:*", "dynamodb:*", "logs:*")
SEEDS = [int(os.environ["LAMBDA_WORLD_SEED"])] if "LAMBDA_WORLD_SEED" in os.environ else [1, 2, 3, 4]
STEPS = 80
REFUSED = {"ResourceInUseException", "InvalidParameterValueException", "ServiceUnavailable"}


class Crashed(Exception):
    """The function's process dies."""


class Walk:
    """One world, its two functions, and what must hold of it."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch, directory: Path | None = None) -> None:
        self.seed = seed
        self.draw = random.Random(f"walk {seed}")
        self.directory = directory
        self.is_healthy = False
        self.orders = 0
        self.held_up: list[tuple[asyncio.Future[Any], dict[str, Any]]] = []
        self.sent: dict[str, dict[str, Any]] = {}
        self.steps: list[str] = []
        self.fates: Counter[str] = Counter()
        self.audited: list[tuple[str, str]] = []
        self.dead: list[str] = []
        self.deleted = 0
        monkeypatch.setattr(invoking, "_in_environment", self._played)
        self._live_in(World(seed=seed, mode="held", start_ms=START_MS, directory=directory))

    def _live_in(self, world: World) -> None:
        self.aws: Aws = new_aws(world=world)
        world.journal.follow(self._note)

    def _note(self, event: Event) -> None:
        if event.kind == "sqs.MessageDeadLettered":
            self.dead.append(event.facts["message_id"])
        elif event.kind == "sqs.MessageDeleted" and event.resource.endswith(":orders"):
            self.deleted += 1

    async def begin(self) -> None:
        aws, draw = self.aws, self.draw
        aws.sqs.create_queue({"QueueName": "dead", "Attributes": {"MessageRetentionPeriod": DAYS_14}})
        redrive = {"deadLetterTargetArn": self.arn("dead"), "maxReceiveCount": RECEIVES_MAX}
        attributes = {
            "VisibilityTimeout": "30",
            "MessageRetentionPeriod": DAYS_14,
            "RedrivePolicy": json.dumps(redrive),
        }
        aws.sqs.create_queue({"QueueName": "orders", "Attributes": attributes})
        aws.dynamodb.create_table(
            {
                "TableName": "ledger",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            }
        )
        document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        aws.iam.create_role({"RoleName": "function", "AssumeRolePolicyDocument": document})
        self._allow(ALLOWED)
        await aws.advance(seconds=30)
        stream = aws.dynamodb.describe_table({"TableName": "ledger"})["Table"]["LatestStreamArn"]
        for name in ("consumer", "auditor"):
            await function(aws, "def handler(event, context): pass", name, Timeout=5)
        self.reports = draw.random() < 0.5
        more = {"FunctionResponseTypes": ["ReportBatchItemFailures"]} if self.reports else {}
        window_s = draw.choice((0, 0, 2))
        told = await aws.lambda_.create_event_source_mapping(
            {
                "EventSourceArn": self.arn("orders"),
                "FunctionName": "consumer",
                "BatchSize": draw.choice((1, 3, 10)),
                "MaximumBatchingWindowInSeconds": window_s,
                **more,
            }
        )
        self.uuid = told["UUID"]
        await aws.lambda_.create_event_source_mapping(
            {
                "EventSourceArn": stream,
                "FunctionName": "auditor",
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": draw.choice((1, 5, 100)),
                "ParallelizationFactor": draw.choice((1, 3)),
                "BisectBatchOnFunctionError": draw.random() < 0.5,
            }
        )
        await aws.advance(seconds=5)

    def arn(self, queue: str) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"

    def _allow(self, actions: tuple[str, ...]) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.aws.iam.put_role_policy({"RoleName": "function", "PolicyName": "own", "PolicyDocument": document})

    # --- the functions

    async def _played(self, call: Call, asked: Asked, _: Any) -> Ran:
        """An environment whose code is one of the methods below, and which may die at any record."""
        began_ms = call.world.clock.now_ms
        fate = "well" if self.is_healthy else self.draw.choices(("well", "crash", "hang"), (8, 1, 1))[0]
        self.fates[fate] += 1
        records = json.loads(asked.payload)["Records"]
        breaks_at = self.draw.randrange(len(records)) if fate != "well" else len(records)
        code = self._consume if asked.function.name == "consumer" else self._audit
        error, payload = "", b"null"
        try:
            session = await roles.assume(call, asked.function, asked.configuration)
            await wait_until(call, began_ms + self.draw.randrange(1, 400))
            answer = await code(session.ports(call), records[:breaks_at], len(records))
            payload = json.dumps(answer).encode()
            if fate == "hang":
                await wait_until(call, began_ms + asked.configuration.timeout_s * 1000)
                error = "Sandbox.Timedout"
            elif fate == "crash":
                error = "Runtime.ExitError"
        except Crashed:
            error = "Runtime.ExitError"
        took_ms = call.world.clock.now_ms - began_ms
        report = Report(
            request_id=asked.request_id, duration_ms=took_ms, billed_ms=took_ms, memory_mib=128, used_mib=40
        )
        return Ran(payload=payload, function_error="Unhandled" if error else "", error_type=error, report=report)

    async def _consume(self, ports: Any, records: list[dict[str, Any]], of: int) -> Any:
        """Write each order once, and add it to the total with it."""
        failed: list[str] = []
        for record in records:
            order = json.loads(record["body"])
            if order["poison"]:
                if not self.reports:
                    raise Crashed
                failed.append(record["messageId"])
                continue
            try:
                await self._write(ports, order)
            except AwsError as error:
                if "ConditionalCheckFailed" in error.message:
                    continue  # it was done before
                if not self.reports:
                    raise Crashed from None
                failed.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    async def _write(self, ports: Any, order: dict[str, Any]) -> None:
        amount = {"N": str(order["amount"])}
        answer = ports.dynamodb.transact_write_items(
            {
                "TransactItems": [
                    {
                        "Put": {
                            "TableName": "ledger",
                            "Item": {"id": {"S": order["id"]}, "amount": amount},
                            "ConditionExpression": "attribute_not_exists(id)",
                        }
                    },
                    {
                        "Update": {
                            "TableName": "ledger",
                            "Key": {"id": {"S": "total"}},
                            "UpdateExpression": "ADD amount :amount",
                            "ExpressionAttributeValues": {":amount": amount},
                        }
                    },
                ]
            }
        )
        if isinstance(answer, Awaitable):
            await answer

    async def _audit(self, ports: Any, records: list[dict[str, Any]], of: int) -> None:
        for record in records:
            image = record["dynamodb"]["NewImage"]
            self.audited.append((image["id"]["S"], image["amount"]["N"]))

    # --- the walk

    async def run(self, steps: int) -> None:
        await self.begin()
        kinds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._send, 30),
            (self._advance, 30),
            (self._concurrency, 6),
            (self._break, 6),
            (self._mend, 6),
            (self._forbid, 5),
            (self._permit, 6),
            (self._turn, 5),
            (self._restart, 3),
        ]
        functions, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
        for _ in range(steps):
            step = self.draw.choices(functions, weights)[0]
            self.steps.append(f"{self.aws.now - START_MS}: {step.__name__}")
            await step()
        await self._heal()

    async def _send(self) -> None:
        for _ in range(self.draw.randrange(1, 12)):
            self.orders += 1
            order = {
                "id": f"order-{self.orders}",
                "amount": self.draw.randrange(1, 100),
                "poison": self.draw.random() < 0.05,
            }
            try:
                answer = self.aws.sqs.send_message({"QueueUrl": "orders", "MessageBody": json.dumps(order)})
            except AwsError:
                continue
            if isinstance(answer, Awaitable):
                self.held_up.append((asyncio.ensure_future(answer), order))
            else:
                self.sent[answer["MessageId"]] = order
        await asyncio.sleep(0)

    def _acknowledged(self) -> None:
        """Take in what was held up when it was sent."""
        for task, order in self.held_up:
            if task.done() and not task.cancelled() and task.exception() is None:
                self.sent[task.result()["MessageId"]] = order
            task.cancel()
        self.held_up.clear()

    async def _advance(self) -> None:
        await self.aws.advance(ms=self.draw.choice((1, 100, 1_000, 10_000, 31_000, 300_000)))

    async def _concurrency(self) -> None:
        reserved = self.draw.choice((None, 0, 1, 2))
        name = self.draw.choice(("consumer", "auditor"))
        if reserved is None:
            self.aws.lambda_.delete_function_concurrency({"FunctionName": name})
        else:
            self.aws.lambda_.put_function_concurrency({"FunctionName": name, "ReservedConcurrentExecutions": reserved})

    async def _break(self) -> None:
        service = self.draw.choice(("sqs", "dynamodb", "dynamodbstreams", "sts"))
        members: dict[str, Any] = self.draw.choice(
            (
                {"kind": "unavailable", "percent": 50},
                {"kind": "slow", "delay_ms": 1_500, "percent": 50},
                {"kind": "quota", "per_s": 2},
            )
        )
        Faults.of(self.aws.world).add(service=service, until_ms=self.aws.now + 120_000, **members)

    async def _mend(self) -> None:
        Faults.of(self.aws.world).clear()

    async def _forbid(self) -> None:
        kept = self.draw.choice((
            ("sqs:ReceiveMessage", "sqs:GetQueueAttributes", "dynamodb:*"),
            ("sqs:*",),
            ("sqs:DeleteMessage", "dynamodb:*"),
            (),
        ))  # fmt: skip
        self._allow((*kept, "logs:*"))

    async def _permit(self) -> None:
        self._allow(ALLOWED)

    async def _turn(self) -> None:
        """Turn the queue's mapping off or on; while something else goes on with it, or it may not be, nothing."""
        is_enabled = self.draw.random() < 0.6
        request = {"UUID": self.uuid, "Enabled": is_enabled}
        updating = asyncio.ensure_future(self.aws.lambda_.update_event_source_mapping(request))
        while not updating.done():  # a slow queue is asked about itself
            await asyncio.sleep(0)
            await self.aws.advance(seconds=1)
        error = updating.exception()
        assert error is None or (isinstance(error, AwsError) and error.code in REFUSED)

    async def _restart(self) -> None:
        """The process dies after a commit, with functions running, and begins again."""
        if self.directory is None:
            return
        await self.aws.advance(seconds=3)
        self._acknowledged()
        world = self.aws.world
        world.keep_clock()
        world.store.commit()
        assert world.store._log is not None
        world.store._log.close()
        for close in world.closing:
            close()
        self._live_in(World(directory=self.directory))

    # --- in the end

    async def _heal(self) -> None:
        """Everything works again, and time passes until nothing is left to do."""
        self.is_healthy = True
        await self._mend()
        await self._permit()
        for name in ("consumer", "auditor"):
            self.aws.lambda_.delete_function_concurrency({"FunctionName": name})
        await self.aws.advance(seconds=60)
        self._acknowledged()
        told = self.aws.lambda_.get_event_source_mapping({"UUID": self.uuid})
        if told["State"] != "Enabled":
            await self.aws.lambda_.update_event_source_mapping({"UUID": self.uuid, "Enabled": True})
        for _ in range(60):
            await self.aws.advance(seconds=31)
            if self._left("orders") == 0:
                break
        await self.aws.advance(seconds=120)

    def _left(self, name: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.aws.sqs.get_queue_attributes({"QueueUrl": name, "AttributeNames": names})["Attributes"]
        return sum(int(each) for each in told.values())

    def check(self) -> None:
        """No acknowledged message is lost, dead letters are counted exactly, the table holds each order once."""
        assert self._left("orders") == 0
        buried: dict[str, int] = {}
        while messages := self.aws.sqs.receive_message(
            {"QueueUrl": "dead", "MaxNumberOfMessages": 10, "AttributeNames": ["ApproximateReceiveCount"]}
        ).get("Messages"):
            for message in messages:
                buried[message["MessageId"]] = int(message["Attributes"]["ApproximateReceiveCount"])
        assert sorted(self.dead) == sorted(buried), "dead letters are counted once each"
        assert set(buried.values()) <= {RECEIVES_MAX + 1}, "a dead letter was received as often as the policy says"
        assert len(self.sent) == self.deleted + len(buried), "a message is deleted, or a dead letter"
        items = {item["id"]["S"]: int(item["amount"]["N"]) for item in self._scanned()}
        total = items.pop("total", 0)
        orders = {order["id"]: order for order in self.sent.values()}
        for message_id, order in self.sent.items():
            if order["poison"]:
                assert message_id in buried, f"{order} cannot have been done with"
            elif message_id not in buried:
                assert order["id"] in items, f"{order} is lost"
        assert items == {name: orders[name]["amount"] for name in items}
        assert not any(orders[name]["poison"] for name in items)
        assert total == sum(items.values()), "an order counts once, however often its message came"
        self._check_audit(items, total)

    def _check_audit(self, items: dict[str, int], total: int) -> None:
        assert {name for name, _ in self.audited} - {"total"} == set(items), "every change is read of the stream"
        first_seen = list(dict.fromkeys(int(amount) for name, amount in self.audited if name == "total"))
        assert first_seen == sorted(first_seen), "an item's changes come in order"
        assert not first_seen or first_seen[-1] == total

    def _scanned(self) -> list[dict[str, Any]]:
        return self.aws.dynamodb.scan({"TableName": "ledger", "ConsistentRead": True})["Items"]


async def walked(walk: Walk, steps: int) -> None:
    try:
        await walk.run(steps)
        walk.check()
    except BaseException:
        print(f"LAMBDA_WORLD_SEED={walk.seed}")
        print("\n".join(walk.steps[-60:]))
        raise


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_order_is_lost_and_none_counts_twice(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk(seed, monkeypatch)
    await walked(walk, STEPS)
    assert min(walk.fates.values()) > 0
    assert len(walk.fates) == 3, "a walk in which nothing dies proves little"


@pytest.mark.parametrize("seed", SEEDS[:2])
async def test_no_order_is_lost_when_the_server_is_killed(
    seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await walked(Walk(seed + 1000, monkeypatch, tmp_path), STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
async def test_no_order_is_lost_for_long(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    await walked(Walk(seed, monkeypatch), 200)
