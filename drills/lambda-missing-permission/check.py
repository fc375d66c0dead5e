"""Orders are booked with their receipts, and the role may write these, nothing else."""

from __future__ import annotations

from stack import BUCKET, FUNCTION, OTHER, ROLE

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.functions import LOGGING, allowed, failing, function_of, unserved
from foulweather.drilling.load.storage import opened, wide_role
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five orders that failed."""
    return failing(lab, "shop", "{} customers could not order")


def check(lab: Lab) -> Why | None:
    """Traffic, then receipts, then what the role may."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    return unserved(lab, "shop", since_ms) or (_receipts(lab) if lab.struck_at_ms else None) or _role(lab)


def _receipts(lab: Lab) -> Why | None:
    contents = lab.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    if not contents:
        return unmended("Orders go through, and nobody gets a receipt.", Fact(BUCKET, "receipts", 0))
    return None


def _role(lab: Lab) -> Why | None:
    if function_of(lab, FUNCTION)["Configuration"]["Role"] != f"arn:aws:iam::{lab.account}:role/{ROLE}":
        return unmended(f"{FUNCTION} works by another role now.", Fact(FUNCTION, "Role", "another"))
    beyond = {
        f"read {OTHER}": ("s3:GetObject", f"arn:aws:s3:::{OTHER}/2026/march.csv"),
        f"write to {OTHER}": ("s3:PutObject", f"arn:aws:s3:::{OTHER}/2026/march.csv"),
        "delete receipts": ("s3:DeleteObject", f"arn:aws:s3:::{BUCKET}/2026/any.txt"),
    }
    for told, (action, resource) in beyond.items():
        if allowed(lab, ROLE, action, resource):
            return unmended(f"Orders are booked, but {ROLE} can {told} now.", Fact(ROLE, "may", told))
    return wide_role(lab, ROLE, but=LOGGING) or opened(lab, BUCKET)
