"""What CloudWatch Logs charges for: bytes that come in, bytes that lie there, bytes that queries look through.

https://aws.amazon.com/cloudwatch/pricing/
"""

from __future__ import annotations

from typing import Final

from foulweather.meter.usage import Place, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

INGESTED: Final = {"STANDARD": "DataProcessing-Bytes", "INFREQUENT_ACCESS": "DataProcessingIA-Bytes"}
DELIVERED: Final = "VendedLog-Bytes"
STORED: Final = "TimedStorage-ByteHrs"
SCANNED: Final = "DataScanned-Bytes"


class Meter:
    """Reads what happens in CloudWatch Logs into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = world.state(Usage)
        world.journal.read("logs.Ingested", self._ingested)
        world.journal.read("logs.EventsRemoved", self._removed)
        world.journal.read("logs.QueryEnded", self._queried)

    def _ingested(self, event: Event) -> None:
        size: int = event.facts["bytes"]
        usage_type = INGESTED.get(event.facts["log_class"], DELIVERED)
        self._usage.add(event.at_ms, _place(event, usage_type), size)
        self._usage.shift(event.at_ms, _place(event, STORED), size)

    def _removed(self, event: Event) -> None:
        self._usage.shift(event.at_ms, _place(event, STORED), -event.facts["bytes"])

    def _queried(self, event: Event) -> None:
        self._usage.add(event.at_ms, _place(event, SCANNED), event.facts["bytes"])


def _place(event: Event, usage_type: str) -> Place:
    return Place(event.account, event.region, "logs", usage_type, event.resource.partition(":log-group:")[2])
