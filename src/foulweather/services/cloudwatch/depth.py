"""How many messages a queue has, as far as its events tell: for the metrics that SQS samples every minute.

A receive hides messages for the visibility timeout that its event tells, or else for the queue's own; a delayed one
appears after its delay. Nothing here has a timer: what has become of a queue is worked out when somebody looks.
"""

from __future__ import annotations

import msgspec

FINE_MAX = 3000
COARSE_MS = 600_000
"""Of a long backlog it is enough to know to ten minutes when its messages came."""


class Depth(msgspec.Struct):
    """The messages of one queue by when they were sent, and those hidden by when they appear."""

    arn: str
    sampled_minute: int
    touched_ms: int
    visibility_s: int = 30
    delay_s: int = 0
    sent: list[list[int]] = msgspec.field(default_factory=list[list[int]])
    flying: list[list[int]] = msgspec.field(default_factory=list[list[int]])
    delayed: list[list[int]] = msgspec.field(default_factory=list[list[int]])
    total: int = 0

    def arrived(self, at_ms: int, delay_s: int | None) -> None:
        """A message was sent, or moved here."""
        self.touched_ms = at_ms
        self.total += 1
        sent = self.sent
        if sent and at_ms - sent[-1][0] < (1000 if len(sent) < FINE_MAX else COARSE_MS):
            sent[-1][1] += 1
        else:
            sent.append([at_ms, 1])
        wait_s = self.delay_s if delay_s is None else delay_s
        if wait_s:
            _put(self.delayed, at_ms + wait_s * 1000, 1)

    def received(self, at_ms: int, count: int, visibility_s: int | None) -> None:
        """Messages were received: they are in flight."""
        self.touched_ms = at_ms
        self.settle(at_ms)
        until_ms = at_ms + 1000 * (self.visibility_s if visibility_s is None else visibility_s)
        _put(self.flying, until_ms, count)

    def left(self, at_ms: int, count: int, *, was_flying: bool = True) -> None:
        """Messages are gone: the oldest, so far as the events tell."""
        self.touched_ms = at_ms
        self.total = max(0, self.total - count)
        _take(self.sent, count)
        if was_flying:
            self.settle(at_ms)
            _take(self.flying, count)

    def emptied(self, at_ms: int) -> None:
        """The queue was purged."""
        self.touched_ms = at_ms
        self.total = 0
        self.sent.clear()
        self.flying.clear()
        self.delayed.clear()

    def settle(self, at_ms: int) -> None:
        """Let what was hidden until a time appear."""
        for hidden in (self.flying, self.delayed):
            while hidden and hidden[0][0] <= at_ms:
                del hidden[0]

    def sampled(self, at_ms: int) -> tuple[int, int, int, int]:
        """Visible, in flight, delayed, and the age of the oldest in seconds, at a time."""
        flying = min(self.total, sum(count for until_ms, count in self.flying if until_ms > at_ms))
        delayed = min(self.total - flying, sum(count for until_ms, count in self.delayed if until_ms > at_ms))
        age_s = max(0, at_ms - self.sent[0][0]) // 1000 if self.sent else 0
        return self.total - flying - delayed, flying, delayed, age_s


def _put(hidden: list[list[int]], until_ms: int, count: int) -> None:
    """Hide messages until a time, those of the same tenth of a second together."""
    if hidden and 0 <= until_ms - hidden[-1][0] < 100:
        hidden[-1][1] += count
    else:
        hidden.append([until_ms, count])


def _take(held: list[list[int]], count: int) -> None:
    while count and held:
        taken = min(count, held[0][1])
        held[0][1] -= taken
        count -= taken
        if not held[0][1]:
            del held[0]
