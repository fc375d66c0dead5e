"""What was used, day by day: counts of requests, and levels (bytes in a storage class) times how long they lasted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from foulweather.world.store import State, table

DAY_MS: Final = 86_400_000


class Place(NamedTuple):
    """What is counted: a usage type of a service, as AWS's bill names it, of one resource."""

    account: str
    region: str
    service: str
    usage_type: str
    resource: str


class Used(msgspec.Struct):
    """What was used on one day: requests, bytes, or bytes (or objects) times milliseconds."""

    quantity: int = 0


class Level(msgspec.Struct):
    """How much there is of something, since when."""

    amount: int
    since_ms: int


class Home(msgspec.Struct, frozen=True):
    """Where a bucket is billed: its owner's account, its own region."""

    account: str
    region: str


class Plan(msgspec.Struct, frozen=True):
    """What an account has chosen to pay for a resource."""

    name: str


class Usage(State):
    """The use of a world, in rows by day and place."""

    scope = "world"
    days = table(Used)
    levels = table(Level)
    homes = table(Home)
    seen = table(Used)
    plans = table(Plan)

    def opened(self) -> None:
        """Begin with no place at hand."""
        self._at_hand: dict[Place, tuple[int, str, Used]] = {}

    # --- written

    def add(self, at_ms: int, place: Place, quantity: int = 1) -> None:
        """Count something that was used at a time."""
        day = at_ms // DAY_MS
        found = self._at_hand.get(place)
        if found is None or found[0] != day:
            key = f"{day}|{'|'.join(place)}"
            row = self.days.get(key)
            if row is None:
                row = Used()
                self.days.put(key, row)
            found = self._at_hand[place] = (day, key, row)
        found[2].quantity += quantity
        self.days.touch_later(found[1])  # a read has nothing else to write, and need not wait for that

    def shift(self, at_ms: int, place: Place, by: int) -> None:
        """Raise or lower a level; what it was until now is counted."""
        key = "|".join(place)
        level = self.levels.get(key)
        if level is None:
            self.levels.put(key, Level(max(0, by), at_ms))
            return
        for day, quantity in _spread(level, at_ms):
            self.add(day * DAY_MS, place, quantity)
        level.amount = max(0, level.amount + by)
        level.since_ms = max(level.since_ms, at_ms)
        self.levels.touch(key)

    def level(self, at_ms: int, place: Place, amount: int) -> None:
        """Set a level; what it was until now is counted."""
        found = self.levels.get("|".join(place))
        had = found.amount if found is not None else 0
        if had != amount:
            self.shift(at_ms, place, amount - had)

    def is_new_this_month(self, at_ms: int, place: Place, who: str) -> bool:
        """Whether somebody was not seen at a place before in this month; now they were."""
        month = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m")
        key = f"{month}|{'|'.join(place)}|{who}"
        if key in self.seen:
            return False
        self.seen.put_later(key, Used(1))
        return True

    # --- read

    def used(self, now_ms: int) -> Iterator[tuple[int, Place, int]]:
        """What was used, as day (since 1970), place and quantity; levels up to now."""
        for key, row in self.days.items():
            day, *place = key.split("|")
            yield int(day), Place(*place), row.quantity
        for key, level in self.levels.items():
            place = Place(*key.split("|"))
            for day, quantity in _spread(level, now_ms):
                yield day, place, quantity

    def standing(self) -> Iterator[tuple[Place, int]]:
        """The levels as they are."""
        for key, level in self.levels.items():
            if level.amount:
                yield Place(*key.split("|")), level.amount


def _spread(level: Level, until_ms: int) -> Iterator[tuple[int, int]]:
    """A level times how long it lasted, day by day."""
    at_ms = level.since_ms
    while level.amount and at_ms < until_ms:
        end_ms = min((at_ms // DAY_MS + 1) * DAY_MS, until_ms)
        yield at_ms // DAY_MS, level.amount * (end_ms - at_ms)
        at_ms = end_ms
