"""Intelligent-Tiering: which tier an object is in by when it was last used, and how it moves.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from foulweather.services.s3.lifecycle_rules import SMALL_BYTES, Step, after_days, filter_of
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.storage_classes import ACCESSED, CLASS_SINCE, FREQUENT, tier_of

CLASS: Final = "INTELLIGENT_TIERING"
INFREQUENT_DAYS: Final = 30
INSTANT_DAYS: Final = 90
TIERS: Final = (FREQUENT, "INFREQUENT", "ARCHIVE_INSTANT", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")


def steps(bucket: Bucket, version: Version) -> Iterator[Step]:
    """The tiers that an object moves to if nobody uses it; small ones are not watched, and stay."""
    if version.size < SMALL_BYTES:
        return
    since_ms = max(version.modified_ms, version.notes.get(CLASS_SINCE, 0), version.notes.get(ACCESSED, 0))
    days = {"INFREQUENT": INFREQUENT_DAYS, "ARCHIVE_INSTANT": INSTANT_DAYS, **_archives(bucket, version)}
    now_in = TIERS.index(tier_of(version))
    for tier, count in days.items():
        if TIERS.index(tier) > now_in:
            yield Step(after_days(since_ms, count), "tier", "", tier)


def _archives(bucket: Bucket, version: Version) -> dict[str, int]:
    """The archive tiers that a bucket's configurations opt an object into, each after the fewest days."""
    found: dict[str, int] = {}
    for name, configuration in bucket.settings.items():
        if not name.startswith("intelligent-tiering/") or configuration["Status"] != "Enabled":
            continue
        if not selects(configuration.get("Filter"), version):
            continue
        for tiering in configuration["Tierings"]:
            tier: str = tiering["AccessTier"]
            found[tier] = min(found.get(tier, tiering["Days"]), tiering["Days"])
    return found


def selects(given: dict[str, Any] | None, version: Version) -> bool:
    """Whether a filter of prefix and tags lets an object through."""
    selected = filter_of({"Filter": given or {}})
    if not version.key.startswith(selected.get("Prefix") or ""):
        return False
    tags = version.about.tags
    return all(tags.get(tag["Key"]) == tag["Value"] for tag in selected.get("Tags") or ())
