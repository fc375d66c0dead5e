"""What Kinesis and Firehose charge for: shards and streams by the hour, what is put in and what is read.

https://aws.amazon.com/kinesis/data-streams/pricing/ and https://aws.amazon.com/firehose/pricing/
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.meter.usage import Place, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

KIB: Final = 1024
EXTENDED_H: Final = 24


class Meter:
    """Reads what happens to streams into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = world.state(Usage)
        read = world.journal.read
        read("kinesis.Standing", self._standing)
        read("kinesis.Put", self._put)
        read("kinesis.Got", self._got)
        read("kinesis.Pushed", self._pushed)
        read("firehose.Put", self._taken)
        read("firehose.SourceRead", self._taken)
        read("firehose.Delivered", self._delivered)

    def _standing(self, event: Event) -> None:
        """A stream has come, changed or gone: what it costs by the hour from now on."""
        facts: dict[str, Any] = event.facts
        shards, is_on_demand = facts["shards"], facts["is_on_demand"]
        provisioned = 0 if is_on_demand else shards
        for usage_type, amount in {
            "Storage-ShardHour": provisioned,
            "Extended-ShardHour": provisioned if facts["retention_h"] > EXTENDED_H else 0,
            "EnhancedFanoutHour": provisioned * facts["consumers"],
            "OnDemand-StreamHour": 1 if is_on_demand and shards else 0,
        }.items():
            self._usage.level(event.at_ms, _place(event, usage_type), amount)

    def _put(self, event: Event) -> None:
        units = event.facts.get("units")
        if units is not None:
            self._usage.add(event.at_ms, _place(event, "PutRequestPayloadUnits"), units)
        else:
            kib: int = event.facts["kib"]
            self._usage.add(event.at_ms, _place(event, "OnDemand-BilledIncomingBytes"), kib * KIB)

    def _got(self, event: Event) -> None:
        if event.facts["is_on_demand"]:
            self._usage.add(event.at_ms, _place(event, "OnDemand-BilledOutgoingBytes"), event.facts["bytes"])

    def _pushed(self, event: Event) -> None:
        usage_type = "OnDemand-BilledOutgoingEFOBytes" if event.facts["is_on_demand"] else "ReadBytes-EFO"
        self._usage.add(event.at_ms, _place(event, usage_type), event.facts["bytes"])

    def _taken(self, event: Event) -> None:
        self._usage.add(event.at_ms, _place(event, "BilledBytes"), event.facts["billed_bytes"])

    def _delivered(self, event: Event) -> None:
        if event.facts["is_partitioned"]:
            self._usage.add(event.at_ms, _place(event, "DynamicPartitioningBytes"), event.facts["bytes"])
            self._usage.add(event.at_ms, _place(event, "DynamicPartitioningS3Objects"))


def _place(event: Event, usage_type: str) -> Place:
    """The owner of a stream pays, whoever uses it."""
    _, _, service, region, account, resource = event.resource.split(":", 5)
    return Place(account, region, service, usage_type, resource.partition("/")[2])
