"""Every release is in a file, the trail is as it was, and the bucket lets in nobody else."""

from __future__ import annotations

from stack import ARN, BUCKET, TRAIL, Releases, logged_releases, trail_arn

from foulweather.drilling.judging import listed, shown, statements, too_broad, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 10 * MINUTE_MS


def _missing(lab: Lab, since_ms: int) -> list[str]:
    """The releases since then that are in no file ten minutes later."""
    releases = lab.app("orders-service")
    assert isinstance(releases, Releases)
    due = [number for number, at_ms in releases.made.items() if since_ms < at_ms <= lab.now_ms - DEADLINE_MS]
    logged = logged_releases(lab) if due else set[str]()
    return [number for number in due if number not in logged]


def symptom(lab: Lab) -> Why | None:
    """Five releases that are in no file."""
    missing = _missing(lab, lab.now_ms - 60 * MINUTE_MS)
    if len(missing) < 5:
        return None
    told = f"{len(missing)} releases of the last hour are in no log file of {BUCKET}."
    return unmended(told, Fact(ARN, "releases without a record", len(missing)))


def check(lab: Lab) -> Why | None:
    """Files first, those of the outage too; then the trail and the policy."""
    since_ms = lab.struck_at_ms or lab.now_ms - 8 * 60 * MINUTE_MS
    missing = _missing(lab, since_ms)
    trails, arn = lab.client("cloudtrail"), trail_arn(lab)
    status = trails.get_trail_status(Name=TRAIL)
    if missing:
        latest = Fact(arn, "LatestDeliveryError", status.get("LatestDeliveryError"))
        return unmended(f"Release {missing[0]} and {len(missing) - 1} more are in no log file of {BUCKET}.", latest)
    if not status["IsLogging"]:
        return unmended("The trail does not log.", shown(lab, arn, "IsLogging", False))
    (trail,) = trails.describe_trails(trailNameList=[TRAIL])["trailList"]
    if trail["S3BucketName"] != BUCKET:
        told = "Log files are written again, but to another bucket: the auditors read this one."
        return unmended(told, shown(lab, arn, "S3BucketName", trail["S3BucketName"]))
    if trail.get("KmsKeyId") != lab.notes["key"]:
        told = "Log files are written again, but not encrypted with the audit key."
        return unmended(told, shown(lab, arn, "KmsKeyId", trail.get("KmsKeyId")))
    return _policy(lab)


def _policy(lab: Lab) -> Why | None:
    try:
        policy = lab.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
    except AwsError as error:
        return unmended("The bucket has no policy.", because=[error.why])
    seen = shown(lab, ARN, "Policy", policy)
    broad = too_broad(policy, needs_source=True)
    if broad is not None:
        return unmended(f"Log files are written again, but the bucket is open to more than this trail: {broad}.", seen)
    for statement in statements(policy):
        tests = statement.get("Condition", {})
        sources = [one for test in tests.values() for one in listed(test.get("aws:SourceArn"))]
        if any(one != trail_arn(lab) for one in sources):
            return unmended("Log files are written again, but other trails may write to the bucket, too.", seen)
    return None
