"""The messages of one queue, ordered so that no operation looks at more of them than it touches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from foulweather.kernel.parking import Parking
from foulweather.policy.evaluate import Held
from foulweather.services.sqs.records import Message, Queue
from foulweather.services.sqs.throughput import Bucket
from foulweather.world.world import World

COMPACT_ABOVE = 64


class Backlog(ABC):
    """What is derived from a queue's rows, and who waits for its messages.

    A message is *hidden* while it is delayed or in flight. `_due` orders the hidden ones by the time
    at which they appear; an entry whose message was received, changed or deleted since is stale
    and is skipped. Nothing here has a timer: whoever looks calls `settle` first.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.arn = queue.arn
        self.policy: Held | None = None
        self.parked = Parking()
        self.buckets: dict[str, Bucket] = {}
        self.sealing_keys: dict[tuple[str, str], tuple[bytes, int]] = {}
        self.opened_keys: dict[tuple[str, bytes], int] = {}
        self.sealed = 0
        self.in_flight = 0
        self.delayed = 0
        self._hidden: dict[int, Message] = {}
        self._due: list[tuple[int, int]] = []
        self._alarm = 0
        self._alarm_ms = 0

    # --- what there is

    @abstractmethod
    def __len__(self) -> int:
        """How many messages there are, visible or not."""

    @abstractmethod
    def receivable(self) -> int:
        """How many receive calls would find something now (at least; the queue is settled)."""

    @abstractmethod
    def oldest(self) -> Message | None:
        """The message that expires first."""

    @property
    def visible(self) -> int:
        """How many messages are neither delayed nor in flight."""
        return len(self) - self.in_flight - self.delayed

    def is_in_flight(self, message: Message) -> bool:
        """Whether a message was received and is not visible again (the queue is settled)."""
        return message.sequence in self._hidden and message.received_here > 0

    # --- what changes

    @abstractmethod
    def add(self, message: Message, now_ms: int) -> None:
        """Take in a message; it stays hidden if it becomes visible later than now."""

    @abstractmethod
    def takeable(self) -> Iterator[Message]:
        """What `take` would take, in order (the queue is settled)."""

    @abstractmethod
    def take(self, count: int) -> list[Message]:
        """The next visible messages, which the caller must hide or remove."""

    @abstractmethod
    def remove(self, message: Message) -> None:
        """Forget a message."""

    @abstractmethod
    def clear(self) -> list[Message]:
        """Forget all messages and return them."""

    @abstractmethod
    def _appear(self, message: Message) -> None:
        """Let a message be received that was hidden."""

    def hide(self, message: Message, until_ms: int) -> None:
        """Put a message that was just received in flight."""
        message.visible_ms = until_ms
        self._hide(message)

    def reappear(self, message: Message, at_ms: int, now_ms: int) -> None:
        """Change when a hidden message becomes visible."""
        message.visible_ms = at_ms
        if at_ms > now_ms:
            self._schedule(message)
        elif self._unhide(message):
            self._appear(message)

    def redelay(self, now_ms: int) -> list[Message]:
        """Give the delayed messages the queue's present delay, and return them."""
        changed = [message for message in self._hidden.values() if not message.received_here]
        for message in changed:
            self.reappear(message, message.sent_ms + self.queue.delay_s * 1000, now_ms)
        return changed

    def settle(self, now_ms: int) -> None:
        """Let every message appear whose time has come."""
        due = self._due
        while due and due[0][0] <= now_ms:
            visible_ms, sequence = heappop(due)
            message = self._hidden.get(sequence)
            if message is not None and message.visible_ms == visible_ms:
                self._unhide(message)
                self._appear(message)

    def expired(self, now_ms: int) -> list[Message]:
        """Forget the messages that were kept for the whole retention period, and return them."""
        sent_before_ms = now_ms - self.queue.retention_s * 1000
        gone: list[Message] = []
        while (message := self.oldest()) is not None and message.sent_ms <= sent_before_ms:
            self.remove(message)
            gone.append(message)
        return gone

    def _hide(self, message: Message) -> None:
        self._hidden[message.sequence] = message
        self._schedule(message)
        if message.received_here:
            self.in_flight += 1
        else:
            self.delayed += 1

    def _schedule(self, message: Message) -> None:
        due = self._due
        heappush(due, (message.visible_ms, message.sequence))
        if len(due) > COMPACT_ABOVE + 2 * len(self._hidden):
            due[:] = [(hidden.visible_ms, sequence) for sequence, hidden in self._hidden.items()]
            heapify(due)

    def _unhide(self, message: Message) -> bool:
        if self._hidden.pop(message.sequence, None) is None:
            return False
        if message.received_here:
            self.in_flight -= 1
        else:
            self.delayed -= 1
        return True

    # --- who waits

    def rouse(self, world: World) -> None:
        """Wake as many of those who wait as will find something, and set the alarm for the others."""
        if not self.parked:
            return
        self.settle(world.clock.now_ms)
        receivable = self.receivable()
        if receivable:
            self.parked.wake(receivable)
        if self.parked:
            self.set_alarm(world)

    def set_alarm(self, world: World) -> None:
        """Have those who wait woken when the next hidden message appears."""
        if not self._due or (self._alarm and self._alarm_ms <= self._due[0][0]):
            return
        if self._alarm:
            world.agenda.cancel(self._alarm)
        self._alarm_ms = self._due[0][0]
        self._alarm = world.agenda.alarm(self._alarm_ms, lambda: self._rung(world))

    def _rung(self, world: World) -> None:
        self._alarm = 0
        self.rouse(world)


