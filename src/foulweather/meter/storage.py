"""S3's usage: bytes by storage class, requests by tier, retrievals, transitions, early deletions.

The names of usage types are those of AWS's bill:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html
"""

from __future__ import annotations

from typing import Final

from foulweather.meter.usage import Home, Place, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World

KIB: Final = 1024
SMALL_BYTES: Final = 128 * KIB
"""Smaller objects of Infrequent Access and Glacier Instant Retrieval are billed as this."""
ARCHIVE_OVERHEAD: Final = 32 * KIB
ARCHIVE_INDEX: Final = 8 * KIB
"""What an archived object is billed beside its bytes: metadata in its class, its name in Standard.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""
STANDARD: Final = "TimedStorage-ByteHrs"
STORED: Final = {
    "STANDARD": STANDARD,
    "REDUCED_REDUNDANCY": "TimedStorage-RRS-ByteHrs",
    "STANDARD_IA": "TimedStorage-SIA-ByteHrs",
    "ONEZONE_IA": "TimedStorage-ZIA-ByteHrs",
    "GLACIER_IR": "TimedStorage-GIR-ByteHrs",
    "GLACIER": "TimedStorage-GlacierByteHrs",
    "DEEP_ARCHIVE": "TimedStorage-GDA-ByteHrs",
    "INTELLIGENT_TIERING/FREQUENT": "TimedStorage-INT-FA-ByteHrs",
    "INTELLIGENT_TIERING/INFREQUENT": "TimedStorage-INT-IA-ByteHrs",
    "INTELLIGENT_TIERING/ARCHIVE_INSTANT": "TimedStorage-INT-AIA-ByteHrs",
    "INTELLIGENT_TIERING/ARCHIVE_ACCESS": "TimedStorage-INT-AA-ByteHrs",
    "INTELLIGENT_TIERING/DEEP_ARCHIVE_ACCESS": "TimedStorage-INT-DAA-ByteHrs",
}
MONITORED: Final = "Monitoring-Automation-INT"
SHORT: Final = {
    "STANDARD_IA": "SIA",
    "ONEZONE_IA": "ZIA",
    "GLACIER_IR": "GIR",
    "GLACIER": "Glacier",
    "DEEP_ARCHIVE": "GDA",
    "INTELLIGENT_TIERING": "INT",
}
PADDED: Final = ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")
ARCHIVES: Final = ("GLACIER", "DEEP_ARCHIVE")
PLACES_MAX: Final = 10_000
FREE: Final = ("Delete", "Abort")
UNCHARGED: Final = frozenset({"SlowDown", "InternalError", "ServiceUnavailable"})
"""S3 charges nothing for its own failures."""


class Meter:
    """Reads what happens in S3 into the world's usage."""

    def __init__(self, world: World) -> None:
        self._usage = world.state(Usage)
        self._class_of: tuple[str, str] = ("", "")
        self._places: dict[tuple[str, str], Place] = {}
        for kind, reader in {
            "s3.BucketCreated": self._opened,
            "s3.ObjectCreated": self._created,
            "s3.ObjectRemoved": self._removed,
            "s3.ObjectTransitioned": self._moved,
            "s3.TierChanged": self._tiered,
            "s3.PartStored": self._part,
            "s3.UploadEnded": self._upload_ended,
            "s3.EarlyDeletion": self._left_early,
            "s3.RestoreInitiated": self._restored,
            "s3.Request": self._requested,
        }.items():
            world.journal.read(kind, reader)

    # --- storage

    def _created(self, event: Event) -> None:
        facts = event.facts
        stored_as, was_class = facts["storage_class"], facts["was_class"]
        self._class_of = (event.request_id, stored_as.partition("/")[0])
        if was_class == stored_as and facts["was_size"] == facts["size"]:
            return  # as much of the same as before
        self._hold(event, stored_as, facts["size"], 1)
        if was_class:
            self._hold(event, was_class, facts["was_size"], -1)

    def _removed(self, event: Event) -> None:
        if event.facts["storage_class"]:
            self._hold(event, event.facts["storage_class"], event.facts["size"], -1)

    def _moved(self, event: Event) -> None:
        facts = event.facts
        name = facts["storage_class"]
        self._hold(event, facts["was_class"], facts["size"], -1)
        self._hold(event, f"{name}/FREQUENT" if name == "INTELLIGENT_TIERING" else name, facts["size"], 1)
        self._usage.add(event.at_ms, self._place(event, f"Requests-{SHORT[name]}-Transition"))

    def _tiered(self, event: Event) -> None:
        facts = event.facts
        self._hold(event, f"INTELLIGENT_TIERING/{facts['before']}", facts["size"], -1)
        self._hold(event, f"INTELLIGENT_TIERING/{facts['tier']}", facts["size"], 1)

    def _part(self, event: Event) -> None:
        # Parts are billed until their upload is completed or aborted.
        self._usage.shift(event.at_ms, self._place(event, STANDARD, "uploads under way"), event.facts["size"])

    def _upload_ended(self, event: Event) -> None:
        self._usage.shift(event.at_ms, self._place(event, STANDARD, "uploads under way"), -event.facts["size"])

    def _hold(self, event: Event, stored_as: str, size: int, sign: int) -> None:
        at_ms, usage = event.at_ms, self._usage
        usage.shift(at_ms, self._place(event, STORED[stored_as]), sign * size)
        if stored_as in PADDED:
            if size < SMALL_BYTES:
                small = self._place(event, f"TimedStorage-{SHORT[stored_as]}-SmObjects")
                usage.shift(at_ms, small, sign * (SMALL_BYTES - size))
        elif stored_as in ARCHIVES:
            usage.shift(at_ms, self._place(event, STORED[stored_as]), sign * ARCHIVE_OVERHEAD)
            usage.shift(at_ms, self._place(event, STANDARD), sign * ARCHIVE_INDEX)
        elif stored_as.startswith("INTELLIGENT_TIERING/") and size >= SMALL_BYTES:
            usage.shift(at_ms, self._place(event, MONITORED), sign)

    def _left_early(self, event: Event) -> None:
        facts = event.facts
        short = SHORT.get(facts["storage_class"])
        if short is not None:
            self._usage.add(event.at_ms, self._place(event, f"EarlyDelete-{short}"), facts["size"] * facts["left_ms"])

    # --- requests

    def _restored(self, event: Event) -> None:
        facts = event.facts
        if facts["storage_class"] in ARCHIVES:
            kind = f"{SHORT[facts['storage_class']]}-{facts['tier']}"
            self._usage.add(event.at_ms, self._place(event, f"Requests-{kind}-Retrieval"))
            self._usage.add(event.at_ms, self._place(event, f"Retrieval-{kind}"), facts["size"])

    def _requested(self, event: Event) -> None:
        facts = event.facts
        if facts["kind"] != "get":
            return
        name = facts["storage_class"]
        self._class_of = (event.request_id, name)
        if name in PADDED and facts["bytes_out"]:
            self._usage.add(event.at_ms, self._place(event, f"Retrieval-{SHORT[name]}"), facts["bytes_out"])

    def called(self, event: Event) -> None:
        """Count a request, in the tier of its operation and of the storage class that it was about."""
        facts = event.facts
        operation: str = facts["operation"]
        if facts["error"] in UNCHARGED or operation.startswith(FREE) or operation == "RestoreObject":
            return
        tier = "Tier2" if operation.startswith(("Get", "Head", "Select")) else "Tier1"
        request_id, name = self._class_of
        short = SHORT.get(name, "") if request_id == event.request_id else ""
        kind = f"Requests-{short}-{tier}" if short and short != "INT" else f"Requests-{tier}"
        self._usage.add(event.at_ms, self._place(event, kind))

    # --- where

    def _opened(self, event: Event) -> None:
        facts = event.facts
        self._usage.homes.put(facts["Bucket"], Home(event.account, facts["Region"]))
        self._places.clear()

    def _place(self, event: Event, usage_type: str, what: str = "") -> Place:
        """The bucket's own account and region pay, whoever asks from wherever."""
        name: str = event.facts.get("bucket") or event.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        if what:
            name = f"{name} ({what})"
        found = self._places.get((name, usage_type))
        if found is None:
            found = self._found(event, name, usage_type)
        return found

    def _found(self, event: Event, name: str, usage_type: str) -> Place:
        home = self._usage.homes.get(name.partition(" ")[0])
        if home is None:  # no bucket that anybody has made: its asker's
            return Place(event.account, event.region, "s3", usage_type, name)
        if len(self._places) >= PLACES_MAX:
            self._places.clear()
        found = self._places[name, usage_type] = Place(home.account, home.region, "s3", usage_type, name)
        return found
