"""What a walk was promised: the messages that were acknowledged and not deleted since."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

RETENTION_MS = 345_600_000
"""A queue's default retention: four days."""


class Owed(NamedTuple):
    """One acknowledged message; `group` and `sequence` are of FIFO queues."""

    sent_ms: int
    group: str
    sequence: int


class Ledger:
    """By queue: the messages owed by id, and the receipt handles that were given out."""

    def __init__(self, queues: tuple[str, ...]) -> None:
        self._owed: dict[str, dict[str, Owed]] = {name: {} for name in queues}
        self.handles: dict[str, list[tuple[str, str]]] = {name: [] for name in queues}

    def copy(self) -> Ledger:
        """The same, to go on by itself."""
        return deepcopy(self)

    def sent(self, queue: str, answer: dict[str, Any], group: str, now_ms: int) -> None:
        """A message was acknowledged."""
        self._owed[queue][answer["MessageId"]] = Owed(now_ms, group, int(answer.get("SequenceNumber", "0")))

    def deleted(self, queue: str, message: str) -> None:
        """A deletion was acknowledged."""
        self._owed[queue].pop(message, None)

    def received(self, queue: str, messages: list[dict[str, Any]], now_ms: int) -> None:
        """Messages were received: within a group, none before what was sent earlier is deleted."""
        together = {each["MessageId"] for each in messages}
        for message in messages:
            self.handles[queue].append((message["MessageId"], message["ReceiptHandle"]))
            if not queue.endswith(".fifo"):
                continue
            group, number = message["Attributes"]["MessageGroupId"], int(message["Attributes"]["SequenceNumber"])
            overtaken = [
                name
                for name, owed in self._owed[queue].items()
                if owed.group == group
                and owed.sequence < number
                and name not in together
                and now_ms < owed.sent_ms + RETENTION_MS
            ]
            assert not overtaken, f"{queue} {group}: {number} overtook {overtaken}"

    def due(self, queue: str, now_ms: int) -> set[str]:
        """The messages that must be there."""
        return {name for name, owed in self._owed[queue].items() if now_ms < owed.sent_ms + RETENTION_MS}
