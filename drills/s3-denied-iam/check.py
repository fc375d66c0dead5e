"""Documents go in and are read, and the role has got nothing else by it."""

from __future__ import annotations

from stack import BUCKET, OTHER

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import opened, refusal, refused, unserved, wide_role
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five uploads refused."""
    return refused(lab, "portal", "uploads refused", "{} uploads of customers were refused")


def check(lab: Lab) -> Why | None:
    """Traffic, then what else the role may now."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    s3 = lab.client("s3", lab.notes["host"].identity())
    beyond = {
        f"read {OTHER}": lambda: s3.get_object(Bucket=OTHER, Key="2026/march.csv"),
        f"list {OTHER}": lambda: s3.list_objects_v2(Bucket=OTHER),
        f"delete documents of {BUCKET}": lambda: s3.delete_object(Bucket=BUCKET, Key="documents/of-nobody.json"),
    }
    for told, ask in beyond.items():
        if refusal(ask) is None:
            return unmended(f"Documents arrive, but app-role can {told} now.", Fact("app-role", "may", told))
    return wide_role(lab, "app-role") or opened(lab, BUCKET) or opened(lab, OTHER)
