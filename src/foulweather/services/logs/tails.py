"""Live Tail sessions that are open in a world: who sees which new events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from foulweather.services.logs.filter_patterns import Pattern
from foulweather.world.world import World

HELD_MAX = 500


class Tail:
    """One session: which groups and streams it is about, and what it has not been sent yet."""

    def __init__(
        self, groups: Sequence[str], streams: Sequence[str], prefixes: Sequence[str], pattern: Pattern
    ) -> None:
        self.groups = frozenset(groups)
        self._streams = frozenset(streams)
        self._prefixes = tuple(prefixes)
        self._pattern = pattern
        self.waiting: deque[dict[str, Any]] = deque(maxlen=HELD_MAX)
        self.is_sampled = False

    def wants(self, stream: str, message: str) -> bool:
        """Whether an event is for this session."""
        if (self._streams and stream not in self._streams) or (
            self._prefixes and not stream.startswith(self._prefixes)
        ):
            return False
        return self._pattern.matches(message)


class Seen(NamedTuple):
    """What a session is sent at once."""

    events: list[dict[str, Any]]
    is_sampled: bool


class Tails:
    """The sessions of a world."""

    def __init__(self) -> None:
        self.open: list[Tail] = []

    @classmethod
    def of(cls, world: World) -> Tails:
        """The sessions of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return found  # type: ignore[return-value]

    def see(self, group_arn: str, stream: str, times: Sequence[int], messages: Sequence[str], now_ms: int) -> None:
        """Hand new events to the sessions that want them."""
        for tail in self.open:
            if group_arn not in tail.groups:
                continue
            for time_ms, message in zip(times, messages, strict=True):
                if tail.wants(stream, message):
                    # "If more than 500 log events match in a second, the results are a sample."
                    tail.is_sampled = tail.is_sampled or len(tail.waiting) == HELD_MAX
                    tail.waiting.append(
                        {
                            "logStreamName": stream,
                            "logGroupIdentifier": group_arn.partition(":log-group:")[0].split(":")[4]
                            + ":"
                            + group_arn.partition(":log-group:")[2],
                            "message": message,
                            "timestamp": time_ms,
                            "ingestionTime": now_ms,
                        }
                    )
