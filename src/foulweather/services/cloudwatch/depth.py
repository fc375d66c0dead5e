"""How many messages a queue has, as its events tell: for the metrics that SQS samples every minute.

A receive hides messages for a while, and a delayed one appears later: of both it is enough to know by which minute's
end they can be seen. Nothing here has a timer: what has become of a queue is worked out when somebody looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import msgspec

from foulweather.services.cloudwatch.sampling import Run, Sampled

MINUTE_MS = 60_000
FINE_MAX = 300
COARSE_MS = 600_000
"""Of a long backlog it is enough to know to ten minutes when its messages came."""
ACTIVE_MINUTES = 360
"""SQS's metrics are told for queues that hold messages or were accessed in the last six hours."""


class Depth(Sampled, kw_only=True):
    """The messages of one queue by when they were sent, and those hidden by the minute at whose end they appear."""

    touched_ms: int
    visibility_s: int = 30
    sent: list[list[int]] = msgspec.field(default_factory=list[list[int]])
    flying: dict[int, int] = msgspec.field(default_factory=dict[int, int])
    delayed: dict[int, int] = msgspec.field(default_factory=dict[int, int])
    total: int = 0

    def arrived(self, at_ms: int, delay_s: int) -> None:
        """A message was sent, or moved here."""
        self.touched_ms = at_ms
        self.total += 1
        sent = self.sent
        if sent and at_ms - sent[-1][0] < (1000 if len(sent) < FINE_MAX else COARSE_MS):
            sent[-1][1] += 1
        else:
            sent.append([at_ms, 1])
        if delay_s:
            _hide(self.delayed, at_ms + delay_s * 1000, 1)

    def received(self, at_ms: int, count: int, visibility_s: int | None) -> None:
        """Messages were received: they are in flight."""
        self.touched_ms = at_ms
        wait_s = self.visibility_s if visibility_s is None else visibility_s
        if wait_s:
            _hide(self.flying, at_ms + 1000 * wait_s, count)

    def revised(self, at_ms: int, was_ms: int, until_ms: int) -> None:
        """A message in flight appears at another time."""
        self.touched_ms = at_ms
        _show(self.flying, was_ms)
        if until_ms > at_ms:
            _hide(self.flying, until_ms, 1)

    def left(self, at_ms: int, count: int, sent_ms: int = 0, hidden_ms: int = 0) -> None:
        """Messages are gone: the one sent at a time and hidden until another, or the oldest."""
        self.touched_ms = at_ms
        self.total = max(0, self.total - count)
        if hidden_ms > at_ms:
            _show(self.flying, hidden_ms)
        sent = self.sent
        at = bisect_right(sent, [sent_ms + 1]) - 1 if sent_ms else -1
        if at > 0 and sent[at][1] >= count:
            sent[at][1] -= count
            if not sent[at][1]:
                del sent[at]
        else:
            _take(sent, count)

    def emptied(self, at_ms: int) -> None:
        """The queue was purged."""
        self.touched_ms = at_ms
        self.total = 0
        self.sent.clear()
        self.flying.clear()
        self.delayed.clear()

    def standing(self, first: int, last: int) -> Iterator[Run]:
        """Visible, in flight, delayed, and when the oldest was sent: at the end of each of some minutes."""
        if not self.total:
            last = min(last, self.touched_ms // MINUTE_MS + ACTIVE_MINUTES)
        changes = sorted(
            {each - 1 for held in (self.flying, self.delayed) for each in held if first < each - 1 <= last}
        )
        for begin, end in zip([first, *changes], [*(each - 1 for each in changes), last], strict=True):
            if begin <= end:
                yield [begin, end, *self._at(begin)]

    def _at(self, minute: int) -> tuple[int, int, int, int]:
        flying = min(self.total, sum(count for appears, count in self.flying.items() if appears > minute + 1))
        hidden = sum(count for appears, count in self.delayed.items() if appears > minute + 1)
        delayed = min(self.total - flying, hidden)
        return self.total - flying - delayed, flying, delayed, self.sent[0][0] if self.sent and self.total else 0

    def forget_shown(self) -> None:
        """Drop what was hidden until a minute that is over."""
        for held in (self.flying, self.delayed):
            for minute in [minute for minute in held if minute <= self.sampled_minute]:
                del held[minute]


def _minute(until_ms: int) -> int:
    """At the end of which minute (the start of this one) a message is there again."""
    return -(-until_ms // MINUTE_MS)


def _hide(hidden: dict[int, int], until_ms: int, count: int) -> None:
    minute = _minute(until_ms)
    hidden[minute] = hidden.get(minute, 0) + count


def _show(hidden: dict[int, int], until_ms: int) -> None:
    minute = _minute(until_ms)
    count = hidden.get(minute, 0)
    if count > 1:
        hidden[minute] = count - 1
    elif count:
        del hidden[minute]


def _take(held: list[list[int]], count: int) -> None:
    while count and held:
        taken = min(count, held[0][1])
        held[0][1] -= taken
        count -= taken
        if not held[0][1]:
            del held[0]
