"""The clock of a world: shown, held, released, moved forward."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import msgspec

from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.times import WORLD_MS_MAX, iso, parse_duration, parse_time
from foulweather.world.clock import RATE_UNIT, Mode
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.wire.admin.front import Admin
    from foulweather.wire.hosting import Hosted

RATE_MAX = 1_000_000


class ClockShown(msgspec.Struct, frozen=True):
    """A world's clock: `rate` world seconds pass in a real one while it is paced.

    `next_due` is when the next thing happens by itself, `due` how many are to come.
    """

    world: str
    now: str
    now_ms: int
    mode: Mode
    rate: float
    due: int
    next_due: str | None
    next_due_ms: int | None


class ClockChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with a clock.

    `hold` stops it, `release` lets it run (at `rate` times real time), `advance` moves it forward
    `by` a duration (`3h`, or milliseconds) or `to` a time, `set` moves it forward `to` a time
    (ISO 8601, or milliseconds). Everything that falls due on the way happens, in order.
    """

    action: Literal["hold", "release", "advance", "set"]
    rate: float | None = None
    by: str | int | None = None
    to: str | int | None = None


def shown(world: World) -> ClockShown:
    """A world's clock as it stands."""
    clock, next_ms = world.clock, world.agenda.next_ms()
    return ClockShown(
        world.name,
        iso(clock.now_ms),
        clock.now_ms,
        clock.mode,
        clock.rate_permille / RATE_UNIT,
        len(world.agenda),
        None if next_ms is None else iso(next_ms),
        next_ms,
    )


def show(asked: Asked) -> ClockShown:
    """The clock."""
    return shown(asked.hosted.world)


async def change(asked: Asked) -> ClockShown:
    """Change the clock; a moved one is answered when the world has settled."""
    wanted: ClockChange = asked.body
    hosted = asked.hosted
    world = hosted.world
    _check_members(wanted)
    if wanted.action == "hold":
        world.clock.hold()
    elif wanted.action == "release":
        world.clock.release(_permille(wanted.rate))
    else:
        when_ms = _target(wanted, world.clock.now_ms)
        # The client may go; the world does not stop half-way.
        await asyncio.shield(asyncio.ensure_future(_moved(asked.admin, hosted, when_ms)))
    if hosted.driver is not None:
        hosted.driver.reschedule()
    world.keep_clock()
    return shown(world)


async def _moved(admin: Admin, hosted: Hosted, when_ms: int) -> None:
    world = hosted.world
    if world.name in admin.busy:
        raise Refused(409, "Busy", f"The world {world.name!r} is being moved or replaced already.")
    admin.busy.add(world.name)
    try:
        await world.advance_to(when_ms)
        await world.settled()
    finally:
        admin.busy.discard(world.name)


def _check_members(wanted: ClockChange) -> None:
    takes = {"hold": (), "release": ("rate",), "advance": ("by", "to"), "set": ("to",)}[wanted.action]
    given = [name for name in ("rate", "by", "to") if getattr(wanted, name) is not None]
    for name in given:
        if name not in takes:
            raise Refused(400, "BadRequest", f"{wanted.action} takes no {name!r}.")
    if wanted.action in ("advance", "set") and len(given) != 1:
        raise Refused(400, "BadRequest", f"{wanted.action} needs {' or '.join(repr(name) for name in takes)}.")


def _permille(rate: float | None) -> int | None:
    if rate is None:
        return None
    if not 1 / RATE_UNIT <= rate <= RATE_MAX:
        raise Refused(400, "BadRequest", f"rate must be from {1 / RATE_UNIT} to {RATE_MAX}, not {rate}.")
    return round(rate * RATE_UNIT)


def _target(wanted: ClockChange, now_ms: int) -> int:
    try:
        if wanted.by is not None:
            when_ms = now_ms + (wanted.by if isinstance(wanted.by, int) else parse_duration(wanted.by))
        else:
            when_ms = wanted.to if isinstance(wanted.to, int) else parse_time(str(wanted.to))
    except ValueError as error:
        raise Refused(400, "BadRequest", f"{error}.") from None
    if when_ms < now_ms:
        raise Refused(
            409,
            "TimeRunsForward",
            f"It is {iso(now_ms)} in the world; its time never runs backwards to {iso(when_ms)}.",
        )
    if when_ms > WORLD_MS_MAX:
        raise Refused(400, "BadRequest", "The year 9000 is as far as time goes.")
    return when_ms


ENDPOINTS = (
    Endpoint("GET", "clock", show, "A world's clock", ClockShown, query=("world",)),
    Endpoint("POST", "clock", change, "Hold, release or move the clock", ClockShown, ClockChange, query=("world",)),
)
