"""A minute that is over becomes datapoints: each thing that was counted, by the metrics that it makes."""

from __future__ import annotations

from foulweather.services.cloudwatch.families import FAMILIES
from foulweather.services.cloudwatch.measures import MEASURES, Key, Measures, Tallied
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.series import MINUTE_MS
from foulweather.services.cloudwatch.state import WatchState
from foulweather.world.world import World

_OF: dict[str, Measures] = dict(MEASURES)
for _family in FAMILIES:
    _OF.update(_family.MEASURES)


def settle(world: World) -> None:
    """Bring every counted metric of the services up to the last minute that is over."""
    tallies = world.state(Tallies)
    minute = world.clock.now_ms // MINUTE_MS
    if minute > tallies.minute:
        turn(world, tallies, minute)


def turn(world: World, tallies: Tallies, minute: int) -> None:
    """Begin another minute, and put what was counted in the one that is over into the series."""
    at_ms, counts = tallies.turn(minute)
    for key, tallied in counts.items():
        _store(world, key, tallied, at_ms)


def _store(world: World, key: Key, tallied: Tallied, at_ms: int) -> None:
    kind, account, region, resource, what = key
    state = world.state(WatchState, account, region)
    for metric, unit, counts_events in _OF[kind](resource, what):
        bucket = state.stream(metric, unit).bucket(at_ms)
        if counts_events:
            bucket.add(1.0, sum(tallied.values()))
        else:
            for value, count in tallied.items():
                bucket.add(value, count)
