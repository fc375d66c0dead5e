"""What Firehose tells of its delivery streams, minute by minute.

https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
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
    "IncomingPutRequests": "Count",
    "PutRecord.Bytes": "Bytes",
    "PutRecord.Requests": "Count",
    "PutRecordBatch.Bytes": "Bytes",
    "PutRecordBatch.Records": "Count",
    "PutRecordBatch.Requests": "Count",
    "ThrottledRecords": "Count",
    "DataReadFromKinesisStream.Bytes": "Bytes",
    "DataReadFromKinesisStream.Records": "Count",
    "KinesisMillisBehindLatest": "Milliseconds",
    "ThrottledGetRecords": "Count",
    "DeliveryToS3.Bytes": "Bytes",
    "DeliveryToS3.DataFreshness": "Seconds",
    "DeliveryToS3.Records": "Count",
    "DeliveryToS3.Success": "Count",
    "BackupToS3.Bytes": "Bytes",
    "BackupToS3.DataFreshness": "Seconds",
    "BackupToS3.Records": "Count",
    "BackupToS3.Success": "Count",
    "ExecuteProcessing.Success": "Count",
    "SucceedProcessing.Records": "Count",
    "PartitionCountExceeded": "Count",
}


def _told(tallies: Tallies, event: Event, values: dict[str, float]) -> None:
    _, _, _, region, account, _ = event.resource.split(":", 5)
    stream = event.resource.rpartition("/")[2]
    for name, value in values.items():
        tallies.add((f"firehose.{name}", account, region, stream, ""), value)


def _put(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    size, records, operation = facts["bytes"], facts["records"], facts["operation"]
    told: dict[str, float] = {"IncomingBytes": size, "IncomingRecords": records, "IncomingPutRequests": 1}
    told |= {f"{operation}.Bytes": size, f"{operation}.Requests": 1}
    if operation == "PutRecordBatch":
        told["PutRecordBatch.Records"] = records
    _told(tallies, event, told)


def _throttled(world: World, tallies: Tallies, event: Event) -> None:
    _told(tallies, event, {"ThrottledRecords": event.facts["records"]})


def _source_read(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    told = {"DataReadFromKinesisStream.Bytes": facts["bytes"], "DataReadFromKinesisStream.Records": facts["records"]}
    _told(tallies, event, {**told, "KinesisMillisBehindLatest": facts["behind_ms"]})


def _source_throttled(world: World, tallies: Tallies, event: Event) -> None:
    _told(tallies, event, {"ThrottledGetRecords": 1})


def _delivered(to: str) -> Note:
    def note(world: World, tallies: Tallies, event: Event) -> None:
        facts = event.facts
        if facts.get("error"):
            return  # what could not be processed, set aside: neither a delivery nor a backup
        told = {"Bytes": facts["bytes"], "Records": facts["records"], "DataFreshness": facts["freshness_ms"] / 1000}
        _told(tallies, event, {f"{to}.{name}": value for name, value in {**told, "Success": 1}.items()})

    return note


def _not_delivered(world: World, tallies: Tallies, event: Event) -> None:
    """DeliveryToS3.Success is "the sum of successful Amazon S3 put commands over all Amazon S3 put commands"."""
    _told(tallies, event, {"DeliveryToS3.Success": 0})


def _processed(world: World, tallies: Tallies, event: Event) -> None:
    _told(tallies, event, {"ExecuteProcessing.Success": 1, "SucceedProcessing.Records": event.facts["kept"]})


def _not_processed(world: World, tallies: Tallies, event: Event) -> None:
    _told(tallies, event, {"ExecuteProcessing.Success": 0})


def _too_many_partitions(world: World, tallies: Tallies, event: Event) -> None:
    _told(tallies, event, {"PartitionCountExceeded": 1})


NOTES: dict[str, Note] = {
    "firehose.Put": _put,
    "firehose.Throttled": _throttled,
    "firehose.SourceRead": _source_read,
    "firehose.SourceThrottled": _source_throttled,
    "firehose.Delivered": _delivered("DeliveryToS3"),
    "firehose.BackedUp": _delivered("BackupToS3"),
    "firehose.DeliveryFailed": _not_delivered,
    "firehose.Processed": _processed,
    "firehose.ProcessingFailed": _not_processed,
    "firehose.PartitionCountExceeded": _too_many_partitions,
}


def _of_stream(name: str, unit: str) -> Measures:
    def measures(stream: str, _: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Firehose", name, (("DeliveryStreamName", stream),)), unit)

    return measures


MEASURES: dict[str, Measures] = {f"firehose.{name}": _of_stream(name, unit) for name, unit in UNITS.items()}
