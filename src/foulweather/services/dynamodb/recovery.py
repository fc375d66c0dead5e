"""How far back a table can be recovered, for restores and exports."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.state import named


def table_by_name(call: Call, name: str) -> LiveTable:
    """A table by name or ARN, for operations that know it under TableNotFoundException."""
    state, table_name, arn = named(call, name)
    live = state.table(table_name, call.now)
    if live is None:
        raise AwsError("TableNotFoundException", f"Table not found: {table_name}", facts=(Fact(arn, "exists", False),))
    return live


def check_recovers(call: Call, live: LiveTable) -> None:
    """Refuse a table whose past is not kept."""
    if live.row.recovery_since_ms:
        return
    raise AwsError(
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{live.row.name}'",
        facts=(call.fact(live.arn, "PointInTimeRecoveryEnabled", False),),
        remedy=(
            f"aws dynamodb update-continuous-backups --table-name {live.row.name} "
            "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        ),
    )


def window(call: Call, live: LiveTable) -> tuple[int, int]:
    """The earliest and the latest time that a table can be restored to."""
    row = live.row
    earliest = max(row.recovery_since_ms, call.now - row.recovery_days * limits.DAY_MS)
    # "LatestRestorableDateTime is typically 5 minutes before the current time."
    return earliest, max(earliest, call.now - limits.RECOVERY_LAG_MS)
