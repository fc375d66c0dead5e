"""Worker fleets: so many workers that poll a queue, process what they get, delete it, and crash."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import msgspec

from foulweather.drilling.clients import Identity
from foulweather.drilling.lab import App, Lab
from foulweather.drilling.load.calling import Calling
from foulweather.drilling.load.durations import duration
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.records import Records
from foulweather.drilling.load.worker import Message, Unprocessable, Worker

LOG_LINES_MAX = 1000
MILLION = 1_000_000
Event = dict[str, Any]

_decode = msgspec.json.Decoder().decode


class LogLine(NamedTuple):
    """What a worker wrote down: crashes, failures and refusals, not what went well."""

    at_ms: int
    worker: int
    message_id: str
    text: str


class WorkerFleet(App):
    """N workers on one queue. A worker's effects go to the ledger; its calls pass the gates as `identity`.

    A worker takes up to `batch` messages and processes them one after the other, each for
    `processing_ms`; then the effect happens. `delete` says when a message is deleted: after it was
    processed; before; always, failed or not (as in a `finally`); never. With `delete_by` batch that
    happens at the end of the batch in one call, and with `partial` off one failure keeps the whole
    batch. After a failure `stop-batch` leaves the rest of it alone, as FIFO queues want it. Who
    crashes, crashes with everything in hand, and is back after `restart_s`. With `await_queue` on, a queue that
    is not there (yet) is no trouble to be noted: the workers ask again every second until it is.
    """

    SETTINGS: dict[str, tuple[str, ...]] = {
        "workers": ("1",),
        "wait": ("20",),
        "batch": ("10",),
        "visibility_s": ("queue",),
        "processing_ms": ("200",),
        "delete": ("after-success", "before", "always", "never"),
        "delete_by": ("message", "batch"),
        "partial": ("on", "off"),
        "on_failure": ("leave", "release"),
        "after_failure": ("go-on", "stop-batch"),
        "heartbeat": ("off", "on"),
        "heartbeat_every_s": ("20",),
        "heartbeat_visibility_s": ("60",),
        "idempotent": ("off", "on", "check-first"),
        "failure_ppm": ("0",),
        "crash_before_ppm": ("0",),
        "crash_after_ppm": ("0",),
        "restart_s": ("10",),
        "round_trip_ms": ("10",),
        "pause_ms": ("0",),
        "await_queue": ("off", "on"),
    }

    def __init__(
        self,
        lab: Lab,
        name: str,
        *,
        queue_url: str,
        identity: Identity | None = None,
        poison: Callable[[Event], bool] | None = None,
        ledger: Ledger | None = None,
        **settings: str,
    ) -> None:
        super().__init__(lab, name, **settings)
        self.queue_url = queue_url
        self.poison = poison
        self.ledger = Ledger.of(lab) if ledger is None else ledger
        self.sqs = lab.client("sqs", identity)
        self.records = Records()
        self.calling = Calling(lab, self.records)
        self.draws = lab.world.stream(f"fleet/{name}")
        self.workers: list[Worker] = []
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES_MAX)
        self.receive_counts: Counter[int] = Counter()
        """Received messages by their ApproximateReceiveCount."""
        self.received = self.empty_receives = self.effects = self.skipped = self.failures = self.crashes = 0
        self.deleted = 0
        self.configured()

    # --- what to do with a message: overridden where it is something else

    def read(self, message: Message) -> Event:
        """The business event in a message, out of SNS's envelope if it is in one."""
        try:
            event = _decode(message["Body"])
            if event.__class__ is dict and event.get("Type") == "Notification":
                event = _decode(event["Message"])
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise Unprocessable(f"this is no event: {error}") from None
        if event.__class__ is not dict:
            raise Unprocessable("this is no event: a JSON object was expected")
        return cast(Event, event)

    def work(self, event: Event) -> None:
        """Process an event; raises Unprocessable where that fails."""
        if self.poison is not None and self.poison(event):
            raise Unprocessable(f"{event.get('type')} of {event.get('order_id')} cannot be processed")
        if self._failure_ppm and self.happens(self._failure_ppm):
            raise Unprocessable("the database did not answer")

    def key_of(self, event: Event) -> int | None:
        """The ledger's key of an event; None for one that no ledger knows of, such as a test message."""
        key = event.get("key")
        if isinstance(key, str):
            return self.ledger.key_of(key, self.lab.now_ms)
        return key if isinstance(key, int) else None

    # --- running

    def configured(self) -> None:
        """Take the settings in, at the beginning and after each deploy."""
        settings = self.settings
        self.take_duration = duration(settings["processing_ms"])
        self.delete = settings["delete"]
        self.deletes_by_batch = settings["delete_by"] == "batch"
        self.is_partial = settings["partial"] == "on"
        self.stops_at_failure = settings["after_failure"] == "stop-batch"
        self.releases = settings["on_failure"] == "release"
        self.beats = settings["heartbeat"] == "on"
        self.beat_every_ms = max(1, int(settings["heartbeat_every_s"])) * 1000
        self.beat_visibility_s = int(settings["heartbeat_visibility_s"])
        self.idempotent = settings["idempotent"]
        self._failure_ppm = int(settings["failure_ppm"])
        self.crash_before_ppm = int(settings["crash_before_ppm"])
        self.crash_after_ppm = int(settings["crash_after_ppm"])
        self.restart_ms = int(settings["restart_s"]) * 1000
        self.round_trip_ms = max(1, int(settings["round_trip_ms"]))
        self.pause_ms = int(settings["pause_ms"])
        self.awaits_queue = settings["await_queue"] == "on"
        self.polling: dict[str, Any] = {
            "QueueUrl": self.queue_url,
            "MaxNumberOfMessages": int(settings["batch"]),
            "WaitTimeSeconds": int(settings["wait"]),
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        }
        if settings["visibility_s"] != "queue":
            self.polling["VisibilityTimeout"] = int(settings["visibility_s"])

    def start(self) -> None:
        """Begin to work."""
        super().start()
        self._staff()

    def stop(self) -> None:
        """Stop all workers where they are; what they had in hand appears again when its visibility timeout is over."""
        super().stop()
        self._staff()

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on new settings: from the next poll or message on."""
        super().deploy(settings)
        self.configured()
        self._staff()

    def _staff(self) -> None:
        wanted = int(self.settings["workers"]) if self.is_running else 0
        while len(self.workers) > wanted:
            self.workers.pop().stop()
        while len(self.workers) < wanted:
            worker = Worker(self, len(self.workers))
            self.workers.append(worker)
            worker.start()

    def happens(self, ppm: int) -> bool:
        """Draw whether something with so many chances in a million happens."""
        return ppm > 0 and self.draws.getrandbits(32) * MILLION >> 32 < ppm

    def note(self, worker: int, message_id: str, text: str) -> None:
        """Write a line to the fleet's log."""
        self.log.append(LogLine(self.lab.now_ms, worker, message_id, text))

    def _check(self, settings: dict[str, str]) -> None:
        free = {key: value for key, value in settings.items() if key in ("processing_ms", "visibility_s")}
        duration(free.get("processing_ms", "0"))
        visibility = free.get("visibility_s", "queue")
        if visibility != "queue" and not visibility.isdigit():
            raise ValueError(f"{self.name}: visibility_s is queue or a number of seconds, not {visibility!r}")
        super()._check({key: value for key, value in settings.items() if key not in free})

    # --- told

    @property
    def received_again_permille(self) -> int:
        """Thousandths of the received messages that had been received before."""
        total = self.receive_counts.total()
        return 1000 * (total - self.receive_counts[1]) // total if total else 0

    def summary(self) -> dict[str, Any]:
        """The fleet's work in numbers, as JSON."""
        return {
            "received": self.received,
            "empty_receives": self.empty_receives,
            "effects": self.effects,
            "skipped": self.skipped,
            "deleted": self.deleted,
            "failures": self.failures,
            "crashes": self.crashes,
            "receive_counts": {str(count): times for count, times in sorted(self.receive_counts.items())},
            "calls": self.records.summary(),
        }
