"""Nine thousand sensors whose readings are written to S3 in sweeps of two seconds, and an import that was longer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

BUCKET = "app-bucket"
SENSORS = 9000
TICK_MS = 100
IMPORT_PER_S = 1900
IMPORT_S = 126
BODY = b'{"celsius":11}'


def hash_of(sensor: int) -> str:
    """Four hexadecimal digits, as likely as any other."""
    return hashlib.md5(str(sensor).encode(), usedforsecurity=False).hexdigest()[:4]


HASHES = [hash_of(sensor) for sensor in range(SENSORS)]


class Sweep(NamedTuple):
    """What became of one sweep."""

    at_ms: int
    stored: int
    slowed: int
    failed: int
    took_ms: int


class Collector(Regular):
    """Writes a reading of each sensor, all within two seconds: seldom in the past, every five minutes on the day."""

    SETTINGS = {
        "keys": ("hash-first", "date-first", "hour-first", "hash-last"),
        "per_s": ("4500",),
        "retry": ("none", "standard"),
    }

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host

    def start(self) -> None:
        """Begin to sweep."""
        self.sweeps: list[Sweep] = []
        self.draws = self.lab.world.stream("collector")
        super().start()

    def pause_ms(self) -> int:
        """Every five minutes on the day; the last pause of the past ends a little after it has begun."""
        return 5 * MINUTE_MS if self.lab.struck_at_ms else 12 * HOUR_MS + MINUTE_MS

    def run(self) -> None:
        """Begin a sweep."""
        Sweeping(self).go_on()

    def key(self, sensor: int) -> str:
        """The key of a sensor's reading now."""
        now = datetime.fromtimestamp(self.lab.now_ms // 1000, UTC)
        name = f"sensor-{sensor:05d}.json"
        match self.settings["keys"]:
            case "hash-first":
                return f"{HASHES[sensor]}/{now:%Y-%m-%d}/{name}"
            case "date-first":
                return f"{now:%Y-%m-%d}/{name}"
            case "hour-first":
                return f"{now:%Y/%m/%d/%H/%M}/{name}"
            case _:
                return f"{now:%Y-%m-%d}/{HASHES[sensor]}/{name}"


class Sweeping:
    """One sweep on its way."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.lab = collector.lab
        self.s3 = self.lab.client("s3", collector.host.identity())
        self.began_ms = self.last_ms = self.lab.now_ms
        self.left: list[tuple[int, int]] = [(sensor, 1) for sensor in range(SENSORS)][::-1]
        self.waiting = self.stored = self.slowed = self.failed = 0

    def go_on(self) -> None:
        """A tenth of a second's share."""
        for _ in range(int(self.collector.settings["per_s"]) * TICK_MS // 1000):
            if not self.left:
                break
            self._put(*self.left.pop())
        if self.left:
            self.lab.at(self.lab.now_ms + TICK_MS, self.go_on)
        elif not self.waiting:
            self._end()

    def _put(self, sensor: int, attempt: int) -> None:
        try:
            self.s3.put_object(Bucket=BUCKET, Key=self.collector.key(sensor), Body=BODY)
        except AwsError as error:
            self.slowed += error.code == "SlowDown"
            if self.collector.settings["retry"] == "standard" and attempt < 4:
                self.waiting += 1
                pause_ms = 200 + self.collector.draws.randrange(1000 << attempt)
                self.lab.at(self.lab.now_ms + pause_ms, lambda: self._again(sensor, attempt + 1))
            else:
                self.failed += 1
            return
        self.stored += 1
        self.last_ms = self.lab.now_ms

    def _again(self, sensor: int, attempt: int) -> None:
        self.waiting -= 1
        self._put(sensor, attempt)
        if not self.left and not self.waiting:
            self._end()

    def _end(self) -> None:
        took_ms = self.last_ms - self.began_ms
        told = Sweep(self.began_ms, self.stored, self.slowed, self.failed, took_ms)
        self.collector.sweeps.append(told)
        if self.slowed:
            self.collector.say(f"sweep: {self.stored} stored in {took_ms} ms, {self.slowed} answers of 503 SlowDown")


class Import:
    """What was there before: written for two minutes on end, so that S3 had the time to split the bucket's keys."""

    def __init__(self, lab: Lab, host: Host) -> None:
        self.lab = lab
        self.s3 = lab.client("s3", host.identity())
        self.until_ms = lab.now_ms + IMPORT_S * 1000
        self.at = 0

    def go_on(self) -> None:
        """A tenth of a second's share."""
        for _ in range(IMPORT_PER_S * TICK_MS // 1000):
            self.at = (self.at + 1) % SENSORS
            self.s3.put_object(Bucket=BUCKET, Key=f"{HASHES[self.at]}/import/{self.at:05d}.json", Body=BODY)
        if self.lab.now_ms < self.until_ms:
            self.lab.at(self.lab.now_ms + TICK_MS, self.go_on)


def collector_of(lab: Lab) -> Collector:
    """Who writes."""
    return cast(Collector, lab.apps["collector"])


def build(lab: Lab) -> None:
    """A private bucket, a role that may write, the import, and the collector."""
    lab.client("s3").create_bucket(Bucket=BUCKET)
    work: dict[str, Any] = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    host = Host.made(lab, "app-role", work)
    started = Import(lab, host)
    lab.at(lab.now_ms + 1000, started.go_on)
    lab.add(Collector(lab, "collector", host))
