"""The importer lists and reads, and no other bucket."""

from __future__ import annotations

from stack import ARCHIVE, BUCKET

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import opened, refusal, unread, unserved, wide_role
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five files that are seen and not read."""
    told = "{} files of branches are in the list and cannot be read."
    return unread(lab, "importer", "files listed and not read", told)


def check(lab: Lab) -> Why | None:
    """Traffic, then what else the role may now."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    s3 = lab.client("s3", lab.notes["host"].identity())
    beyond = {
        f"read {ARCHIVE}": lambda: s3.get_object(Bucket=ARCHIVE, Key="orders/2019.json"),
        f"list {ARCHIVE}": lambda: s3.list_objects_v2(Bucket=ARCHIVE),
        f"write into {BUCKET}": lambda: s3.put_object(Bucket=BUCKET, Key="orders-probe", Body=b""),
    }
    for told, ask in beyond.items():
        if refusal(ask) is None:
            return unmended(f"The importer works, but app-role can {told} now.", Fact("app-role", "may", told))
    return wide_role(lab, "app-role") or opened(lab, BUCKET) or opened(lab, ARCHIVE)
