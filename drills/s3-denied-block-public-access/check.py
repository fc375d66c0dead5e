"""Anybody reads the press kit, writes nothing, and reads nothing else."""

from __future__ import annotations

from stack import ARCHIVE, BUCKET, EXPORTS, Visitors, nobody

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import refusal, unserved
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Visitors refused, five rounds."""
    visitors = lab.app("visitors")
    assert isinstance(visitors, Visitors)
    refused = [run for run in visitors.runs_since(lab.struck_at_ms or lab.now_ms) if run.error is not None]
    if len(refused) < 5:
        return None
    missing = [key for key in visitors.office.uploaded if key not in visitors.got]
    return unmended(
        f"{len(missing)} pictures cannot be seen by anybody: {refused[-1].told}",
        Fact("visitors", "pictures not seen", len(missing)),
    )


def check(lab: Lab) -> Why | None:
    """Traffic, then what else is open."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    s3, arn = nobody(lab), f"arn:aws:s3:::{BUCKET}"
    beyond = {
        "list the press kit": lambda: s3.list_objects_v2(Bucket=BUCKET),
        "write into the press kit": lambda: s3.put_object(Bucket=BUCKET, Key="photos/probe", Body=b""),
        "delete from the press kit": lambda: s3.delete_object(Bucket=BUCKET, Key="photos/none"),
    }
    for told, ask in beyond.items():
        if refusal(ask) is None:
            return unmended(f"Pictures are seen again, but anybody can {told}.", shown(lab, arn, "Policy", "too wide"))
    if not lab.struck_at_ms:
        return None
    others = {
        (EXPORTS, "2026/customers.csv"): "RestrictPublicBuckets",
        (ARCHIVE, "backup/customers.sql"): "IgnorePublicAcls",
    }
    for (bucket, key), flag in others.items():
        if refusal(lambda bucket=bucket, key=key: s3.get_object(Bucket=bucket, Key=key)) is None:
            place = f"arn:aws:s3::{lab.account}:account"
            return unmended(
                f"Pictures are seen again, and so is {bucket}/{key}, which the containment had shut.",
                Fact(f"arn:aws:s3:::{bucket}", "anybody may s3:GetObject", key),
                shown(lab, place, flag, False),
            )
    return None
