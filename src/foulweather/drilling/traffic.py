"""What became of the applications' requests since the incident: the figures of a score, and their course over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from foulweather.drilling.lab import MINUTE_MS, App, Lab, Line
from foulweather.drilling.load.client import LoadClient
from foulweather.drilling.load.fleet import LogLine, WorkerFleet
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.records import Records
from foulweather.drilling.regular import Regular

STEPS = 40
STEPS_S = (1, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400)
"""Steps of a course: at most so many, of a length that people use."""
BEFORE_MS = 10 * MINUTE_MS
"""How much of the healthy past is shown before the incident."""


class Lost(msgspec.Struct, frozen=True):
    """What became of the requests that were asked from the incident to the mend (or to now).

    `lost` took no effect within the time that the drill gives them; `late` of these did later. Those whose time is
    not over are `pending`. `duplicated` took effect more than once.
    """

    since_ms: int
    until_ms: int
    within_s: int
    asked: int
    served: int
    lost: int
    late: int
    pending: int
    duplicated: int
    counted: str


class Course(msgspec.Struct, frozen=True):
    """Requests step by step of when they were asked: served as they should be, and not."""

    since_ms: int
    step_ms: int
    struck_ms: int
    served: list[int]
    failed: list[int]


def ledger_of(lab: Lab) -> Ledger | None:
    """The lab's ledger, if anything was ever asked of it."""
    ledger = cast("Ledger | None", lab.world.attached.get(Ledger))
    return ledger if ledger is not None and len(ledger) else None


def lost(lab: Lab, until_ms: int, within_s: int) -> Lost | None:
    """What the ledger says of the requests since the incident; None where the drill keeps none."""
    ledger = ledger_of(lab)
    if ledger is None:
        return None
    since_ms = lab.struck_at_ms
    told = ledger.report(since_ms=since_ms, until_ms=until_ms, now_ms=lab.now_ms, deadline_ms=within_s * 1000)
    counted = (
        f"from the ledger of the applications, by when requests were asked, from the incident to the mend (or now): "
        f"lost is what took no effect within {within_s} s ({told.late} of these did later); {told.pending} have time "
        "left. It costs no points: minutes do"
    )
    return Lost(
        since_ms,
        until_ms,
        within_s,
        told.asked,
        told.served,
        told.lost,
        told.late,
        told.pending,
        told.duplicated,
        counted,
    )


def errors(lab: Lab, until_ms: int) -> dict[str, dict[str, int]]:
    """Failed calls since the incident, by application and by code."""
    found: dict[str, dict[str, int]] = {}
    for name, app in lab.apps.items():
        if not app.IS_OURS:
            continue
        codes = dict(sorted(_codes(app, lab.struck_at_ms, until_ms).items(), key=lambda each: (-each[1], each[0])))
        if codes:
            found[name] = codes
    return found


def _codes(app: App, since_ms: int, until_ms: int) -> dict[str, int]:
    records = _records(app)
    if records is not None:
        codes = records.since(since_ms, until_ms + 1).codes
        return {code: count for code, count in codes.items() if code}
    found: dict[str, int] = {}
    if isinstance(app, Regular):
        for run in app.runs_since(since_ms):
            if run.error is not None and run.at_ms <= until_ms:
                found[run.error.code] = found.get(run.error.code, 0) + 1
    return found


def _records(app: App) -> Records | None:
    """A client's requests (each once, whatever its attempts), a fleet's calls."""
    if isinstance(app, LoadClient):
        return app.outcomes
    return app.records if isinstance(app, WorkerFleet) else None


def course(lab: Lab, within_s: int) -> Course | None:
    """How requests fared from shortly before the incident until now; None where the drill keeps no ledger."""
    ledger = ledger_of(lab)
    if ledger is None:
        return None
    since_ms = lab.struck_at_ms - BEFORE_MS
    least_ms = (lab.now_ms - since_ms) // STEPS
    step_ms = next((step_s * 1000 for step_s in STEPS_S if step_s * 1000 >= least_ms), STEPS_S[-1] * 1000)
    served: list[int] = []
    failed: list[int] = []
    for at_ms in range(since_ms, lab.now_ms, step_ms):
        told = ledger.report(since_ms=at_ms, until_ms=at_ms + step_ms, now_ms=lab.now_ms, deadline_ms=within_s * 1000)
        served.append(told.served)
        failed.append(told.judged - told.served)
    return Course(since_ms, step_ms, lab.struck_at_ms, served, failed)


def log_of(app: App) -> list[Line]:
    """What an application wrote down, oldest first; a client's failed requests, minute by minute."""
    return sorted(_lines(app), key=lambda line: line.at_ms)


def _lines(app: App) -> Iterator[Line]:
    for line in app.log:
        if isinstance(line, LogLine):
            message = f"  message {line.message_id}" if line.message_id else ""
            yield Line(line.at_ms, f"worker {line.worker}{message}  {line.text}")
        else:
            yield line
    if isinstance(app, LoadClient):
        for moment in app.outcomes.timeline(MINUTE_MS):
            if moment.errors:
                told = ", ".join(f"{count} × {code}" for code, count in moment.codes.items() if code)
                yield Line(moment.at_ms, f"{moment.calls} requests in this minute, failed: {told}")
