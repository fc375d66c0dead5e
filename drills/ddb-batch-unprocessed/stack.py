"""Price lists that are imported in batches of 25, and an audit that reads each list again in batches of a hundred."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from foulweather.drilling.lab import DAY_MS, MINUTE_MS, App, Lab
from foulweather.kernel.errors import AwsError

TABLE = "prices"
SMALL, LARGE = 40, 10_000
EVERY_MS = 20 * MINUTE_MS
AUDIT_AFTER_MS = 8 * MINUTE_MS
THROTTLES = ("ProvisionedThroughputExceededException", "ThrottlingException")
BACKOFF_MS, BACKOFF_MAX_MS = 200, 5_000

Chunk = list[dict[str, Any]]


class Batch(NamedTuple):
    """A batch on its way, and how often it was tried."""

    file: int
    entries: Chunk
    attempt: int


class Batches(App):
    """Sends batches one after the other; the SDK tries refused calls again, and no more than that."""

    SETTINGS = {"unprocessed": ("backoff", "ignore", "once"), "batch": ("25",), "attempts": ("8",)}
    BETWEEN_MS = 100
    BATCH_MAX = 25

    def __init__(self, lab: Lab, name: str, **settings: str) -> None:
        super().__init__(lab, name, **settings)
        self.tables = lab.client("dynamodb")
        self.waiting: deque[Batch] = deque()
        self.dropped: dict[int, int] = {}
        self.left: dict[int, int] = {}
        """How many entries of each file are yet to be dealt with."""
        self.done_ms: dict[int, int] = {}
        self.is_busy = False

    def send(self, entries: Chunk) -> tuple[int, Chunk]:
        """Make one call: how many went well, and what came back."""
        raise NotImplementedError

    def take(self, file: int, entries: Chunk) -> None:
        """Begin with a file."""
        size = min(int(self.settings["batch"]), self.BATCH_MAX)
        self.left[file] = len(entries)
        self.dropped[file] = 0
        for at in range(0, len(entries), size):
            self.waiting.append(Batch(file, entries[at : at + size], 1))
        if not self.is_busy:
            self.is_busy = True
            self._next()

    def _next(self) -> None:
        if not self.waiting or not self.is_running:
            self.is_busy = False
            return
        wait_ms = self._sent(self.waiting.popleft())
        self.lab.at(self.lab.now_ms + wait_ms, self._next)

    def _sent(self, batch: Batch) -> int:
        """Send a batch; gives how long to wait before the next one."""
        pause_ms = min(BACKOFF_MAX_MS, BACKOFF_MS << (batch.attempt - 1))
        try:
            went_well, back = self.send(batch.entries)
        except AwsError as error:
            if error.code not in THROTTLES:
                raise
            if self.settings["unprocessed"] == "backoff" or batch.attempt < int(self.settings["attempts"]):
                self.waiting.appendleft(batch._replace(attempt=batch.attempt + 1))
                return pause_ms
            self.say(f"file {batch.file}: {error.code} after {batch.attempt} attempts")
            self._drop(batch.file, len(batch.entries))
            return self.BETWEEN_MS
        self._settle(batch.file, went_well)
        if not back:
            return self.BETWEEN_MS
        how = self.settings["unprocessed"]
        if how == "backoff" or (how == "once" and batch.attempt == 1):
            attempt = batch.attempt + 1 if went_well == 0 else 2
            self.waiting.appendleft(Batch(batch.file, back, attempt))
            return pause_ms if how == "backoff" else 0
        self._drop(batch.file, len(back))
        return self.BETWEEN_MS

    def _drop(self, file: int, count: int) -> None:
        self.dropped[file] += count
        self._settle(file, count)

    def _settle(self, file: int, count: int) -> None:
        self.left[file] -= count
        if not self.left[file]:
            self.done_ms[file] = self.lab.now_ms
            self.say(f"file {file} is done, every call was answered")


class Importer(Batches):
    """Puts a price list's items, file by file."""

    def __init__(self, lab: Lab, name: str, audit: Audit) -> None:
        super().__init__(lab, name)
        self.audit = audit
        self.began_ms: dict[int, int] = {}
        self.size: dict[int, int] = {}

    def start(self) -> None:
        """The first list comes in half a day."""
        super().start()
        self.due_ms = self.lab.now_ms + DAY_MS // 2
        self._list_due()

    def _list_due(self) -> None:
        self.lab.at(self.due_ms, self._list_came)

    def _list_came(self) -> None:
        if not self.is_running:
            return
        self.arrive()
        self.due_ms = self.lab.now_ms + (EVERY_MS if self.lab.struck_at_ms else DAY_MS // 2)
        self._list_due()

    def arrive(self) -> None:
        """A price list."""
        file, size = len(self.began_ms), LARGE if self.lab.struck_at_ms else SMALL
        self.began_ms[file], self.size[file] = self.lab.now_ms, size
        keys = [f"{file}#{n}" for n in range(size)]
        self.take(file, [{"PutRequest": {"Item": {"pk": {"S": key}, "price": {"N": "1999"}}}} for key in keys])
        after_ms = AUDIT_AFTER_MS if self.lab.struck_at_ms else MINUTE_MS
        self.lab.at(self.lab.now_ms + after_ms, lambda: self.audit.take(file, [{"pk": {"S": key}} for key in keys]))

    def send(self, entries: Chunk) -> tuple[int, Chunk]:
        """BatchWriteItem."""
        back = self.tables.batch_write_item(RequestItems={TABLE: entries})["UnprocessedItems"].get(TABLE, [])
        return len(entries) - len(back), back


class Audit(Batches):
    """Reads a price list's items again, and counts."""

    BATCH_MAX = 100

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name, batch="100")
        self.found: dict[int, int] = {}

    def send(self, entries: Chunk) -> tuple[int, Chunk]:
        """BatchGetItem."""
        told = self.tables.batch_get_item(RequestItems={TABLE: {"Keys": entries}})
        back = told["UnprocessedKeys"].get(TABLE, {}).get("Keys", [])
        file = int(entries[0]["pk"]["S"].split("#")[0])
        self.found[file] = self.found.get(file, 0) + len(told["Responses"][TABLE])
        return len(entries) - len(back), back


def build(lab: Lab) -> None:
    """20 write units and 10 read units: plenty for forty items."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 20},
    )
    lab.notes["table_arn"] = f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    audit = Audit(lab, "price-audit")
    lab.add(audit)
    lab.add(Importer(lab, "price-import", audit))
