"""The shop reads over its endpoint, the office as before, and nobody from elsewhere."""

from __future__ import annotations

from stack import BUCKET, ELSEWHERE, OFFICE, OTHER_VPC

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import opened, refusal, refused, unserved, wide_role
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five rounds of the shop refused."""
    return refused(lab, "shop", "rounds refused", "The shop was refused {} times")


def _asked_from(lab: Lab, origin: object) -> AwsError | None:
    identity = lab.notes["shop"].identity()
    identity.origin = origin
    return refusal(lambda: lab.client("s3", identity).list_objects_v2(Bucket=BUCKET, Prefix="prices/"))


def check(lab: Lab) -> Why | None:
    """Traffic, then each network."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    office = _asked_from(lab, OFFICE)
    if office is not None:
        return unmended(f"From the office the shop's role is refused now: {office.message}", because=[office.why])
    for where, origin in (("any address", ELSEWHERE), ("any VPC endpoint", OTHER_VPC)):
        if _asked_from(lab, origin) is None:
            policy = refusal(lambda: lab.client("s3").get_bucket_policy(Bucket=BUCKET))
            return unmended(
                f"The shop works, but with its credentials the bucket can be read from {where}.",
                Fact("app-role", "may s3:ListBucket from", origin.vpc_endpoint or origin.ip),
                shown(lab, f"arn:aws:s3:::{BUCKET}", "Policy", "deleted" if policy is not None else "set"),
            )
    return wide_role(lab, "app-role") or opened(lab, BUCKET)
