"""What DynamoDB charges for: units by the request or by the hour, bytes that lie there, streams, backups, transfers.

https://aws.amazon.com/dynamodb/pricing/on-demand/ and https://aws.amazon.com/dynamodb/pricing/provisioned/
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.meter.usage import Place, Plan, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

STORED: Final = "TimedStorage-ByteHrs"
RECOVERABLE: Final = "TimedPITRStorage-ByteHrs"
READ, WRITE = "ReadCapacityUnit-Hrs", "WriteCapacityUnit-Hrs"
REPLICATED: Final = "ReplWriteCapacityUnit-Hrs"
INFREQUENT: Final = "STANDARD_INFREQUENT_ACCESS"


class Meter:
    """Reads what happens to tables into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = world.state(Usage)
        read = world.journal.read
        read("dynamodb.Standing", self._standing)
        read("dynamodb.Consumed", self._consumed)
        read("dynamodb.Replicated", self._replicated)
        read("dynamodb.TimeToLiveDeleted", self._grown)
        for kind in ("dynamodb.TableDeleted", "dynamodb.TableGone"):
            read(kind, self._gone)
        read("dynamodb.RecordsRead", self._streamed)
        read("dynamodb.BackupStanding", self._backup)
        for kind, usage_type in {
            "dynamodb.Restored": "RestoreDataSize-Bytes",
            "dynamodb.Exported": "ExportDataSize-Bytes",
            "dynamodb.Imported": "ImportDataSize-Bytes",
        }.items():
            read(kind, self._transfer(usage_type))

    # --- what stands

    def _standing(self, event: Event) -> None:
        """A table has come or changed: its units by the hour, its bytes by the month from now on."""
        facts: dict[str, Any] = event.facts
        prefix = _prefix(facts["table_class"])
        is_replicated, stored_bytes = facts["is_replicated"], facts["table_bytes"] + facts["index_bytes"]
        levels = dict.fromkeys((f"{before}{name}" for before in ("", "IA-") for name in (*UNITS, STORED)), 0)
        levels[f"{prefix}{READ}"] = facts["read_units"]
        levels[f"{prefix}{REPLICATED if is_replicated else WRITE}"] = facts["write_units"]
        # "Writes to global secondary indexes" of global tables "use regular write units".
        levels[f"{prefix}{WRITE}"] += facts["index_write_units"]
        levels[f"{prefix}{STORED}"] = stored_bytes
        levels[RECOVERABLE] = facts["table_bytes"] if facts["recovers"] else 0
        for usage_type, amount in levels.items():
            self._usage.level(event.at_ms, _place(event, usage_type), amount)
        plan = f"{prefix}{'PITR' if facts['recovers'] else ''}"
        if plan:
            self._usage.plans.put(event.resource, Plan(plan))
        elif event.resource in self._usage.plans:
            self._usage.plans.delete(event.resource)

    def _grown(self, event: Event) -> None:
        facts = event.facts
        table_bytes, index_bytes = facts.get("grown_bytes", 0), facts.get("grown_index_bytes", 0)
        if not table_bytes and not index_bytes:
            return
        plan = self._usage.plans.get(event.resource)
        name = plan.name if plan is not None else ""
        stored = f"IA-{STORED}" if name.startswith("IA-") else STORED
        self._usage.shift(event.at_ms, _place(event, stored), table_bytes + index_bytes)
        if name.endswith("PITR"):
            self._usage.shift(event.at_ms, _place(event, RECOVERABLE), table_bytes)

    def _gone(self, event: Event) -> None:
        for prefix in ("", "IA-"):
            for name in (*UNITS, STORED):
                self._usage.level(event.at_ms, _place(event, f"{prefix}{name}"), 0)
        self._usage.level(event.at_ms, _place(event, RECOVERABLE), 0)
        if event.resource in self._usage.plans:
            self._usage.plans.delete(event.resource)

    def _backup(self, event: Event) -> None:
        self._usage.shift(event.at_ms, _place(event, "TimedBackupStorage-ByteHrs"), event.facts["bytes"])

    # --- what is used

    def _consumed(self, event: Event) -> None:
        facts = event.facts
        if facts.get("is_on_demand"):
            prefix = _prefix(facts.get("table_class", ""))
            index_milli: int = sum(facts["indexes"].values()) if "indexes" in facts else 0
            if "write_milli" in facts:
                kind = "ReplWriteRequestUnits" if facts.get("is_replicated") else "WriteRequestUnits"
                self._units(event, f"{prefix}{kind}", facts["write_milli"])
                self._units(event, f"{prefix}WriteRequestUnits", index_milli)
            else:
                self._units(event, f"{prefix}ReadRequestUnits", facts["read_milli"] + index_milli)
        if "grown_bytes" in facts or "grown_index_bytes" in facts:
            self._grown(event)

    def _replicated(self, event: Event) -> None:
        """A write of another region: it is paid for where it arrives, too."""
        facts = event.facts
        if facts.get("is_on_demand"):
            self._units(event, "ReplWriteRequestUnits", facts.get("write_milli", 0))
            self._units(event, "WriteRequestUnits", facts.get("index_milli", 0))
        self._grown(event)

    def _units(self, event: Event, usage_type: str, milli: int) -> None:
        if milli:
            self._usage.add(event.at_ms, _place(event, usage_type), milli)

    def _streamed(self, event: Event) -> None:
        # "You are not charged for GetRecords API calls invoked by AWS Lambda as part of DynamoDB triggers".
        if not event.facts.get("is_polled"):
            self._usage.add(event.at_ms, _place(event, "Streams-Requests"))

    def _transfer(self, usage_type: str) -> Any:
        def moved(event: Event) -> None:
            if event.facts["bytes"]:
                self._usage.add(event.at_ms, _place(event, usage_type), event.facts["bytes"])

        return moved


UNITS: Final = (READ, WRITE, REPLICATED)


def _prefix(table_class: str) -> str:
    return "IA-" if table_class == INFREQUENT else ""


def _place(event: Event, usage_type: str) -> Place:
    """The table's own account and region pay."""
    _, _, _, region, account, resource = event.resource.split(":", 5)
    return Place(account, region, "dynamodb", usage_type, resource.split("/")[1])
