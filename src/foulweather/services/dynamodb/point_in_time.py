"""Continuous backups: a table as it was at any second of the last days.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import definitions, history, limits, refusals
from foulweather.services.dynamodb.descriptions import described
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.recovery import check_recovers, table_by_name, window
from foulweather.services.dynamodb.restoring import restored, target_name
from foulweather.services.dynamodb.standing import stands

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DescribeContinuousBackupsInput,
        DescribeContinuousBackupsOutput,
        RestoreTableToPointInTimeInput,
        RestoreTableToPointInTimeOutput,
        UpdateContinuousBackupsInput,
        UpdateContinuousBackupsOutput,
    )


def update_continuous_backups(call: Call, request: UpdateContinuousBackupsInput) -> UpdateContinuousBackupsOutput:
    """Turn point-in-time recovery on or off; turning it off forgets what was kept."""
    definitions.check_model(call, request)
    live = table_by_name(call, request["TableName"])
    given = request["PointInTimeRecoverySpecification"]
    is_enabled, days = given["PointInTimeRecoveryEnabled"], given.get("RecoveryPeriodInDays")
    if days is not None and not is_enabled:
        raise refusals.validation("RecoveryPeriodInDays can only be specified when PointInTimeRecovery is enabled")
    row = live.row
    if is_enabled:
        row.recovery_days = days or row.recovery_days or limits.RECOVERY_DAYS_MAX
        row.recovery_since_ms = row.recovery_since_ms or call.now
    else:
        row.recovery_since_ms = row.recovery_days = 0
        history.forget(live)
    live.state.tables.touch(row.name)
    call.changed("dynamodb.ContinuousBackupsUpdated", row.arn, PointInTimeRecoveryEnabled=is_enabled)
    stands(call, live)
    return {"ContinuousBackupsDescription": _description(call, live)}  # type: ignore[typeddict-item]


def describe_continuous_backups(call: Call, request: DescribeContinuousBackupsInput) -> DescribeContinuousBackupsOutput:
    """Whether a table can be restored, and to when."""
    definitions.check_model(call, request)
    return {"ContinuousBackupsDescription": _description(call, table_by_name(call, request["TableName"]))}  # type: ignore[typeddict-item]


def restore_table_to_point_in_time(
    call: Call, request: RestoreTableToPointInTimeInput
) -> RestoreTableToPointInTimeOutput:
    """Make a new table of another as it was at a time."""
    definitions.check_model(call, request)
    name = target_name(call, request)
    source = request.get("SourceTableName") or request.get("SourceTableArn")
    if source is None:
        raise refusals.validation("One of SourceTableName or SourceTableArn must be specified")
    live = table_by_name(call, source)
    check_recovers(call, live)
    earliest, latest = window(call, live)
    given = request.get("RestoreDateTime")
    if request.get("UseLatestRestorableTime"):
        if given is not None:
            raise refusals.validation("RestoreDateTime cannot be specified when UseLatestRestorableTime is true")
        at_ms = latest
    elif given is None:
        raise refusals.validation("One of RestoreDateTime or UseLatestRestorableTime must be specified")
    else:
        at_ms: int = given  # type: ignore[no-redef, assignment]
    if not earliest <= at_ms <= latest:
        raise AwsError(
            "InvalidRestoreTimeException",
            f"An invalid restore time was specified. RestoreDateTime must be between {earliest} and {latest}.",
            facts=(
                Fact(live.arn, "EarliestRestorableDateTime", earliest),
                Fact(live.arn, "LatestRestorableDateTime", latest),
            ),
        )
    rows = history.rows_at(live, at_ms)
    made = restored(call, live.row, name, rows.items(), request)
    return {"TableDescription": described(made, call.now)}  # type: ignore[typeddict-item]


def _description(call: Call, live: LiveTable) -> dict[str, Any]:
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if live.row.recovery_since_ms:
        earliest, latest = window(call, live)
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": live.row.recovery_days,
            "EarliestRestorableDateTime": earliest,
            "LatestRestorableDateTime": latest,
        }
    return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
