"""Destinations changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import checking, refusals, roles
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
