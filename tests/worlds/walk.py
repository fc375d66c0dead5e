"""A random walk through a world: what is called, by whom, what is broken and when is drawn from one seed.

The walk's own choices come from its own randomness, so that a world may be restarted under it.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foulweather.gates import GATES
from foulweather.gates.faults import Faults
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Services
from foulweather.kernel.trace import Traces
from foulweather.policy.principal import Principal
from foulweather.world import snapshot
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws
from worlds.ledger import Ledger

SERVICES = Services()
QUEUES = ("orders", "letters", "steps.fifo", "tasks.fifo")
TOPICS = ("news", "alarms")
USERS = ("alice", "bob")
LAST_USED = ("//identities", "//keys")
COUNTS = ("services.cloudtrail.", "services.cloudwatch.", "meter.")
ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:*", "sns:Publish", "sns:*", "iam:*", "sts:AssumeRole")


class Walk:
    """One world under random use, and what must hold of it."""

    def __init__(self, seed: int, directory: Path | None = None) -> None:
        self.seed = seed
        self.chance = random.Random(f"walk {seed}")
        self.steps: list[str] = []
        self.directory = directory
        self.events: list[tuple[Any, ...]] = []
        self.waiting: list[asyncio.Future[Any]] = []
        self.sessions: list[str] = []
        self.factless: set[str] = set()
        self.ledger = Ledger(QUEUES)
        self._live_in(World(seed=seed, mode="held", start_ms=START_MS, directory=directory))
        self._built()

    def _live_in(self, world: World) -> None:
        self.pipeline = Pipeline(world, SERVICES, GATES)
        self.world = world
        self.root = Aws(self.pipeline)
        world.journal.follow(
            lambda event: self.events.append(
                (event.at_ms, event.kind, event.resource, event.principal, event.request_id, json.dumps(event.facts))
            )
        )

    def _built(self) -> None:
        """A few queues and topics, and people who may do little as yet."""
        aws = self.root
        for name in QUEUES:
            attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {"VisibilityTimeout": "20"}
            aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})
        for name in TOPICS:
            aws.sns.create_topic({"Name": name})
        for name in USERS:
            aws.iam.create_user({"UserName": name})
        trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        aws.iam.create_role({"RoleName": "Worker", "AssumeRolePolicyDocument": document})

    # --- the walk

    async def run(
        self, steps: int, at_step: dict[int, Callable[[], None]] | None = None, *, receives: bool = True
    ) -> None:
        """That many steps, then time for everything in flight to end."""
        kinds = [
            (self._send, 30),
            (self._receive, 20 if receives else 0),
            (self._delete, 12),
            (self._publish, 8),
            (self._advance, 10),
            (self._policy, 6),
            (self._identity, 5),
            (self._assume, 4),
            (self._break, 3),
            (self._mend, 4),
            (self._nonsense, 4),
        ]
        functions, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
        for number in range(steps):
            if at_step and number in at_step:
                await self.settle()
                at_step[number]()
            await self.chance.choices(functions, weights)[0]()
        await self.settle()

    async def settle(self) -> None:
        """Everything in flight ends."""
        while any(not one.done() for one in self.waiting):
            await self._move(30_000)
        await self._let_go()
        assert self.world.in_flight == 0, "something is in flight for ever"

    def fork(self, file: Path | None = None) -> Walk:
        """The same walk in a fork of its world (or in what a file keeps of it), with everything that it knows."""
        other = object.__new__(Walk)
        other.__dict__.update(self.__dict__)
        other.chance = random.Random()
        other.chance.setstate(self.chance.getstate())
        other.steps, other.events, other.waiting = [], [], []
        other.ledger = self.ledger.copy()
        if file is None:
            other._live_in(self.world.fork("other"))
        else:
            self.world.save(file)
            other._live_in(World.restored(snapshot.read(file), directory=file.with_suffix(".data")))
        return other

    def restart(self) -> None:
        """Put the world away and open it again: everything is as it was."""
        assert self.directory is not None
        before, asked = self.world.store.dump(), self._answers()
        self.world.close()
        self._live_in(World(directory=self.directory))
        after = self.world.store.dump()
        other = {path for path in {*before, *after} if before.get(path) != after.get(path)}
        assert not other, f"a restart changed {sorted(other)}"
        assert self._answers() == asked

    def kill(self) -> None:
        """Open the world again as the death of its process leaves it, after a commit."""
        assert self.directory is not None
        before, asked = self.world.store.dump(), self._answers()
        self.world.keep_clock()
        self.world.store.commit()
        assert self.world.store._log is not None
        self.world.store._log.close()
        self._live_in(World(directory=self.directory))
        after = self.world.store.dump()
        other = {path for path in {*before, *after} if before.get(path) != after.get(path)}
        assert not other, f"a restart changed {sorted(other)}"
        assert self._answers() == asked

    def _answers(self) -> list[Any]:
        """What can be asked of the state without changing it; the operations' functions, not calls of them."""
        probe = World(seed=0, mode="held", start_ms=0).random.getstate()
        draws = self.world.random.getstate()
        self.world.random.setstate(probe)
        aws, found = self.root, list[Any]()
        for name in QUEUES:
            asked = {"QueueUrl": url(name), "AttributeNames": ["All"]}
            operation = self.pipeline.services.operation("sqs", "GetQueueAttributes")
            found.append(operation.run(self._probing("sqs", "GetQueueAttributes"), asked))
        users = self.pipeline.services.operation("iam", "ListUsers")
        found.append(users.run(self._probing("iam", "ListUsers"), {}))
        found.append([(due.when_ms, due.action, due.args) for due in self.world.agenda.dues()])
        found.append([fault.id for fault in Faults.of(self.world).all()])
        last = self.world.state(Traces).last_wrong()
        found.append(last and [hop.request_id for hop in last.hops])
        found.append(aws.now)
        self.world.random.setstate(draws)
        return found

    def _probing(self, service: str, operation: str) -> Call:
        return Call(self.pipeline, service, operation, ACCOUNT, "us-east-1", self.root.principal)

    # --- calls

    def _say(self, what: str) -> None:
        self.steps.append(f"{len(self.steps)}: {what} at {self.world.clock.now_ms}")

    def _caller(self) -> Aws:
        """Mostly the root user, else a user or a session."""
        drawn = self.chance.random()
        if drawn < 0.6:
            return self.root
        if drawn < 0.75 and self.sessions:
            credential = self.world.state(Credentials).by_id.get(self.chance.choice(self.sessions))
            if credential is not None:
                return self.root.as_principal(credential.principal, credential.session)
        name = self.chance.choice(USERS)
        return self.root.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/{name}", ACCOUNT, f"AIDA{name}"))

    async def _call(
        self, who: Aws, service: str, operation: str, request: dict[str, Any], done: Callable[[Any], None] | None = None
    ) -> None:
        """One call; whatever it waits for, the walk goes on."""
        self._say(f"{who.principal.arn} {service}.{operation} {json.dumps(request)[:300]}")
        before = self._rows()
        try:
            answer = getattr(getattr(who, service), operation)(request)
        except AwsError as error:
            self._check_refusal(error, before)
            return
        if not hasattr(answer, "__await__"):
            if done is not None:
                done(answer)
            return

        async def later() -> None:
            try:
                ended = await answer
            except AwsError as error:
                self._check_refusal(error, None)
            else:
                if done is not None:
                    done(ended)

        self.waiting.append(asyncio.ensure_future(later()))
        await self._let_go()

    async def _let_go(self) -> None:
        """Let what can go on go on, and fail for what failed."""
        for _ in range(5):
            await asyncio.sleep(0)
        for one in [one for one in self.waiting if one.done()]:
            self.waiting.remove(one)
            one.result()

    def _rows(self) -> dict[str, dict[str, bytes]]:
        # Traces, last-used times, the trail, metrics and the bill are about the attempt itself: a denied one counts.
        whole = self.world.store.dump().items()
        return {
            path: rows
            for path, rows in whole
            if "trace" not in path and not path.endswith(LAST_USED) and not path.startswith(COUNTS)
        }

    def _check_refusal(self, error: AwsError, before: dict[str, dict[str, bytes]] | None) -> None:
        """It has a reason, it is on record, and it has changed nothing."""
        self.steps[-1] += f" -> {error.code}"
        assert error.code != "NotImplemented", error
        cause = error.why.first_cause()
        assert cause.cause, error
        if error.why.decision != "refused":  # a denial, a fault, a throttle: what decided it is a fact
            assert cause.facts, f"no fact behind {error}: {error.why}"
        if not (error.why.facts or cause.facts):
            self.factless.add(error.code)
        last = self.world.state(Traces).last_wrong()
        assert last is not None
        if before is None:
            return
        assert last.hops[-1].why is not None
        if self.world.in_flight == 0 and error.status == 403:
            after = self._rows()
            changed = [path for path in {*before, *after} if before.get(path) != after.get(path)]
            assert not changed, f"a denied call changed {changed}"

    # --- kinds of steps

    async def _send(self) -> None:
        name = self.chance.choice(QUEUES)
        number = self.chance.randrange(10**9)
        request: dict[str, Any] = {"QueueUrl": url(name), "MessageBody": f"body {number}"}
        group = self.chance.choice("abc")
        if name.endswith(".fifo"):
            request |= {"MessageGroupId": group, "MessageDeduplicationId": str(number)}
        elif self.chance.random() < 0.3:
            request["DelaySeconds"] = self.chance.randrange(0, 60)

        def sent(answer: dict[str, Any]) -> None:
            self.ledger.sent(name, answer, group, self.world.clock.now_ms)

        await self._call(self._caller(), "sqs", "send_message", request, sent)

    async def _receive(self) -> None:
        name = self.chance.choice(QUEUES)
        request = {
            "QueueUrl": url(name),
            "MaxNumberOfMessages": self.chance.randrange(1, 11),
            "WaitTimeSeconds": self.chance.choice([0, 0, 0, 5]),
            "MessageSystemAttributeNames": ["All"],
        }
        await self._call(self._caller(), "sqs", "receive_message", request, lambda answer: self._got(name, answer))

    def _got(self, name: str, answer: dict[str, Any]) -> None:
        self.ledger.received(name, answer.get("Messages") or [], self.world.clock.now_ms)

    async def _delete(self) -> None:
        name = self.chance.choice(QUEUES)
        handles = self.ledger.handles[name]
        if not handles:
            return
        message, handle = handles.pop(self.chance.randrange(len(handles)))
        request = {"QueueUrl": url(name), "ReceiptHandle": handle}

        def deleted(_: Any) -> None:
            self.ledger.deleted(name, message)

        await self._call(self._caller(), "sqs", "delete_message", request, deleted)

    async def _publish(self) -> None:
        topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:{self.chance.choice(TOPICS)}"
        if self.chance.random() < 0.3:
            request = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn("letters")}
            await self._call(self._caller(), "sns", "subscribe", request)
        else:
            await self._call(self._caller(), "sns", "publish", {"TopicArn": topic, "Message": "news"})

    async def _advance(self) -> None:
        await self._move(self.chance.choice([1, 999, 5_000, 30_000, 30_000, 600_000, 3_600_000]))

    async def _move(self, by_ms: int) -> None:
        self._say(f"advance {by_ms}")
        moving = asyncio.ensure_future(self.world.advance_to(self.world.clock.now_ms + by_ms))
        done, _ = await asyncio.wait({moving}, timeout=20)
        assert done, f"the clock stands at {self.world.clock.now_ms} with {self.world.in_flight} in flight"
        moving.result()
        await self._let_go()

    async def _policy(self) -> None:
        effect = self.chance.choice(["Allow", "Allow", "Deny"])
        action = self.chance.choice(ACTIONS)
        statement: dict[str, Any] = {"Effect": effect, "Action": action, "Resource": "*"}
        if self.chance.random() < 0.5:
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            name = self.chance.choice(USERS)
            request = {"UserName": name, "PolicyName": self.chance.choice("pq"), "PolicyDocument": document}
            await self._call(self._caller(), "iam", "put_user_policy", request)
            return
        queue = self.chance.choice(QUEUES)
        # Of those whose messages are owed nothing is denied to all: they must be there to be counted.
        statement |= {"Action": "sqs:SendMessage", "Resource": arn(queue), "Effect": "Allow"}
        statement["Principal"] = self.chance.choice(["*", {"Service": "sns.amazonaws.com"}, {"AWS": ACCOUNT}])
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        request = {"QueueUrl": url(queue), "Attributes": {"Policy": document}}
        await self._call(self._caller(), "sqs", "set_queue_attributes", request)

    async def _identity(self) -> None:
        who, name = self._caller(), self.chance.choice(USERS)
        operation, request = self.chance.choice(
            [
                ("list_users", {}),
                ("get_user", {"UserName": name}),
                ("create_user", {"UserName": name}),
                ("delete_user_policy", {"UserName": name, "PolicyName": self.chance.choice("pq")}),
                ("tag_user", {"UserName": name, "Tags": [{"Key": "team", "Value": self.chance.choice("xy")}]}),
                ("create_access_key", {"UserName": name}),
            ]
        )
        await self._call(who, "iam", operation, request)

    async def _assume(self) -> None:
        request = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Worker", "RoleSessionName": "work"}

        def assumed(answer: dict[str, Any]) -> None:
            self.sessions.append(answer["Credentials"]["AccessKeyId"])

        await self._call(self._caller(), "sts", "assume_role", request, assumed)

    async def _break(self) -> None:
        service = self.chance.choice(["sqs", "sns", "iam"])
        members = self.chance.choice(
            [
                {"kind": "unavailable", "percent": 50},
                {"kind": "slow", "delay_ms": 1_500, "percent": 50},
                {"kind": "quota", "per_s": 2},
            ]
        )
        until_ms = self.world.clock.now_ms + 120_000
        self._say(f"break {service} {members}")
        Faults.of(self.world).add(service=service, until_ms=until_ms, **members)

    async def _mend(self) -> None:
        self._say("mend")
        Faults.of(self.world).clear()

    async def _nonsense(self) -> None:
        service, operation, request = self.chance.choice(
            [
                ("sqs", "send_message", {"QueueUrl": url("orders")}),
                ("sqs", "send_message", {"QueueUrl": url("nowhere"), "MessageBody": "x"}),
                ("sqs", "delete_message", {"QueueUrl": url("orders"), "ReceiptHandle": "made up"}),
                ("sqs", "receive_message", {"QueueUrl": url("orders"), "MaxNumberOfMessages": 11}),
                ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:1:x", "Message": "x"}),
                ("iam", "put_user_policy", {"UserName": "alice", "PolicyName": "p", "PolicyDocument": "{"}),
                ("iam", "get_user", {"UserName": "nobody"}),
                ("sts", "assume_role", {"RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "x"}),
            ]
        )
        await self._call(self._caller(), service, operation, request)

    # --- in the end

    async def check_nothing_lost(self) -> None:
        """Every message that is owed is received; a FIFO queue's in order of each group."""
        Faults.of(self.world).clear()
        await self._move(43_200_000)  # what was received is visible again, and nothing is delayed
        now_ms = self.world.clock.now_ms
        for name in QUEUES:
            found: set[str] = set()
            numbers: dict[str, int] = {}
            while messages := await self._drained(name):
                for message in messages:
                    found.add(message["MessageId"])
                    if name.endswith(".fifo"):
                        group, number = message["Attributes"]["MessageGroupId"], message["Attributes"]["SequenceNumber"]
                        assert int(number) > numbers.get(group, 0), f"{name}: order in group {group}"
                        numbers[group] = int(number)
                    request = {"QueueUrl": url(name), "ReceiptHandle": message["ReceiptHandle"]}
                    self.root.sqs.delete_message(request)
            owed = self.ledger.due(name, now_ms)
            assert owed <= found, f"{name} lost {owed - found}"

    async def _drained(self, name: str) -> list[dict[str, Any]]:
        request = {
            "QueueUrl": url(name),
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": 3600,
            "MessageSystemAttributeNames": ["All"],
        }
        answer = self.root.sqs.receive_message(request)
        if hasattr(answer, "__await__"):
            answer = await answer
        return answer.get("Messages") or []


def url(name: str) -> str:
    return f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}"


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
