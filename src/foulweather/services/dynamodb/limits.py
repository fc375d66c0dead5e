"""DynamoDB's quotas and sizes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.services.dynamodb import refusals

# Tables and indexes.
TABLES_MAX: Final = 2_500
GLOBAL_INDEXES_MAX: Final = 20
LOCAL_INDEXES_MAX: Final = 5
INDEX_KEYS_MAX: Final = 4
PROJECTED_MAX: Final = 100
TAGS_MAX: Final = 50
CONCURRENT_CHANGES_MAX: Final = 500
POLICY_BYTES_MAX: Final = 20_480
TABLE_CLASS_CHANGES_MS: Final = 30 * 86_400_000

# Items.
ITEM_BYTES_MAX: Final = 409_600
HASH_KEY_BYTES_MAX: Final = 2_048
SORT_KEY_BYTES_MAX: Final = 1_024
COLLECTION_BYTES_MAX: Final = 10 << 30

# Requests.
PAGE_BYTES_MAX: Final = 1 << 20
BATCH_GET_KEYS_MAX: Final = 100
BATCH_WRITES_MAX: Final = 25
BATCH_BYTES_MAX: Final = 16 << 20
TRANSACTION_ITEMS_MAX: Final = 100
TRANSACTION_BYTES_MAX: Final = 4 << 20
TOKEN_MS: Final = 600_000
SEGMENTS_MAX: Final = 1_000_000

# Throughput.
PARTITION_READ_UNITS: Final = 3_000
PARTITION_WRITE_UNITS: Final = 1_000
PARTITION_BYTES_MAX: Final = 10 << 30
BURST_S: Final = 300
TABLE_UNITS_MAX: Final = 40_000
TABLE_UNITS_QUOTA: Final = {"read": "L-CF0CBE56", "write": "L-AB614373"}
ACCOUNT_UNITS_MAX: Final = 80_000
ON_DEMAND_READ_UNITS: Final = 12_000
ON_DEMAND_WRITE_UNITS: Final = 4_000
DECREASES_AT_ONCE: Final = 4
MODE_CHANGES_PER_DAY: Final = 4
DAY_MS: Final = 86_400_000

# How long things take: not documented as far as we know; these are of the order that users report.
CREATE_MS: Final = 6_000
DELETE_MS: Final = 5_000
UPDATE_MS: Final = 10_000
INDEX_CREATE_MS: Final = 60_000
INDEX_DELETE_MS: Final = 30_000
BACKFILL_ITEMS_PER_S: Final = 10_000
BACKUP_MS: Final = 1_000
RESTORE_MS: Final = 60_000
TTL_CHANGE_MS: Final = 60_000
REPLICATION_MS: Final = 1_000
COUNTED_EVERY_MS: Final = 6 * 3_600_000
DROPPED_AT_ONCE: Final = 20_000
DROP_STEP_MS: Final = 20

# Exports and imports.
EXPORTS_MAX: Final = 300
IMPORTS_MAX: Final = 50
TRANSFERS_LISTED_MAX: Final = 25
TRANSFER_TOKEN_MS: Final = 8 * 3_600_000
TRANSFER_MS: Final = 60_000
EXPORT_WINDOW_MIN_MS: Final = 900_000
EXPORT_WINDOW_MAX_MS: Final = 86_400_000

# Point-in-time recovery.
RECOVERY_DAYS_MAX: Final = 35
RECOVERY_LAG_MS: Final = 300_000

# "AWS might throttle": control-plane operations share some ten calls a second.
RATES: dict[str, Rate] = {
    name: Rate(per_s, burst, "ThrottlingException", "Rate of requests exceeds the allowed throughput.")
    for name, per_s, burst in (
        ("DescribeLimits", 1, 60),
        ("CreateBackup", 50, 50),
        ("DeleteBackup", 10, 10),
        ("ListBackups", 5, 100),
    )
}

_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_TABLE_ARN = re.compile(r"arn:aws:dynamodb:([a-z0-9-]+):(\d{12}):table/([a-zA-Z0-9_.-]{3,255})(/.*)?")


@lru_cache(maxsize=4096)
def _is_bare_name(name: str) -> bool:
    return 3 <= len(name) <= 255 and _NAME.fullmatch(name) is not None


def place_of(name: str) -> tuple[str, str, str] | None:
    """Region, account and table of a table's ARN."""
    found = _TABLE_ARN.fullmatch(name)
    return None if found is None else (found[1], found[2], found[3])


def checked_table_name(name: str | None) -> str:
    """A table's name, or its ARN."""
    if name is None:
        raise refusals.detected(refusals.constraint("tableName", None, "Member must not be null"))
    if _is_bare_name(name):
        return name
    if name.startswith("arn:"):
        if place_of(name) is None:
            raise refusals.validation(f"Invalid TableArn: Invalid ResourceArn provided as input {name}")
        return name
    if not name:
        words = "Member must have length greater than or equal to 1"
        raise refusals.detected(refusals.constraint("tableName", name, words))
    if not 3 <= len(name) <= 255:
        raise refusals.validation("TableName must be at least 3 characters long and at most 255 characters long")
    raise bad_pattern("tableName", name)


def checked_index_name(name: str) -> str:
    """An index's name in a request that reads."""
    if not 3 <= len(name) <= 255:
        raise refusals.validation("IndexName must be at least 3 characters long and at most 255 characters long")
    if not _NAME.fullmatch(name):
        raise bad_pattern("indexName", name)
    return name


def bad_pattern(path: str, value: str) -> AwsError:
    """A name with characters that names do not have."""
    words = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    return refusals.detected(refusals.constraint(path, value, words))
