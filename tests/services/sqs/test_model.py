"""Random sends, receives, deletes and clock moves against a model that is too simple to be wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.kernel.errors import AwsError
from harness import Aws, new_aws
from services.sqs.sqs_calls import counts, make_queue, receive, redrive, send

RETENTION_MS = 120_000
VISIBILITY_MS = 30_000
GROUPS = "abc"


@dataclass
class Held:
    """A message as the model sees it."""

    body: str
    group: str
    sent_ms: int
    visible_ms: int
    receives: int = 0
    handle: str = ""
    received_ms: int = 0


@dataclass
class Model:
    """A queue as a list that is searched from the start."""

    is_fifo: bool
    receive_max: int
    now: int
    queue: list[Held] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)

    def settle(self, now: int) -> None:
        self.now = now
        self.queue = [held for held in self.queue if held.sent_ms + RETENTION_MS > now]

    def is_in_flight(self, held: Held) -> bool:
        return held.receives > 0 and held.visible_ms > self.now

    def blocked(self) -> set[str]:
        return {held.group for held in self.queue if self.is_in_flight(held)} if self.is_fifo else set()

    def receivable(self) -> list[Held]:
        """What could be received: on a FIFO queue only what has nothing hidden before it in its group."""
        blocked = self.blocked()
        found: list[Held] = []
        for held in self.queue:
            if held.visible_ms > self.now:
                if self.is_fifo:
                    blocked.add(held.group)
            elif held.group not in blocked or not self.is_fifo:
                found.append(held)
        return found

    def bury(self, receivable: list[Held]) -> list[Held]:
        """Those of them that may be received once more; the others are dead letters when their turn comes."""
        return [held for held in receivable if not self.receive_max or held.receives < self.receive_max]

    def counts(self) -> tuple[int, int, int]:
        in_flight = sum(self.is_in_flight(held) for held in self.queue)
        delayed = sum(held.receives == 0 and held.visible_ms > self.now for held in self.queue)
        return len(self.queue) - in_flight - delayed, in_flight, delayed


class Run:
    """One random history."""

    def __init__(self, aws: Aws, is_fifo: bool, receive_max: int, directory: Path | None = None) -> None:
        self.aws = aws
        self.directory = directory
        self.suffix = ".fifo" if is_fifo else ""
        make_queue(aws, f"dead{self.suffix}", VisibilityTimeout=0)
        attributes: dict[str, object] = {"MessageRetentionPeriod": RETENTION_MS // 1000}
        if receive_max:
            attributes["RedrivePolicy"] = redrive(f"dead{self.suffix}", receive_max)
        self.url = make_queue(aws, f"live{self.suffix}", **attributes)
        self.model = Model(is_fifo, receive_max, aws.now)
        self.sent = 0

    async def step(self, action: tuple[Any, ...]) -> None:
        name, *arguments = action
        await getattr(self, name)(*arguments)
        self.check()

    def check(self) -> None:
        self.model.settle(self.aws.now)
        assert counts(self.aws, self.url) == self.model.counts()

    async def send(self, group: str, delay_s: int) -> None:
        body = f"{self.sent}"
        self.sent += 1
        now = self.aws.now
        if self.model.is_fifo:
            delay_s = 0
            send(self.aws, self.url, body, MessageGroupId=group, MessageDeduplicationId=body)
        else:
            send(self.aws, self.url, body, DelaySeconds=delay_s)
        self.model.queue.append(Held(body, group, now, now + delay_s * 1000))

    async def receive(self, count: int, visibility_s: int) -> None:
        model = self.model
        model.settle(self.aws.now)
        receivable = model.receivable()
        alive = model.bury(receivable)
        got = receive(self.aws, self.url, count, VisibilityTimeout=visibility_s)
        by_body = {held.body: held for held in model.queue}
        order = {held.body: place for place, held in enumerate(model.queue)}
        for message in got:
            assert message["Body"] in by_body, "was deleted, expired or never sent"
            assert by_body[message["Body"]] in alive, "is hidden, or its group is held back"
        assert len(got) == min(count, len(alive))
        if model.is_fifo:
            for group in GROUPS:
                taken = [message["Body"] for message in got if by_body[message["Body"]].group == group]
                assert taken == sorted(taken, key=order.__getitem__)
                assert taken == [held.body for held in alive if held.group == group][: len(taken)]
        self.bury_what_is_gone()
        for message in got:
            held = by_body[message["Body"]]
            held.receives += 1
            held.handle = message["ReceiptHandle"]
            held.received_ms = self.aws.now
            held.visible_ms = self.aws.now + visibility_s * 1000
            assert message["Attributes"]["ApproximateReceiveCount"] == str(held.receives)

    def bury_what_is_gone(self) -> None:
        """Take those off the model that the queue gave up: each must have been received too often."""
        if not self.model.receive_max:
            return
        dead = receive_all(self.aws, f"dead{self.suffix}")
        for body in dead:
            held = next((held for held in self.model.queue if held.body == body), None)
            if held is None:
                continue
            assert held.receives >= self.model.receive_max
            assert held.visible_ms <= self.model.now
            self.model.queue.remove(held)
            self.model.dead.append(body)

    async def delete(self, choice: int) -> None:
        received = [held for held in self.model.queue if held.handle]
        if not received:
            return
        held = received[choice % len(received)]
        request = {"QueueUrl": self.url, "ReceiptHandle": held.handle}
        if self.model.is_fifo and not self.model.is_in_flight(held):
            with pytest.raises(AwsError, match="The receipt handle has expired"):
                self.aws.sqs.delete_message(request)
        else:
            self.aws.sqs.delete_message(request)
            self.model.queue.remove(held)

    async def change(self, choice: int, visibility_s: int) -> None:
        received = [held for held in self.model.queue if held.handle]
        if not received:
            return
        held = received[choice % len(received)]
        request = {"QueueUrl": self.url, "ReceiptHandle": held.handle, "VisibilityTimeout": visibility_s}
        if self.model.is_in_flight(held):
            self.aws.sqs.change_message_visibility(request)
            held.visible_ms = self.aws.now + visibility_s * 1000
        else:
            with pytest.raises(AwsError, match="MessageNotInflight"):
                self.aws.sqs.change_message_visibility(request)

    async def advance(self, ms: int) -> None:
        await self.aws.advance(ms=ms)

    async def restart(self) -> None:
        if self.directory is not None:
            self.aws.world.close()
            self.aws = new_aws(directory=self.directory)


def receive_all(aws: Aws, name: str) -> list[str]:
    """The bodies on a queue, whose messages stay there."""
    from foulweather.services.sqs.state import SqsState

    state = aws.world.state(SqsState, aws.account, aws.region)
    return [message.body for message in state.messages.values() if message.queue == name]


ACTIONS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(GROUPS), st.sampled_from([0, 0, 1, 40])),
    st.tuples(st.just("receive"), st.integers(1, 10), st.sampled_from([0, 1, 30, 30, 45])),
    st.tuples(st.just("delete"), st.integers(0, 20)),
    st.tuples(st.just("change"), st.integers(0, 20), st.sampled_from([0, 5, 30])),
    st.tuples(st.just("advance"), st.sampled_from([1, 999, 1000, 29_999, 30_000, 119_999])),
)
HISTORIES = st.lists(ACTIONS, max_size=60)


def play(run: Run, history: list[tuple[Any, ...]]) -> None:
    async def go() -> None:
        for action in history:
            await run.step(action)

    asyncio.run(go())


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.sampled_from([0, 1, 3]))
def test_a_standard_queue_behaves_as_its_model(history: list[tuple[Any, ...]], receive_max: int) -> None:
    play(Run(new_aws(), False, receive_max), history)


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.sampled_from([0, 1, 3]))
def test_a_fifo_queue_behaves_as_its_model(history: list[tuple[Any, ...]], receive_max: int) -> None:
    play(Run(new_aws(), True, receive_max), history)


@pytest.mark.parametrize("is_fifo", [False, True])
@settings(max_examples=15, deadline=None)
@given(st.lists(st.one_of(ACTIONS, st.just(("restart",))), max_size=40))
def test_a_queue_goes_on_after_restarts_as_if_there_were_none(
    tmp_path_factory: pytest.TempPathFactory, is_fifo: bool, history: list[tuple[Any, ...]]
) -> None:
    directory = tmp_path_factory.mktemp("world")
    play(Run(new_aws(directory=directory), is_fifo, 3, directory), history)
