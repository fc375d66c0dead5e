"""How a version stands with what S3 does by itself: when it expires, whether it is archived or replicated.

Members of results, for whoever answers about a version or an upload.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from foulweather.kernel.call import Call
from foulweather.services.s3 import storage_classes
from foulweather.services.s3.dates import http_date
from foulweather.services.s3.lifecycle_rules import after_days, compiled, compiled_rule, expiry
from foulweather.services.s3.records import Bucket, Upload, Version
from foulweather.services.s3.state import S3State


def members(call: Call, bucket: Bucket, version: Version) -> dict[str, Any]:
    """What GetObject and HeadObject tell besides: `Restore`, `ArchiveStatus`, `ReplicationStatus`, `Expiration`."""
    told = storage_classes.members(version, call.now)
    replication = replication_status(version)
    if replication:
        told["ReplicationStatus"] = replication
    if "lifecycle" in bucket.settings and call.state(S3State).shelves[bucket.name].newest(version.key) is version:
        told.update(expiration(bucket, version))
    return told


def replication_status(version: Version) -> str:
    """`x-amz-replication-status`: a source's is COMPLETED when every destination has it; empty where there is none."""
    notes = version.notes
    if "replica" in notes:
        return "REPLICA"
    statuses: dict[str, str] | None = notes.get("replication")
    if not statuses:
        return ""
    found = set(statuses.values())
    return "FAILED" if "FAILED" in found else "PENDING" if "PENDING" in found else "COMPLETED"


def expiration(bucket: Bucket, version: Version) -> dict[str, str]:
    """`Expiration` of a current version, while a lifecycle rule is to expire it."""
    if "lifecycle" not in bucket.settings:
        return {}
    soonest: tuple[int, str] | None = None
    for given in bucket.settings["lifecycle"]["Rules"]:
        if given["Status"] != "Enabled" or "Expiration" not in given:
            continue
        rule = compiled_rule(given)
        when_ms = expiry(rule, version)
        if when_ms is not None and rule.means(version) and (soonest is None or when_ms < soonest[0]):
            soonest = when_ms, rule.id
    if soonest is None:
        return {}
    return {"Expiration": f'expiry-date="{http_date(soonest[0])}", rule-id="{quote(soonest[1], safe="")}"'}


def abortion(bucket: Bucket, upload: Upload) -> dict[str, Any]:
    """`AbortDate` and `AbortRuleId` of an upload that a lifecycle rule is to abort."""
    if "lifecycle" not in bucket.settings:
        return {}
    found = [
        (after_days(upload.initiated_ms, rule.abort_days), rule.id)
        for rule in compiled(bucket.settings["lifecycle"])
        if rule.abort_days is not None and upload.key.startswith(rule.prefix)
    ]
    if not found:
        return {}
    when_ms, rule_id = min(found)
    return {"AbortDate": when_ms, "AbortRuleId": rule_id}
