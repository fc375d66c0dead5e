"""The role reads, others do not, and the policy would survive the next replacement."""

from __future__ import annotations

import re

from stack import ARN, BUCKET, OTHER, policy_now

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Uploader, opened, refusal, unread, unserved, wide_role
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS
_UNIQUE_ID = re.compile(r"\b(AROA|AIDA)[A-Z0-9]{12,}")


def symptom(lab: Lab) -> Why | None:
    """Five reports that are not read."""
    return unread(lab, "reader", "reports not read", "{} reports are there and cannot be read by app-role.")


def check(lab: Lab) -> Why | None:
    """Traffic, the others, the policy."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    reports = lab.app("reports")
    assert isinstance(reports, Uploader)
    key = list(reports.uploaded)[-1]
    s3 = lab.client("s3", lab.notes["analyst"].identity())
    if refusal(lambda: s3.get_object(Bucket=BUCKET, Key=key)) is None:
        told = "app-role reads its reports, but analyst-role can read them now, too."
        return unmended(told, Fact("analyst-role", "may s3:GetObject", key))
    lost = refusal(lambda: s3.get_object(Bucket=OTHER, Key="march.csv"))
    if lost is not None:
        return unmended(f"analyst-role cannot read {OTHER} any more, which it may: {lost.message}", because=[lost.why])
    wide = wide_role(lab, "app-role") or opened(lab, BUCKET)
    return wide or (_by_id(lab) if lab.struck_at_ms else None)


def _by_id(lab: Lab) -> Why | None:
    policy = policy_now(lab)
    found = _UNIQUE_ID.search(str(policy))
    if found is None:
        return None
    return unmended(
        f"app-role reads again, but the bucket policy still has the unique id {found[0]} in it: "
        "the next replacement of the role locks it out once more.",
        shown(lab, ARN, "Policy", policy),
    )
