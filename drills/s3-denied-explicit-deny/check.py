"""Pay changes are read by the payroll run, and by nobody whom the guard is there for."""

from __future__ import annotations

from stack import BUCKET, Managers

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import opened, refusal, unread, unserved, wide_role
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five pay changes that are not read."""
    return unread(lab, "payroll", "pay changes not read", "The payroll run could not read {} pay changes.")


def check(lab: Lab) -> Why | None:
    """Traffic, then the guard: with an old file, and with the latest."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    managers = lab.app("managers")
    assert isinstance(managers, Managers)
    intern = lab.client("s3", lab.notes["interns"].identity())
    keys = list(managers.uploaded)
    for which, key in (("an old", keys[0]), ("the latest", keys[-1])):
        if refusal(lambda key=key: intern.get_object(Bucket=BUCKET, Key=key)) is None:
            policy = refusal(lambda: lab.client("s3").get_bucket_policy(Bucket=BUCKET))
            return unmended(
                f"The payroll run is well, but an intern can read {which} pay change ({key}).",
                Fact("intern-role", "may s3:GetObject", key),
                shown(lab, f"arn:aws:s3:::{BUCKET}", "Policy", "deleted" if policy is not None else "set"),
            )
    return wide_role(lab, "app-role") or opened(lab, BUCKET)
