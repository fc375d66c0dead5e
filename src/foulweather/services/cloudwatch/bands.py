"""The band of values that an anomaly detector expects, learned from what is stored.

AWS does not publish its model; this one is plain. Of up to two weeks before, it takes the mean and the deviation by
hour of the week where there are two weeks, by hour of the day where there are two days, else of everything; the band
is as many deviations wide as ANOMALY_DETECTION_BAND asks. With seasons it is learned once a day, of the days before;
without, every hour. "It assesses both trends and hourly, daily, and weekly
patterns of the metric."
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Anomaly_Detection.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from foulweather.services.cloudwatch.lines import Line
from foulweather.services.cloudwatch.series import DAY_MS, HOUR_MS

LEARNED_MS = 14 * DAY_MS
POINTS_MIN = 15
SEASON_POINTS_MIN = 2
WEEK_HOURS = 168


class Band(msgspec.Struct):
    """The mean and deviation of each season, and of everything."""

    hours: int
    seasons: dict[int, tuple[float, float]]
    whole: tuple[float, float]

    def expected(self, at_ms: int) -> tuple[float, float]:
        """The mean and deviation at a time."""
        return self.seasons.get(at_ms // HOUR_MS % self.hours, self.whole) if self.hours else self.whole


def learned(points: Mapping[int, float], excluded: Sequence[Mapping[str, int]] = ()) -> Band | None:
    """What a series leads one to expect; None while there is too little of it."""
    kept = {
        at: value
        for at, value in points.items()
        if not any(each["StartTime"] <= at < each["EndTime"] for each in excluded)
    }
    if len(kept) < POINTS_MIN:
        return None
    span_ms = max(kept) - min(kept)
    hours = WEEK_HOURS if span_ms >= 13 * DAY_MS else 24 if span_ms >= 2 * DAY_MS - HOUR_MS else 0
    by_season: dict[int, list[float]] = {}
    for at, value in kept.items():
        by_season.setdefault(at // HOUR_MS % hours if hours else 0, []).append(value)
    whole = _spread(list(kept.values()))
    # A season of a few equal values would make a band of no width: it is at least a tenth of the whole's.
    seasons = {
        season: (mean, max(deviation, whole[1] / 10))
        for season, values in by_season.items()
        if len(values) >= SEASON_POINTS_MIN
        for mean, deviation in (_spread(values),)
    }
    return Band(hours, seasons, whole)


def around(band: Band, line: Line, times: Sequence[int], width: float) -> tuple[Line, Line]:
    """The upper and the lower edge of a band."""
    high, low = dict[int, float](), dict[int, float]()
    for at in times:
        mean, deviation = band.expected(at)
        high[at], low[at] = mean + width * deviation, mean - width * deviation
    return Line(f"{line.label} High", high, line.period_s), Line(f"{line.label} Low", low, line.period_s)


def _spread(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return mean, max(deviation, abs(mean) / 1000)
