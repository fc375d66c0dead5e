"""Destinations changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import checking, refusals, roles
from foulweather.services.firehose.records import Delivery
from foulweather.services.firehose.state import located, require_active

Request = Mapping[str, Any]


async def update_destination(call: Call, request: Request) -> dict[str, Any]:
    """Change what an update names of a destination; the rest stays as it is."""
    state, live = located(call, request["DeliveryStreamName"])
    stream = require_active(call, live)
    if request["CurrentDeliveryStreamVersionId"] != str(stream.version):
        raise AwsError(
            "ConcurrentModificationException",
            f"Cannot update firehose: {stream.name} since the current version id: {stream.version} and specified "
            f"version id: {request['CurrentDeliveryStreamVersionId']} do not match",
            facts=(Fact(stream.arn, "VersionId", stream.version),),
        )
    if request["DestinationId"] != "destinationId-000000000001":
        raise refusals.invalid(
            f"Destination Id {request['DestinationId']} not found",
            Fact(stream.arn, "DestinationId", "destinationId-000000000001"),
        )
    named = [name for name in request if name.endswith("DestinationUpdate")]
    if len(named) != 1:
        raise refusals.invalid("Exactly one destination update must be provided.", Fact("request", "updates", named))
    if named[0] not in ("S3DestinationUpdate", "ExtendedS3DestinationUpdate"):
        raise not_implemented("firehose", f"UpdateDestination.{named[0]}")
    update = request[named[0]]
    held: dict[str, Any] = {**stream.destination, **update}
    backup = {**stream.destination.get("S3BackupDescription", {}), **update.get("S3BackupUpdate", {})}
    if backup:
        held["S3BackupConfiguration"] = backup
    is_extended = stream.is_extended or named[0].startswith("Extended")
    told = checking.destination(held, is_extended=is_extended)
    _check_stays(call, stream, told)
    version = stream.version
    if told["RoleARN"] != stream.destination["RoleARN"]:
        await roles.check(call, stream, told["RoleARN"])
        call.reread_clock()
        if stream.version != version:
            raise AwsError("ConcurrentModificationException", f"Firehose {stream.name} was changed meanwhile.")
    stream.destination, stream.is_extended = told, is_extended
    stream.version += 1
    stream.updated_ms = call.now
    state.streams.touch(stream.name)
    call.changed(
        "firehose.DestinationUpdated",
        stream.arn,
        RoleARN=told["RoleARN"],
        BucketARN=told["BucketARN"],
        LambdaArn=checking.function(told).get("LambdaArn", ""),
    )
    return {}


def _check_stays(call: Call, stream: Delivery, told: Mapping[str, Any]) -> None:
    """Refuse what can only be chosen once.

    "If backup is enabled, you can't update the Firehose stream to disable it": ExtendedS3DestinationUpdate.
    "You can enable dynamic partitioning only when you create a new Firehose stream": dynamic-partitioning-enable.html;
    "you can't disable dynamic partitioning": dynamic-partitioning.html.
    """
    if stream.destination.get("S3BackupMode") == "Enabled" and told.get("S3BackupMode") != "Enabled":
        raise refusals.invalid(
            "S3 backup cannot be disabled once it is enabled.", call.fact(stream.arn, "S3BackupMode", "Enabled")
        )
    was, is_now = checking.partitioned(stream.destination), checking.partitioned(told)
    if was != is_now:
        words = "disabled once it is enabled" if was else "enabled for an existing stream"
        raise refusals.invalid(
            f"Dynamic partitioning cannot be {words}.",
            call.fact(stream.arn, "DynamicPartitioningConfiguration.Enabled", was),
        )
