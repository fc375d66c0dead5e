"""Kinesis streams that a table's changes are sent to: enabled, disabled, described.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.dynamodb import definitions, refusals, sending
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import KinesisDestination
from foulweather.services.dynamodb.state import found

Request = Mapping[str, Any]
# How long it takes is not documented; here:
SETTLE_MS = 5_000
PRECISION = "ApproximateCreationDateTimePrecision"


async def enable_kinesis_streaming_destination(call: Call, request: Request) -> dict[str, Any]:
    """Have a table's changes sent to a stream that the caller may write to, by a role that is made for it."""
    definitions.check_model(call, request)
    name, arn = request["TableName"], request["StreamArn"]
    live = _ready(call, name)
    configuration: Request = request.get("EnableKinesisStreamingConfiguration") or {}
    held = _held(live, arn)
    if held is not None and held.status not in ("DISABLED", "ENABLE_FAILED"):
        raise _wrong_state(call, live, held, "enable", "ENABLE", "DISABLED or ENABLE_FAILED")
    others = [each.stream_arn for each in live.row.kinesis if each.status not in ("DISABLED", "ENABLE_FAILED")]
    if others:
        raise AwsError(
            "LimitExceededException",
            "A table can have one Kinesis streaming destination at a time.",
            facts=(Fact(live.arn, "KinesisDataStreamDestinations", others),),
        )
    await _check_stream(call, arn)
    await sending.ensure_role(call)
    call.reread_clock()
    live = _ready(call, name)
    live.row.kinesis = [each for each in live.row.kinesis if each.stream_arn != arn]
    destination = KinesisDestination(arn, "ENABLING", configuration.get(PRECISION, "MILLISECOND"))
    live.row.kinesis.append(destination)
    told = _told(call, live, destination)
    return told | ({"EnableKinesisStreamingConfiguration": configuration} if configuration else {})


def disable_kinesis_streaming_destination(call: Call, request: Request) -> dict[str, Any]:
    """Send no more changes; neither the table nor the stream is deleted."""
    definitions.check_model(call, request)
    live = found(call, request["TableName"])
    destination = _held(live, request["StreamArn"])
    if destination is None or destination.status != "ACTIVE":
        raise _wrong_state(call, live, destination, "disable", "DISABLE", "ACTIVE")
    destination.status = "DISABLING"
    return _told(call, live, destination)


def update_kinesis_streaming_destination(call: Call, request: Request) -> dict[str, Any]:
    """Change how fine the times in the records are."""
    definitions.check_model(call, request)
    live = found(call, request["TableName"])
    destination = _held(live, request["StreamArn"])
    if destination is None or destination.status != "ACTIVE":
        raise _wrong_state(call, live, destination, "update", "UPDATE", "ACTIVE")
    configuration: Request = request.get("UpdateKinesisStreamingConfiguration") or {}
    wanted = configuration.get(PRECISION)
    if wanted is None or wanted == destination.precision:
        raise refusals.validation(
            f"Invalid Request: Precision is already set to the desired value of {destination.precision} for tableName: "
            f"{live.row.name}, streamArn: {destination.stream_arn}",
            call.fact(live.arn, PRECISION, destination.precision),
        )
    destination.precision, destination.status = wanted, "UPDATING"
    return _told(call, live, destination) | {"UpdateKinesisStreamingConfiguration": configuration}


def describe_kinesis_streaming_destination(call: Call, request: Request) -> dict[str, Any]:
    """The streams that a table's changes are or were sent to."""
    definitions.check_model(call, request)
    live = found(call, request["TableName"])
    listed = [
        {"StreamArn": each.stream_arn, "DestinationStatus": each.status, PRECISION: each.precision}
        for each in live.row.kinesis
    ]
    return {"TableName": live.row.name, "KinesisDataStreamDestinations": listed}


def _ready(call: Call, name: str) -> LiveTable:
    live = found(call, name)
    if live.row.status not in ("ACTIVE", "UPDATING"):
        message = f"Attempt to change a resource which is still in use: Table is being changed: {live.row.name}"
        raise refusals.table_in_use(live.arn, message, live.row.status)
    return live


def _held(live: LiveTable, arn: str) -> KinesisDestination | None:
    return next((each for each in live.row.kinesis if each.stream_arn == arn), None)


def _wrong_state(
    call: Call, live: LiveTable, held: KinesisDestination | None, what: str, operation: str, wanted: str
) -> AwsError:
    status = "DISABLED" if held is None else held.status
    return refusals.validation(
        f"Table is not in a valid state to {what} Kinesis Streaming Destination: KinesisStreamingDestination must be "
        f"{wanted} to perform {operation} operation.",
        call.fact(live.arn, "DestinationStatus", status),
    )


async def _check_stream(call: Call, arn: str) -> None:
    """The caller needs kinesis:DescribeStream on the stream, which is in the table's account and Region."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] != "kinesis" or (parts[3], parts[4]) != (call.region, call.account):
        raise refusals.validation(f"Invalid StreamArn: {arn}", Fact("request", "StreamArn", arn))
    try:
        answer = call.forwarded("dynamodb").kinesis.describe_stream({"StreamARN": arn})
        told = await answer if inspect.isawaitable(answer) else answer
    except AwsError as error:
        if error.status == 501:
            raise
        code = "ResourceNotFoundException" if error.code == "ResourceNotFoundException" else "ValidationException"
        message = "User does not have a permission to use kinesis stream"
        if code == "ResourceNotFoundException":
            message = f"Requested resource not found: {error.message}"
        why = Why(error.why.decision, message, (Fact("request", "StreamArn", arn),), because=(error.why,))
        raise AwsError(code, message, 400, why=why) from error
    status = told["StreamDescription"]["StreamStatus"]
    if status not in ("ACTIVE", "UPDATING"):
        raise AwsError(
            "ResourceInUseException",
            f"Attempt to use a Kinesis stream that is {status}: {arn}",
            facts=(Fact(arn, "StreamStatus", status),),
        )


def _told(call: Call, live: LiveTable, destination: KinesisDestination) -> dict[str, Any]:
    row = live.row
    live.state.configured(live, call.now)
    call.changed(
        "dynamodb.KinesisDestinationSet",
        row.arn,
        StreamArn=destination.stream_arn,
        DestinationStatus=destination.status,
        ApproximateCreationDateTimePrecision=destination.precision,
    )
    call.later(
        call.now + SETTLE_MS,
        "dynamodb.destination_settled",
        table=row.name,
        table_id=row.id,
        arn=destination.stream_arn,
    )
    return {
        "TableName": row.name,
        "StreamArn": destination.stream_arn,
        "DestinationStatus": destination.status,
    }
