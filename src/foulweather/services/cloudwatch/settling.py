"""A minute that is over becomes datapoints: each thing that was counted, by the metrics that it makes."""

from __future__ import annotations

from foulweather.services.cloudwatch import (
    api_metrics,
    bus_metrics,
    certificate_metrics,
    durable_metrics,
    firehose_metrics,
    http_api_metrics,
    lambda_metrics,
    log_metrics,
    mapping_metrics,
    pipe_metrics,
    socket_metrics,
    step_metrics,
    stream_metrics,
    streaming_metrics,
    user_pool_metrics,
)
from foulweather.services.cloudwatch.measures import MEASURES, Key, Measures, Tallied
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.series import MINUTE_MS
from foulweather.services.cloudwatch.state import WatchState
from foulweather.world.world import World

_OF: dict[str, Measures] = {
    **MEASURES,
    **log_metrics.MEASURES,
    **bus_metrics.MEASURES,
    **stream_metrics.MEASURES,
    **lambda_metrics.MEASURES,
    **durable_metrics.MEASURES,
    **mapping_metrics.MEASURES,
    **api_metrics.MEASURES,
    **http_api_metrics.MEASURES,
    **socket_metrics.MEASURES,
    **step_metrics.MEASURES,
    **user_pool_metrics.MEASURES,
    **certificate_metrics.MEASURES,
    **pipe_metrics.MEASURES,
    **streaming_metrics.MEASURES,
    **firehose_metrics.MEASURES,
}


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
