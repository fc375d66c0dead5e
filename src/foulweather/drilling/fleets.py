"""Worker fleets as operators know them: what a release can change, and what it can not."""

from __future__ import annotations

from foulweather.drilling.load.fleet import WorkerFleet


class Fleet(WorkerFleet):
    """A fleet whose releases can change all but how long the work takes and how its machines fare."""

    GIVEN = frozenset(
        {"processing_ms", "failure_ppm", "crash_before_ppm", "crash_after_ppm", "restart_s", "round_trip_ms"}
    )
