"""Sweeps are stored whole and in time, and S3 refuses none of their writes."""

from __future__ import annotations

from stack import BUCKET, SENSORS, Sweep, collector_of

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2500


def _sweeps(lab: Lab, since_ms: int) -> list[Sweep]:
    return [one for one in collector_of(lab).sweeps if one.at_ms > since_ms]


def _setting(lab: Lab, name: str) -> Fact:
    return shown(lab, "collector", name, collector_of(lab).settings[name])


def symptom(lab: Lab) -> Why | None:
    """Sweeps of the last quarter of an hour that lost readings."""
    bad = [one for one in _sweeps(lab, lab.now_ms - 15 * MINUTE_MS) if one.failed]
    if len(bad) < 3:
        return None
    return unmended(
        f"Each of the last {len(bad)} sweeps lost readings: {bad[-1].failed} of {SENSORS} in the last one.",
        Fact(f"arn:aws:s3:::{BUCKET}", "5xxErrors of the last sweep", bad[-1].slowed),
    )


def check(lab: Lab) -> Why | None:
    """Every sweep since the mend."""
    since_ms = lab.settling_since(0)
    sweeps = _sweeps(lab, since_ms)
    if not sweeps:
        return unmended("No sweep has come to its end since.", _setting(lab, "per_s"))
    lost = sum(SENSORS - one.stored for one in sweeps)
    slowed = sum(one.slowed for one in sweeps)
    if slowed:
        return unmended(
            f"S3 still answered {slowed} writes of {len(sweeps)} sweeps with 503 SlowDown ({lost} readings were lost).",
            _setting(lab, "keys"),
            _setting(lab, "retry"),
        )
    if lost:
        return unmended(f"{lost} readings of {len(sweeps)} sweeps were lost.", _setting(lab, "keys"))
    late = [one for one in sweeps if one.took_ms > DEADLINE_MS]
    if late:
        return unmended(
            f"{len(late)} sweeps took {late[-1].took_ms} ms; the forecast begins after {DEADLINE_MS}.",
            _setting(lab, "per_s"),
        )
    return None
