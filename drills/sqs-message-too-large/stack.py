"""A gateway that passes order documents on by a queue, a worker that books them, and a bucket for attachments."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any, cast

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

QUEUE, BUCKET = "order-documents", "order-attachments"
KIB = 1024
SIZES = {
    "web": (20 * KIB, 90 * KIB, 140 * KIB),
    "marketplace": (30 * KIB, 700 * KIB, 90 * KIB, 5 * KIB * KIB, 1400 * KIB),
}
PIECE = 256 * KIB


def document_of(number: int, size: int) -> str:
    """An order's document: text that compresses badly."""
    return hashlib.shake_128(str(number).encode()).hexdigest(size // 2)


def digest_of(document: str) -> str:
    """What tells a document from another."""
    return hashlib.sha256(document.encode()).hexdigest()


class Gateway(Regular):
    """Sends an order's document at each run, and those again that were refused."""

    SETTINGS = {
        "orders": ("web", "marketplace"),
        "payload": ("inline", "s3"),
        "compress": ("off", "on"),
        "cut_at_limit": ("off", "on"),
    }
    GIVEN = frozenset({"orders"})
    waiting: list[int]

    def start(self) -> None:
        """Begin to take orders."""
        self.documents: dict[int, str] = {}
        self.sizes: dict[int, int] = {}
        self.placed: dict[int, int] = {}
        self.waiting = []
        super().start()

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return MINUTE_MS if self.lab.struck_at_ms else 30 * MINUTE_MS

    def run(self) -> None:
        """One more order, and what waits."""
        number = len(self.placed) + 1
        sizes = SIZES[self.settings["orders"]]
        self.sizes[number] = sizes[number % len(sizes)]
        self.placed[number] = self.lab.now_ms
        self.documents[number] = digest_of(document_of(number, self.sizes[number]))
        Ledger.of(self.lab).key_of(f"order-{number}", self.lab.now_ms)
        self.waiting.append(number)
        self._send()

    def _send(self) -> None:
        refused: list[int] = []
        last: AwsError | None = None
        for number in self.waiting:
            try:
                self._pass_on(number)
            except AwsError as error:
                last = error
                refused.append(number)
        self.waiting = refused
        if last is not None:
            raise last

    def _pass_on(self, number: int) -> None:
        document = document_of(number, self.sizes[number])
        told: dict[str, Any] = {"order": number}
        if self.settings["compress"] == "on":
            told["packed"] = base64.b64encode(zlib.compress(document.encode(), 1)).decode()
        else:
            told["document"] = document
        body = json.dumps(told)
        if self.settings["payload"] == "s3":
            key = f"documents/{number:08d}"
            self.lab.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body.encode())
            body = json.dumps({"order": number, "bucket": BUCKET, "key": key})
        elif self.settings["cut_at_limit"] == "on" and len(body) > 255 * KIB:
            body = json.dumps({"order": number, "document": document[: 250 * KIB]})
        self.lab.client("sqs").send_message(QueueUrl=self.lab.notes["queue"], MessageBody=body)


class Worker(Regular):
    """Books the orders that it receives; what it does not understand it leaves on the queue."""

    SETTINGS = {"reads": ("messages", "messages-and-s3")}
    EVERY_MS = 31_000

    def start(self) -> None:
        """Begin to book."""
        self.booked: dict[int, str] = {}
        super().start()

    def pause_ms(self) -> int:
        """Every half a minute on the day."""
        return self.EVERY_MS if self.lab.struck_at_ms else 10 * MINUTE_MS

    def run(self) -> None:
        """What there is."""
        sqs, queue = self.lab.client("sqs"), self.lab.notes["queue"]
        got: dict[str, Any] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        for message in got.get("Messages", []):
            told = json.loads(message["Body"])
            if "key" in told:
                if self.settings["reads"] == "messages":
                    self.say(f"order {told['order']}: this message has no document")
                    continue
                told = json.loads(self._fetched(told["bucket"], told["key"]))
            document = told["document"] if "document" in told else _unpacked(told["packed"])
            self._book(told["order"], document, message["MessageId"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def _fetched(self, bucket: str, key: str) -> bytes:
        s3 = self.lab.client("s3")
        size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        pieces = (f"bytes={at}-{min(at + PIECE, size) - 1}" for at in range(0, size, PIECE))
        return b"".join([s3.get_object(Bucket=bucket, Key=key, Range=piece)["Body"] for piece in pieces])

    def _book(self, number: int, document: str, message_id: str) -> None:
        if number in self.booked:
            return
        self.booked[number] = digest_of(document)
        ledger, now_ms = Ledger.of(self.lab), self.lab.now_ms
        ledger.effect(ledger.key_of(f"order-{number}", now_ms), now_ms, 0, message_id)


def _unpacked(packed: str) -> str:
    return zlib.decompress(base64.b64decode(packed)).decode()


def gateway_of(lab: Lab) -> Gateway:
    """The gateway."""
    return cast(Gateway, lab.apps["order-gateway"])


def worker_of(lab: Lab) -> Worker:
    """The worker."""
    return cast(Worker, lab.apps["order-worker"])


def build(lab: Lab) -> None:
    """The queue as it was made in 2019, with the limit of then; a private bucket; the two applications."""
    made = {"MaximumMessageSize": "262144", "VisibilityTimeout": "60"}
    lab.notes["queue"] = lab.client("sqs").create_queue(QueueName=QUEUE, Attributes=made)["QueueUrl"]
    lab.client("s3").create_bucket(Bucket=BUCKET)
    lab.add(Worker(lab, "order-worker"))
    lab.add(Gateway(lab, "order-gateway"))
