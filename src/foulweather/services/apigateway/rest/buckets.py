"""Token buckets on the world's clock, in millionths of a token: exact, however slow the rate.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from foulweather.world.world import World

TOKEN = 1_000_000


class Limit(NamedTuple):
    """A bucket's key, what it holds, what runs into it in a second, and which member of which resource says so."""

    key: tuple[str, ...]
    burst: int
    rate: float
    resource: str
    member: str
    setting: str
    remedy: str


class Buckets:
    """The fills of a world's buckets, and when each was last looked at; a restart fills them."""

    def __init__(self) -> None:
        self.fills: dict[tuple[str, ...], tuple[int, int]] = {}

    @classmethod
    def of(cls, world: World) -> Buckets:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Buckets, found)

    def take(self, limits: Sequence[Limit], now_ms: int) -> Limit | None:
        """Take a token out of each bucket, or out of none: then the first that is empty."""
        fills = self.fills
        taken: list[int] = []
        for key, burst, rate, *_ in limits:
            fill, at_ms = fills.get(key, (burst * TOKEN, now_ms))
            # rate tokens a second are rate * 1000 millionths a millisecond
            fill = min(burst * TOKEN, fill + (now_ms - at_ms) * round(rate * 1000))
            fills[key] = fill, now_ms
            taken.append(fill)
        for limit, fill in zip(limits, taken, strict=True):
            if fill < TOKEN:
                return limit
        for limit, fill in zip(limits, taken, strict=True):
            fills[limit.key] = fill - TOKEN, now_ms
        return None
