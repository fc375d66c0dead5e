"""What Kinesis tells of its streams, stream by stream, and shard by shard where that was turned on.

https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
UNITS = {
    "IncomingBytes": "Bytes",
    "IncomingRecords": "Count",
    "PutRecord.Bytes": "Bytes",
    "PutRecord.Success": "Count",
    "PutRecords.Bytes": "Bytes",
    "PutRecords.Records": "Count",
    "PutRecords.TotalRecords": "Count",
    "PutRecords.SuccessfulRecords": "Count",
    "PutRecords.FailedRecords": "Count",
    "PutRecords.Success": "Count",
    "GetRecords.Bytes": "Bytes",
    "GetRecords.Records": "Count",
    "GetRecords.IteratorAgeMilliseconds": "Milliseconds",
    "GetRecords.Success": "Count",
    "WriteProvisionedThroughputExceeded": "Count",
    "ReadProvisionedThroughputExceeded": "Count",
}
SHARD_UNITS = {
    "IncomingBytes": "Bytes",
    "IncomingRecords": "Count",
    "OutgoingBytes": "Bytes",
    "OutgoingRecords": "Count",
    "IteratorAgeMilliseconds": "Milliseconds",
    "WriteProvisionedThroughputExceeded": "Count",
    "ReadProvisionedThroughputExceeded": "Count",
}


def _told(tallies: Tallies, event: Event, **values: float) -> None:
    _, _, _, region, account, _ = event.resource.split(":", 5)
    stream = event.resource.rpartition("/")[2]
    for name, value in values.items():
        tallies.add((f"kinesis.{name.replace('_', '.')}", account, region, stream, ""), value)


def _told_of_shard(tallies: Tallies, event: Event, **values: float) -> None:
    """Those of the metrics that EnableEnhancedMonitoring was asked for."""
    wanted: list[str] = event.facts.get("shard_metrics") or []
    _, _, _, region, account, _ = event.resource.split(":", 5)
    stream, shard = event.resource.rpartition("/")[2], event.facts["shard"]
    for name in wanted:
        if name in values:
            tallies.add((f"kinesis.shard.{name}", account, region, stream, shard), values[name])


def _shard_put(world: World, tallies: Tallies, event: Event) -> None:
    _told_of_shard(tallies, event, IncomingBytes=event.facts["bytes"], IncomingRecords=event.facts["records"])


def _put(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    records, size, failed = facts["records"], facts["bytes"], facts.get("failed", 0)
    if records:
        _told(tallies, event, IncomingBytes=size, IncomingRecords=records)
    if facts["operation"] == "PutRecord":
        _told(tallies, event, PutRecord_Bytes=size, PutRecord_Success=1)
        return
    _told(
        tallies,
        event,
        PutRecords_Bytes=size,
        PutRecords_Records=records,
        PutRecords_TotalRecords=records + failed,
        PutRecords_SuccessfulRecords=records,
        PutRecords_FailedRecords=failed,
        PutRecords_Success=int(records > 0),
    )


def _got(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    _told(
        tallies,
        event,
        GetRecords_Bytes=facts["bytes"],
        GetRecords_Records=facts["records"],
        GetRecords_IteratorAgeMilliseconds=facts["iterator_age_ms"],
        GetRecords_Success=1,
        ReadProvisionedThroughputExceeded=0,
    )
    _told_of_shard(
        tallies,
        event,
        OutgoingBytes=facts["bytes"],
        OutgoingRecords=facts["records"],
        IteratorAgeMilliseconds=facts["iterator_age_ms"],
    )


def _throttled(world: World, tallies: Tallies, event: Event) -> None:
    direction = event.facts["direction"].capitalize()
    refused = {f"{direction}ProvisionedThroughputExceeded": event.facts["records"]}
    _told(tallies, event, **refused)
    _told_of_shard(tallies, event, **refused)


def _of_stream(name: str) -> Measures:
    def measures(stream: str, _: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Kinesis", name, (("StreamName", stream),)), UNITS[name])

    return measures


def _of_shard(name: str) -> Measures:
    def measures(stream: str, shard: str) -> Iterator[Measured]:
        dimensions = (("ShardId", shard), ("StreamName", stream))
        yield Measured(Metric("AWS/Kinesis", name, dimensions), SHARD_UNITS[name])

    return measures


NOTES: dict[str, Note] = {
    "kinesis.Put": _put,
    "kinesis.ShardPut": _shard_put,
    "kinesis.Got": _got,
    "kinesis.Throttled": _throttled,
}
MEASURES: dict[str, Measures] = {
    **{f"kinesis.{name}": _of_stream(name) for name in UNITS},
    **{f"kinesis.shard.{name}": _of_shard(name) for name in SHARD_UNITS},
}
