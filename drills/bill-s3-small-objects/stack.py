"""A writer that gathers click events into objects, and an analysis that reads them once a day."""

from __future__ import annotations

from typing import cast

from foulweather.drilling.lab import DAY_MS, HOUR_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular

BUCKET, PREFIX = "click-events", "events/"
EVENT_BYTES = 1024
EVENTS_A_RUN = 40
CLASSES = ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR")


class Writer(Regular):
    """Takes forty events an hour, and writes an object for so many of them as its release says."""

    SETTINGS = {"batch_events": ("960",), "storage_class": CLASSES}
    EVERY_MS = HOUR_MS

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host

    def start(self) -> None:
        """Begin to take events."""
        self.events = 0
        self.written = 0
        self.objects: list[tuple[int, int]] = []
        super().start()

    def run(self) -> None:
        """An hour's events."""
        self.events += EVENTS_A_RUN
        size = max(1, int(self.settings["batch_events"]))
        s3 = self.lab.client("s3", self.host.identity())
        while self.events - self.written >= size:
            key = f"{PREFIX}{self.written + 1:09d}-{size}.jsonl"
            body = b"x" * (EVENT_BYTES - 1) + b"\n"
            s3.put_object(Bucket=BUCKET, Key=key, Body=body * size, StorageClass=self.settings["storage_class"])
            self.written += size
            self.objects.append((self.lab.now_ms, size))


class Analysis(Regular):
    """Reads what is new, once a day."""

    RELEASABLE = ()
    EVERY_MS = DAY_MS

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host

    def start(self) -> None:
        """Begin to read."""
        self.events = 0
        self.last = ""
        super().start()

    def run(self) -> None:
        """A day's objects."""
        s3 = self.lab.client("s3", self.host.identity())
        while True:
            page = s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX, **({"StartAfter": self.last} if self.last else {}))
            for one in page.get("Contents", []):
                s3.get_object(Bucket=BUCKET, Key=one["Key"])
                self.events += int(one["Key"].rpartition("-")[2].partition(".")[0])
                self.last = one["Key"]
            if not page["IsTruncated"]:
                return


def writer_of(lab: Lab) -> Writer:
    """Who writes."""
    return cast(Writer, lab.apps["event-writer"])


def analysis_of(lab: Lab) -> Analysis:
    """Who reads."""
    return cast(Analysis, lab.apps["analysis"])


def build(lab: Lab) -> None:
    """A private bucket, a role, the two applications."""
    lab.client("s3").create_bucket(Bucket=BUCKET)
    work = (
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
    )
    host = Host.made(lab, "app-role", *work)
    lab.add(Writer(lab, "event-writer", host))
    lab.add(Analysis(lab, "analysis", host))