class StandardBacklog(Backlog):
    """A standard queue: any visible message may be received; the longest visible one goes first.

    `_live` has every message in order of arrival. Those that arrive with an older time than one
    that is there already (dead letters keep theirs) are noted in `_late`, in order of time.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._live: OrderedDict[int, Message] = OrderedDict()
        self._ready: OrderedDict[int, Message] = OrderedDict()
        self._late: list[tuple[int, int]] = []
        self._newest_ms = 0

    def __len__(self) -> int:
        return len(self._live)

    def receivable(self) -> int:
        """How many receive calls would find something now."""
        return len(self._ready)

    def oldest(self) -> Message | None:
        """The message that expires first."""
        if not self._live:
            return None
        first = next(iter(self._live.values()))
        if self._late:
            late = self._live[self._late[0][1]]
            return late if late.sent_ms < first.sent_ms else first
        return first

    def add(self, message: Message, now_ms: int) -> None:
        """Take in a message; it stays hidden if it becomes visible later than now."""
        if message.sent_ms < self._newest_ms:
            insort(self._late, (message.sent_ms, message.sequence))
        else:
            self._newest_ms = message.sent_ms
        self._live[message.sequence] = message
        self.sealed += bool(message.data_key)
        if message.visible_ms <= now_ms:
            self._ready[message.sequence] = message
        else:
            self._hide(message)

    def takeable(self) -> Iterator[Message]:
        """What `take` would take, in order (the queue is settled)."""
        return iter(self._ready.values())

    def take(self, count: int) -> list[Message]:
        """The next visible messages, which the caller must hide or remove."""
        ready = self._ready
        return [ready.popitem(last=False)[1] for _ in range(min(count, len(ready)))]

    def remove(self, message: Message) -> None:
        """Forget a message."""
        del self._live[message.sequence]
        self.sealed -= bool(message.data_key)
        if not self._unhide(message):
            self._ready.pop(message.sequence, None)
        if self._late:
            place = bisect_left(self._late, (message.sent_ms, message.sequence))
            if place < len(self._late) and self._late[place][1] == message.sequence:
                del self._late[place]

    def clear(self) -> list[Message]:
        """Forget all messages and return them."""
        messages = list(self._live.values())
        for index in (self._live, self._ready, self._late, self._hidden, self._due):
            index.clear()
        self.in_flight = self.delayed = self.sealed = 0
        return messages

    def _appear(self, message: Message) -> None:
        self._ready[message.sequence] = message
