"""What a campaign came to: availability with its confidence interval, the worst seeds, what broke them."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence

import msgspec

from foulweather.drilling.campaign.running import Run

WORST_MAX = 10
Z_95 = 1.959964


class Interval(msgspec.Struct, frozen=True):
    """A mean and the bounds that hold it with 95 % confidence."""

    mean: float
    low: float
    high: float


class Worst(msgspec.Struct, frozen=True):
    """A run to look at again: its seed replays it."""

    seed: int
    availability: float
    lost: int
    settings: dict[str, dict[str, str]]
    faults: list[str]
    first_cause: str


class Point(msgspec.Struct, frozen=True):
    """The runs with the same settings, in a grid."""

    settings: dict[str, dict[str, str]]
    runs: int
    availability: Interval


class Summary(msgspec.Struct, frozen=True):
    """A whole campaign."""

    title: str
    runs: int
    asked: int
    availability: Interval
    perfect_runs: Interval
    p95_ms: int
    duplicated: int
    worst: list[Worst]
    causes: dict[str, int]
    points: list[Point]


def summarised(title: str, runs: Sequence[Run]) -> Summary:
    """The summary of runs; the same runs give the same summary, wherever they ran."""
    causes: Counter[str] = Counter()
    for run in runs:
        for cause in run.causes:
            causes[cause] += 1
    by_settings: dict[str, list[Run]] = {}
    for run in runs:
        by_settings.setdefault(msgspec.json.encode(run.draw.settings, order="sorted").decode(), []).append(run)
    several = len(by_settings) > 1
    points = [
        Point(of[0].draw.settings, len(of), _mean([run.availability for run in of])) for of in by_settings.values()
    ]
    worst = sorted(runs, key=lambda run: (run.availability, run.draw.seed))[:WORST_MAX]
    return Summary(
        title,
        len(runs),
        sum(run.asked for run in runs),
        _mean([run.availability for run in runs]),
        _share(sum(1 for run in runs if run.served == run.asked), len(runs)),
        int(statistics.median_low([run.p95_ms for run in runs])),
        sum(run.duplicated for run in runs),
        [_worst(run) for run in worst if run.served < run.asked],
        dict(causes.most_common(WORST_MAX)),
        sorted(points, key=lambda point: point.availability.mean) if several else [],
    )


def _worst(run: Run) -> Worst:
    faults = [
        f"{fault.members['kind']} {fault.members['service']} at {fault.at_minute} min for {fault.for_minutes} min"
        for fault in run.draw.faults
    ]
    cause = next(iter(run.causes), "")
    return Worst(run.draw.seed, round(run.availability, 6), run.lost, run.draw.settings, faults, cause)


def _mean(values: Sequence[float]) -> Interval:
    """The mean of the runs' availabilities, with the normal interval of its standard error."""
    mean = statistics.fmean(values)
    margin = Z_95 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return Interval(round(mean, 6), round(max(0.0, mean - margin), 6), round(min(1.0, mean + margin), 6))


def _share(count: int, of: int) -> Interval:
    """A share with Wilson's interval."""
    share = count / of
    middle = (share + Z_95**2 / (2 * of)) / (1 + Z_95**2 / of)
    margin = Z_95 / (1 + Z_95**2 / of) * math.sqrt(share * (1 - share) / of + Z_95**2 / (4 * of * of))
    return Interval(round(share, 6), round(max(0.0, middle - margin), 6), round(min(1.0, middle + margin), 6))
