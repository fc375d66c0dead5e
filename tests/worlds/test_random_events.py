"""Events onto a bus, from there to queues and to another account's bus, archived and replayed, while queues are
refused, unavailable and slow, rules turned off and on, calls throttled, the server killed, and the clock jumps: each
event that was taken reaches every target of the rules that match it at least once, or its dead-letter queue.

`EVENTS_WORLD_SEED` replays one world.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from foulweather.gates.faults import Faults
from foulweather.gates.throttle import Buckets
from foulweather.kernel.errors import AwsError
from foulweather.services.events.deliveries import GUARD_MS
from foulweather.world.world import World
from harness import ACCOUNT, REGION, START_MS, Aws, new_aws

SEEDS = [int(os.environ["EVENTS_WORLD_SEED"])] if "EVENTS_WORLD_SEED" in os.environ else [1, 2, 3, 4, 5, 6]
STEPS = 90
OTHER = "444455556666"
KINDS, SIZES = ("placed", "paid", "shipped"), range(5)
ARCHIVE = f"arn:aws:events:{REGION}:{ACCOUNT}:archive/all"
# What an event has to reach: a rule's target, by account and rule; the event; and the replay that it came by, if any.
Way = tuple[str, str, str, str]


class Rule(NamedTuple):
    """A rule that sends what it matches to a queue of its own."""

    account: str
    name: str
    kinds: tuple[str, ...]
    size: int
    has_dead_letters: bool

    @property
    def arn(self) -> str:
        return f"arn:aws:events:{REGION}:{self.account}:rule/{self.name}"

    @property
    def pattern(self) -> str:
        return json.dumps({"detail-type": list(self.kinds), "detail": {"size": [{"numeric": [">=", self.size]}]}})

    def matches(self, kind: str, size: int) -> bool:
        return kind in self.kinds and size >= self.size


class Put(NamedTuple):
    """An event that was taken."""

    id: str
    kind: str
    size: int
    at_ms: int


def queue_arn(account: str, name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{account}:{name}"


def queue_url(account: str, name: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{account}/{name}"


class Buses:
    """One world with two accounts' buses, what was put on the first, and what has to come of it."""

    def __init__(self, seed: int, directory: Path) -> None:
        self.draw = random.Random(f"events {seed}")
        self.directory = directory
        self.steps: list[str] = []
        self.put: dict[str, Put] = {}
        self.due: set[Way] = set()
        self.replays = 0
        self.counts: Counter[str] = Counter()
        draw = self.draw
        self.rules = [
            Rule(
                account,
                f"r{number}",
                tuple(draw.sample(KINDS, draw.randrange(1, len(KINDS) + 1))),
                draw.choice(SIZES),
                draw.random() < 0.6,
            )
            for account, count in ((ACCOUNT, 4), (OTHER, 2))
            for number in range(count)
        ]
        self.off: set[str] = set()
        self._live_in(World(seed=seed, mode="held", start_ms=START_MS, directory=directory))

    def _live_in(self, world: World) -> None:
        self.aws = new_aws(world=world)
        self.of = {ACCOUNT: self.aws, OTHER: self.aws.in_account(OTHER)}

    def events(self, account: str = ACCOUNT) -> Any:
        return self.of[account].events_

    def begin(self) -> None:
        for rule in self.rules:
            self._rule(rule)
        self.events(OTHER).put_permission({"Action": "events:PutEvents", "Principal": ACCOUNT, "StatementId": "all"})
        self.events().put_rule({"Name": "forward", "EventPattern": '{"source": ["shop"]}'})
        bus = f"arn:aws:events:{REGION}:{OTHER}:event-bus/default"
        self.events().put_targets({"Rule": "forward", "Targets": [{"Id": "bus", "Arn": bus}]})
        own = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        self.events().create_archive({"ArchiveName": "all", "EventSourceArn": own})

    def _rule(self, rule: Rule) -> None:
        sqs, events = self.of[rule.account].sqs, self.events(rule.account)
        events.put_rule({"Name": rule.name, "EventPattern": rule.pattern})
        target: dict[str, Any] = {"Id": "queue", "Arn": queue_arn(rule.account, f"in-{rule.name}")}
        for name in (f"in-{rule.name}", f"dead-{rule.name}"):
            sqs.create_queue({"QueueName": name})
            self._allow(rule, name)
        if rule.has_dead_letters:
            target["DeadLetterConfig"] = {"Arn": queue_arn(rule.account, f"dead-{rule.name}")}
            if self.draw.random() < 0.5:
                target["RetryPolicy"] = {"MaximumRetryAttempts": self.draw.randrange(3)}
        assert events.put_targets({"Rule": rule.name, "Targets": [target]})["FailedEntryCount"] == 0

    def _allow(self, rule: Rule, queue: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn(rule.account, queue),
            "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._set_policy(rule, queue, document)

    def _set_policy(self, rule: Rule, queue: str, document: str) -> None:
        request = {"QueueUrl": queue_url(rule.account, queue), "Attributes": {"Policy": document}}
        self.of[rule.account].sqs.set_queue_attributes(request)

    # --- the walk

    async def run(self, steps: int) -> None:
        self.begin()
        kinds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._publish, 30),
            (self._advance, 25),
            (self._break, 10),
            (self._mend, 4),
            (self._forbid, 6),
            (self._permit, 6),
            (self._turn, 6),
            (self._replay, 4),
            (self._restart, 5),
            (self._die, 4),
        ]
        functions, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
        for _ in range(steps):
            Buckets.of(self.aws.world).fills.clear()
            step = self.draw.choices(functions, weights)[0]
            self.steps.append(f"{self.aws.now - START_MS}: {step.__name__}")
            self.counts[step.__name__] += 1
            await step()
        await self._heal()

    def _expect(self, event: Put, replay: str = "") -> None:
        for rule in self.rules:
            if rule.matches(event.kind, event.size) and (rule.account, rule.name) not in self._turned_off():
                self.due.add((rule.account, rule.name, event.id, replay))

    def _turned_off(self) -> set[tuple[str, str]]:
        return {(ACCOUNT, name) for name in self.off}

    def _put_some(self) -> list[Put]:
        """The events that were taken of one call's; none where it was refused."""
        drawn = [(self.draw.choice(KINDS), self.draw.choice(SIZES)) for _ in range(self.draw.randrange(1, 6))]
        entries = [{"Source": "shop", "DetailType": kind, "Detail": json.dumps({"size": size})} for kind, size in drawn]
        try:
            answer = self.events().put_events({"Entries": entries})
        except AwsError as error:
            if error.code != "ThrottlingException":
                raise
            return []
        assert answer["FailedEntryCount"] == 0
        told = zip(answer["Entries"], drawn, strict=True)
        return [Put(entry["EventId"], kind, size, self.aws.now) for entry, (kind, size) in told]

    async def _publish(self) -> None:
        for event in self._put_some():
            self.put[event.id] = event
            self._expect(event)

    async def _advance(self) -> None:
        await self.aws.advance(ms=self.draw.choice((1, 100, 1_000, 10_000, 60_000, 600_000, 7_200_000)))

    async def _break(self) -> None:
        """What rules send to goes wrong; dead-letter queues do not, or events would rightly be lost."""
        rule = self.draw.choice(self.rules)
        members: dict[str, Any] = self.draw.choice(
            (
                {"kind": "unavailable"},
                {"kind": "unavailable", "percent": 50},
                {"kind": "errors", "code": "InternalFailure", "percent": 50},
                {"kind": "slow", "delay_ms": 2_000},
            )
        )
        where = {"service": "sqs", "operation": "SendMessage", "resource": queue_arn(rule.account, f"in-{rule.name}")}
        if self.draw.random() < 0.15:
            members, where = {"kind": "quota", "per_s": 1}, {"service": "events", "operation": "PutEvents"}
        Faults.of(self.aws.world).add(until_ms=self.aws.now + 600_000, **members, **where)

    async def _mend(self) -> None:
        Faults.of(self.aws.world).clear()

    async def _forbid(self) -> None:
        """A queue's policy lets its rule in no more: what has a dead-letter queue loses nothing by it."""
        rule = self.draw.choice([each for each in self.rules if each.has_dead_letters])
        self._set_policy(rule, f"in-{rule.name}", "")

    async def _permit(self) -> None:
        for rule in self.rules:
            self._allow(rule, f"in-{rule.name}")

    async def _turn(self) -> None:
        """Turn a rule of the first account off, or on again: it says what is matched from then on."""
        rule = self.draw.choice([each for each in self.rules if each.account == ACCOUNT])
        if rule.name in self.off:
            self.off.discard(rule.name)
            self.events().enable_rule({"Name": rule.name})
        else:
            self.off.add(rule.name)
            self.events().disable_rule({"Name": rule.name})

    async def _replay(self) -> None:
        """Replay all that was archived so far; rules stay as they are until that is through."""
        if not self.put or self.replays == 3:
            return
        self.replays += 1
        name, until_ms = f"again{self.replays}", self.aws.now + 1_000
        own = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        request = {"ReplayName": name, "EventSourceArn": ARCHIVE, "Destination": {"Arn": own}}
        self.events().start_replay({**request, "EventStartTime": START_MS, "EventEndTime": until_ms})
        for event in self.put.values():
            if START_MS <= event.at_ms < until_ms:
                self._expect(event, name)
        for _ in range(100):
            await self.aws.advance(seconds=1)
            if self.draw.random() < 0.05:
                await self._restart()
            if self.events().describe_replay({"ReplayName": name})["State"] == "COMPLETED":
                return
        raise AssertionError(f"{name} is never completed")

    async def _restart(self) -> None:
        """The process dies after a commit, and begins again."""
        self.aws.world.keep_clock()
        self.aws.world.store.commit()
        self._die_now()

    async def _die(self) -> None:
        """The process dies before what was put has been committed: nobody was told that it was taken."""
        self.aws.world.keep_clock()
        self.aws.world.store.commit()
        self._put_some()
        self._die_now()

    def _die_now(self) -> None:
        world = self.aws.world
        assert world.store._log is not None
        world.store._log.close()
        for close in world.closing:
            close()
        self._live_in(World(directory=self.directory))

    # --- in the end

    async def _heal(self) -> None:
        """Everything works again; within seconds even that is attempted anew which was under way at a process's end."""
        await self._mend()
        await self._permit()
        await self.aws.advance(seconds=GUARD_MS // 1000 + 600)

    def _received(self, aws: Aws, account: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        request = {"QueueUrl": queue_url(account, name), "MaxNumberOfMessages": 10, "VisibilityTimeout": 40_000}
        while messages := aws.sqs.receive_message(request).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    def check(self) -> None:
        """What was due has come, to the target or to its dead-letter queue; what was not, has not."""
        came: set[Way] = set()
        for rule in self.rules:
            for queue in (f"in-{rule.name}", f"dead-{rule.name}"):
                for event in self._received(self.of[rule.account], rule.account, queue):
                    self.counts[queue.partition("-")[0]] += 1
                    assert rule.matches(event["detail-type"], event["detail"]["size"]), (rule, event)
                    assert event["id"] in self.put, f"nobody was told that {event['id']} was taken"
                    came.add((rule.account, rule.name, event["id"], event.get("replay-name", "")))
        assert self.due - came == set()
        assert came - self.due == set()
        assert self.aws.events("events.DeadLetterFailed") == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_event_reaches_each_matching_target_or_its_dead_letter_queue(seed: int, tmp_path: Path) -> None:
    buses = Buses(seed, tmp_path)
    try:
        await buses.run(STEPS)
        buses.check()
    except Exception as error:
        error.add_note(f"EVENTS_WORLD_SEED={seed} {json.dumps({'steps': buses.steps, 'counts': buses.counts})}")
        raise
    finally:
        buses.aws.world.close()
    assert buses.counts["in"] > 50
    assert sum(1 for way in buses.due if way[0] == OTHER) > 5
