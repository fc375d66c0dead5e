"""Reads and writes of records are in the files, management events too, and no other bucket's objects are."""

from __future__ import annotations

from stack import BUSY, LOGS, RECORDS, TRAIL, Doctors, Practices, seen, trail_arn

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 10 * MINUTE_MS


def _done(lab: Lab, since_ms: int) -> tuple[list[str], list[str]]:
    """The records that were written and read since then, ten minutes ago or longer."""
    practices, doctors = lab.app("practices"), lab.app("doctors")
    assert isinstance(practices, Practices)
    assert isinstance(doctors, Doctors)
    until_ms = lab.now_ms - DEADLINE_MS
    written = [key for key, at_ms in practices.uploaded.items() if since_ms + 1000 <= at_ms <= until_ms]
    return written, [key for key, at_ms in doctors.read.items() if since_ms + 1000 <= at_ms <= until_ms]


def _selectors(lab: Lab) -> Fact:
    found = lab.client("cloudtrail").get_event_selectors(TrailName=TRAIL)
    name = "AdvancedEventSelectors" if "AdvancedEventSelectors" in found else "EventSelectors"
    return shown(lab, trail_arn(lab), name, found[name])


def symptom(lab: Lab) -> Why | None:
    """Five writes of records of which the files know nothing."""
    since_ms = lab.now_ms - 30 * MINUTE_MS
    written, _ = _done(lab, since_ms)
    if len(written) < 5:
        return None
    recorded = {one.key for one in seen(lab, since_ms) if one.bucket == RECORDS and one.name == "PutObject"}
    missing = [key for key in written if key not in recorded]
    if len(missing) < 5:
        return None
    told = f"{len(missing)} records were written in half an hour, and no log file of {LOGS} knows of them."
    return unmended(told, Fact(LOGS, "writes without a record", len(missing)))


def check(lab: Lab) -> Why | None:
    """Traffic since the mend; then what is recorded beyond it."""
    since_ms = lab.settling_since(lab.now_ms - 180 * MINUTE_MS)
    written, read = _done(lab, since_ms)
    events = seen(lab, since_ms)
    of_records = {(one.name, one.key) for one in events if one.bucket == RECORDS}
    for name, keys, what in (("PutObject", written, "written"), ("GetObject", read, "read")):
        missing = [key for key in keys if (name, key) not in of_records]
        if missing:
            return unmended(f"{missing[0]} was {what}, and no log file knows of it.", _selectors(lab))
    if not any(one.name == "AssumeRole" for one in events):
        return unmended("Objects are recorded again, but management events no more.", _selectors(lab))
    for bucket in (BUSY, LOGS):
        if any(one.bucket == bucket and one.key for one in events):
            return unmended(f"The objects of {bucket} are recorded, too: that was the bill.", _selectors(lab))
    status = lab.client("cloudtrail").get_trail_status(Name=TRAIL)
    if not status["IsLogging"]:
        return unmended("The trail does not log.", shown(lab, trail_arn(lab), "IsLogging", False))
    return None
