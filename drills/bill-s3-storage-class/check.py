"""Half of the storage's cost is gone, every document is there and opens at once, and it will stay so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stack import BUCKET, SIZE, clerks_of, scanner_of

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.meter.bill import storage_a_month
from foulweather.meter.price_book import price

TOO_DEAR = Decimal(1)
SAVED = Decimal("0.55")
VERSIONS_KEPT_DAYS = 7


def _share(lab: Lab) -> Decimal:
    """What the bucket costs a month, as a share of what its documents alone would cost in S3 Standard."""
    size = Decimal(SIZE * max(1, len(scanner_of(lab).keys))) / (1 << 30)
    return storage_a_month(lab.usage, BUCKET) / (size * price("s3", "standard-gb-month").amount)


def _told(lab: Lab) -> tuple[Fact, ...]:
    return (
        Fact(BUCKET, "storage a month, USD", f"{storage_a_month(lab.usage, BUCKET):.7f}"),
        shown(lab, f"arn:aws:s3:::{BUCKET}", "lifecycle", "configured" if _rules(lab) else "none"),
    )


def _rules(lab: Lab) -> list[dict[str, Any]]:
    try:
        found = lab.client("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    except AwsError:
        return []
    return [rule for rule in found if rule["Status"] == "Enabled"]


def symptom(lab: Lab) -> Why | None:
    """Storage that costs more than if all documents were new; looked at each day."""
    if lab.now_ms // MINUTE_MS % (24 * 60) != 9 * 60 or _share(lab) < TOO_DEAR:
        return None
    return unmended(
        f"The archive's storage costs {100 * _share(lab):.0f} % of what its documents would in S3 Standard.",
        Fact(BUCKET, "storage a month, USD", f"{storage_a_month(lab.usage, BUCKET):.7f}"),
    )


def check(lab: Lab) -> Why | None:
    """The documents, then their cost, then whether it lasts."""
    since_ms = lab.settling_since(lab.now_ms - 3 * DAY_MS)
    failed = [one for one in clerks_of(lab).opened if one.at_ms > since_ms and one.code]
    if failed:
        return unmended(
            f"{len(failed)} documents could not be opened while a customer waited: {failed[-1].code}.",
            Fact(f"arn:aws:s3:::{BUCKET}/{failed[-1].key}", "answer", failed[-1].code),
            shown(lab, f"arn:aws:s3:::{BUCKET}", "lifecycle", "configured" if _rules(lab) else "none"),
        )
    return _gone(lab) or _dear(lab) or _by_hand(lab)


def _gone(lab: Lab) -> Why | None:
    s3, kept = lab.client("s3"), 0
    for key in scanner_of(lab).keys:
        try:
            s3.head_object(Bucket=BUCKET, Key=key)
            kept += 1
        except AwsError:
            continue
    missing = len(scanner_of(lab).keys) - kept
    if missing:
        return unmended(f"{missing} documents are gone; they are kept for seven years.")
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix="index/").get("Versions", [])
    young = [one for one in versions if one["LastModified"] > lab.now_ms - VERSIONS_KEPT_DAYS * DAY_MS - HOUR_MS]
    if len(young) < VERSIONS_KEPT_DAYS - 1:
        return unmended("The index of a week ago cannot be brought back: its old versions are gone.")
    return None


def _dear(lab: Lab) -> Why | None:
    share = _share(lab)
    if share > SAVED:
        return unmended(
            f"The archive's storage costs {100 * share:.0f} % of what its documents would in S3 Standard; "
            f"{100 * SAVED:.0f} % is what it must come to.",
            *_told(lab),
        )
    return None


def _by_hand(lab: Lab) -> Why | None:
    rules = _rules(lab)
    if not any("AbortIncompleteMultipartUpload" in rule for rule in rules):
        return unmended(
            "It is tidy now; the phones' uploads will pile up again, and no rule removes them.", *_told(lab)
        )
    if not any("NoncurrentVersionExpiration" in rule for rule in rules):
        return unmended("It is tidy now; the index's old versions will pile up again.", *_told(lab))
    return None
