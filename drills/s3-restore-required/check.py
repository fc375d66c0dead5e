"""Every statement can be opened, for as long as the audit lasts, and no further one is archived meanwhile."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from stack import BUCKET, PREFIX, portal_of, statements_of

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, HOUR_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

AUDIT_MS = 14 * DAY_MS
PATIENCE_MS = 5 * HOUR_MS + HOUR_MS // 2
ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
READABLE_DAYS = 3 * 365


def symptom(lab: Lab) -> Why | None:
    """Statements that could not be opened in the last hour."""
    failed = [one for one in portal_of(lab).opened if one.at_ms > lab.now_ms - HOUR_MS and one.code]
    if len(failed) < 3:
        return None
    return unmended(
        f"{len(failed)} statements could not be opened in the last hour.",
        Fact(f"arn:aws:s3:::{BUCKET}/{failed[-1].key}", "answer", failed[-1].code),
    )


def check(lab: Lab) -> Why | None:
    """What was opened, then how long it can be, then what the rules will do."""
    judged_ms = lab.settling_since(lab.now_ms - HOUR_MS - PATIENCE_MS) + PATIENCE_MS
    failed = [one for one in portal_of(lab).opened if one.at_ms > judged_ms and one.code]
    if failed:
        return unmended(
            f"{len(failed)} statements could still not be opened five and a half hours later.",
            _stored(lab, failed[-1].key),
        )
    for key in statements_of(lab).written:
        found = _unreadable_soon(lab, key)
        if found is not None:
            return found
    return _next_to_go(lab)


def _head(lab: Lab, key: str) -> dict[str, Any]:
    return lab.client("s3").head_object(Bucket=BUCKET, Key=key)


def _stored(lab: Lab, key: str) -> Fact:
    told = _head(lab, key)
    return shown(lab, f"arn:aws:s3:::{BUCKET}/{key}", "StorageClass", told.get("StorageClass", "STANDARD"))


def _unreadable_soon(lab: Lab, key: str) -> Why | None:
    """Why a statement cannot be opened for as long as the audit lasts."""
    try:
        told = _head(lab, key)
    except AwsError as error:
        return unmended(f"Statement {key} is gone.", Fact(f"arn:aws:s3:::{BUCKET}/{key}", "answer", error.code))
    if told.get("StorageClass", "STANDARD") not in ARCHIVES:
        return None
    restore = told.get("Restore", "")
    facts = (_stored(lab, key), Fact(f"arn:aws:s3:::{BUCKET}/{key}", "Restore", restore or "never asked for"))
    if 'ongoing-request="false"' not in restore:
        return unmended(f"Statement {key} is archived and cannot be opened.", *facts)
    until: datetime = parsedate_to_datetime(restore.partition('expiry-date="')[2].rstrip('"'))
    left_ms = int(until.timestamp()) * 1000 - lab.now_ms
    if left_ms < AUDIT_MS - DAY_MS:
        return unmended(
            f"Statement {key} can be opened for {left_ms // HOUR_MS} hours; the audit lasts longer.", *facts
        )
    return None


def _next_to_go(lab: Lab) -> Why | None:
    """Why further statements will be out of reach."""
    try:
        rules: list[dict[str, Any]] = lab.client("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    except AwsError:
        return unmended("No rule is left: statements stay in S3 Standard for good, at six times the price.")
    saving = False
    for rule in rules:
        if rule["Status"] != "Enabled" or not PREFIX.startswith((rule.get("Filter") or {}).get("Prefix", "")):
            continue
        for transition in rule.get("Transitions", []):
            days = transition.get("Days", 0)
            if transition["StorageClass"] in ARCHIVES and days < READABLE_DAYS:
                fact = shown(
                    lab, f"arn:aws:s3:::{BUCKET}", "lifecycle", f"{transition['StorageClass']} after {days} days"
                )
                return unmended("All can be opened, and the next that comes of age will be archived again.", fact)
            saving = saving or days <= 90
        if "Expiration" in rule and rule["Expiration"].get("Days", READABLE_DAYS) < READABLE_DAYS:
            return unmended("A rule deletes statements that must be kept.")
    if not saving:
        return unmended("Statements stay in S3 Standard for good, at six times the price.")
    return None
