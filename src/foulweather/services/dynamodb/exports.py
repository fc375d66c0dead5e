"""Exports of a table to S3, as it was at a second of the past.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import definitions, limits, refusals, transfers
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Transfer
from foulweather.services.dynamodb.recovery import check_recovers, table_by_name, window
from foulweather.services.dynamodb.state import DynamoState
from foulweather.services.dynamodb.tokens import digest_of

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DescribeExportInput,
        DescribeExportOutput,
        ExportTableToPointInTimeInput,
        ExportTableToPointInTimeOutput,
        ListExportsInput,
        ListExportsOutput,
    )

COPIED = ("S3BucketOwner", "S3Prefix", "S3SseAlgorithm", "S3SseKmsKeyId", "ClientToken")


def export_table_to_point_in_time(call: Call, request: ExportTableToPointInTimeInput) -> ExportTableToPointInTimeOutput:
    """Begin to write a table, or what changed in it, to a bucket; it costs no read units."""
    definitions.check_model(call, request)
    transfers.refuse_format(call, "ExportFormat", request.get("ExportFormat"), ("DYNAMODB_JSON",))
    live = table_by_name(call, request["TableArn"])
    state, digest = call.state(DynamoState), digest_of(request)
    held = transfers.again(call, state.exports, request, digest, "ExportConflictException")
    if held is not None:
        return {"ExportDescription": held.told}  # type: ignore[typeddict-item]
    check_recovers(call, live)
    times = _times(call, live, request)
    transfers.check_count(state.exports, "ExportStatus", limits.EXPORTS_MAX, "exports")
    arn = f"{live.arn}/export/{call.now:014d}-{call.world.ids.hex(8)}"
    told: dict[str, Any] = {
        "ExportArn": arn,
        "ExportStatus": "IN_PROGRESS",
        "StartTime": call.now,
        "TableArn": live.arn,
        "TableId": live.row.id,
        "S3Bucket": request["S3Bucket"],
        "S3SseAlgorithm": "AES256",
        "ExportFormat": "DYNAMODB_JSON",
        **{name: request[name] for name in COPIED if request.get(name) is not None},  # type: ignore[literal-required]
        **times,
    }
    state.exports.put(arn, Transfer(arn, told, call.principal, digest))
    call.changed("dynamodb.ExportStarted", arn, TableName=live.row.name, S3Bucket=request["S3Bucket"])
    call.later(call.now + limits.TRANSFER_MS, "dynamodb.export_table", arn=arn)
    return {"ExportDescription": told}  # type: ignore[typeddict-item]


def _times(call: Call, live: LiveTable, request: Mapping[str, Any]) -> dict[str, Any]:
    earliest, latest = window(call, live)
    given = request.get("IncrementalExportSpecification")
    if request.get("ExportType", "FULL_EXPORT") == "FULL_EXPORT":
        if given is not None:
            raise refusals.validation("IncrementalExportSpecification can only be specified for INCREMENTAL_EXPORT")
        # Without a time it is the present: everything up to it is in the history.
        at_ms = request.get("ExportTime", call.now)
        if not earliest <= at_ms <= call.now:
            raise _bad_time(live, earliest, latest)
        return {"ExportType": "FULL_EXPORT", "ExportTime": at_ms}
    if request.get("ExportTime") is not None:
        raise refusals.validation("ExportTime cannot be specified for INCREMENTAL_EXPORT")
    if not given or given.get("ExportFromTime") is None:
        raise refusals.validation("IncrementalExportSpecification.ExportFromTime must be specified")
    from_ms, to_ms = given["ExportFromTime"], given.get("ExportToTime", call.now)
    if not earliest <= from_ms <= to_ms <= call.now:
        raise _bad_time(live, earliest, latest)
    if not limits.EXPORT_WINDOW_MIN_MS <= to_ms - from_ms <= limits.EXPORT_WINDOW_MAX_MS:
        raise refusals.validation(
            "The difference between ExportFromTime and ExportToTime must be at least 15 minutes and at most 24 hours"
        )
    view = given.get("ExportViewType", "NEW_AND_OLD_IMAGES")
    specification = {"ExportFromTime": from_ms, "ExportToTime": to_ms, "ExportViewType": view}
    return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": specification}


def _bad_time(live: LiveTable, earliest: int, latest: int) -> AwsError:
    return AwsError(
        "InvalidExportTimeException",
        "The specified ExportTime is outside of the point in time recovery window.",
        facts=(
            Fact(live.arn, "EarliestRestorableDateTime", earliest),
            Fact(live.arn, "LatestRestorableDateTime", latest),
        ),
    )


def describe_export(call: Call, request: DescribeExportInput) -> DescribeExportOutput:
    """An export and how it is going."""
    definitions.check_model(call, request)
    arn = request["ExportArn"]
    held = call.state(DynamoState).exports.get(arn)
    if held is None:
        raise AwsError("ExportNotFoundException", f"Export not found: {arn}", facts=(Fact(arn, "exists", False),))
    return {"ExportDescription": held.told}  # type: ignore[typeddict-item]


def list_exports(call: Call, request: ListExportsInput) -> ListExportsOutput:
    """The account's exports in this Region, or those of one table."""
    definitions.check_model(call, request)
    members = ("ExportArn", "ExportStatus", "ExportType")
    told, token = transfers.listed(call.state(DynamoState).exports, request, "MaxResults", members)
    return {"ExportSummaries": told, **({"NextToken": token} if token else {})}  # type: ignore[return-value, typeddict-item]
