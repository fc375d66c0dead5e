"""The four tests of the security team, after the traffic."""

from __future__ import annotations

from stack import BUCKET, CONTRACT

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import opened, refusal, unread, unserved, wide_role
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five pictures without a thumbnail."""
    told = "{} pictures are in the list and cannot be read."
    return unread(lab, "thumbnails", "pictures listed and not read", told)


def check(lab: Lab) -> Why | None:
    """Traffic, then what must be refused."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    s3 = lab.client("s3", lab.notes["host"].identity())
    beyond = {
        f"read {CONTRACT}": lambda: s3.get_object(Bucket=BUCKET, Key=CONTRACT),
        "list the root of the bucket": lambda: s3.list_objects_v2(Bucket=BUCKET, Delimiter="/"),
        "list everything": lambda: s3.list_objects_v2(Bucket=BUCKET),
        "list contracts/": lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="contracts/"),
    }
    for told, ask in beyond.items():
        if refusal(ask) is None:
            return unmended(f"Thumbnails are made, but app-role can {told}.", Fact("app-role", "may", told))
    return wide_role(lab, "app-role") or opened(lab, BUCKET)
