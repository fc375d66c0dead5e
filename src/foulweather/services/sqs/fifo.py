"""The messages of a FIFO queue: strict order within each group, one receiver of a group at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from foulweather.services.sqs import limits
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.records import Message, Queue


class Group:
    """One message group's messages in order, and how many of them are in flight."""

    __slots__ = ("in_flight", "messages", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.messages: OrderedDict[int, Message] = OrderedDict()
        self.in_flight = 0


class FifoBacklog(Backlog):
    """A FIFO queue. A group is available while none of its messages is in flight and its first is visible.

    SQS looks through the first 120,000 messages to find available groups, so a long backlog of one
    group holds up all groups behind it (Developer Guide, "FIFO queue and message group quotas"):
    `_window` has those messages, `_beyond` the others, in order; only the former are in groups.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._window: OrderedDict[int, Message] = OrderedDict()
        self._beyond: OrderedDict[int, Message] = OrderedDict()
        self._groups: dict[str, Group] = {}
        self._available: OrderedDict[str, Group] = OrderedDict()

    def __len__(self) -> int:
        return len(self._window) + len(self._beyond)

    def receivable(self) -> int:
        """How many receive calls would find something now."""
        return len(self._available)

    def oldest(self) -> Message | None:
        """The message that expires first."""
        return next(iter(self._window.values()), None)

    def add(self, message: Message, now_ms: int) -> None:
        """Take in a message behind all others."""
        self.sealed += bool(message.data_key)
        if message.visible_ms > now_ms:
            self._hide(message)
        if len(self._window) < limits.FIFO_WINDOW:
            self._enter(message)
        else:
            self._beyond[message.sequence] = message

    def takeable(self) -> Iterator[Message]:
        """What `take` would take, in order (the queue is settled)."""
        for group in self._available.values():
            for message in group.messages.values():
                if message.sequence in self._hidden:
                    break
                yield message

    def take(self, count: int) -> list[Message]:
        """The first messages of the groups that have been available longest, as many of one group as there are."""
        taken: list[Message] = []
        while self._available and len(taken) < count:
            group = self._available.popitem(last=False)[1]
            for message in islice(group.messages.values(), count - len(taken)):
                if message.sequence in self._hidden:
                    break
                taken.append(message)
        return taken

    def hide(self, message: Message, until_ms: int) -> None:
        """Put a message that was just received in flight, and hold its group back."""
        message.visible_ms = until_ms
        self._hide(message)
        group = self._groups[message.group]
        group.in_flight += 1
        self._available.pop(group.name, None)

    def remove(self, message: Message) -> None:
        """Forget a message, and let its group go on if it was the last in flight."""
        was_in_flight = message.received_here > 0 and message.sequence in self._hidden
        self._unhide(message)
        self.sealed -= bool(message.data_key)
        if self._beyond.pop(message.sequence, None) is not None:
            return
        del self._window[message.sequence]
        group = self._groups[message.group]
        del group.messages[message.sequence]
        group.in_flight -= was_in_flight
        self._reconsider(group)
        if self._beyond:
            self._enter(self._beyond.popitem(last=False)[1])

    def clear(self) -> list[Message]:
        """Forget all messages and return them."""
        messages = [*self._window.values(), *self._beyond.values()]
        for index in (self._window, self._beyond, self._groups, self._available, self._hidden, self._due):
            index.clear()
        self.in_flight = self.delayed = self.sealed = 0
        return messages

    def _enter(self, message: Message) -> None:
        self._window[message.sequence] = message
        group = self._groups.get(message.group)
        if group is None:
            group = self._groups[message.group] = Group(message.group)
        group.messages[message.sequence] = message
        if message.received_here and message.sequence in self._hidden:
            group.in_flight += 1
        self._reconsider(group)

    def _appear(self, message: Message) -> None:
        group = self._groups.get(message.group)
        if group is None or message.sequence not in group.messages:
            return
        if message.received_here:
            group.in_flight -= 1
        self._reconsider(group)

    def _reconsider(self, group: Group) -> None:
        if not group.messages:
            del self._groups[group.name]
            self._available.pop(group.name, None)
        elif group.in_flight or next(iter(group.messages)) in self._hidden:
            self._available.pop(group.name, None)
        else:
            self._available[group.name] = group
