"""Queues as sources: messages are received, carried, and deleted when they are done with.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
"""

from __future__ import annotations

import base64
import inspect
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.pipes import carrying, filtering, limits
from foulweather.services.pipes.shaping import Event
from foulweather.services.pipes.state import Pipe
from foulweather.services.pipes.working import Work

WAIT_S = 20
RECEIVED_MAX = 10
# Pipes begin with five batches at a time and scale up to 1,250 (eb-pipes-batching-concurrency). Here one poller
# receives, and that many batches are carried beside each other at the most.
CONCURRENT_MAX = 5


class QueueWork(Work):
    """Polls a queue, with batches under way beside each other."""

    def tend(self) -> None:
        """Have a poller there."""
        if not self.running:
            self.spawn(self._poll)

    async def _poll(self) -> None:
        failures = 0
        while (pipe := self.pipe) is not None:
            call = self.call()
            try:
                messages = await self._gather(call, pipe)
            except AwsError as error:
                call.reread_clock()
                self.note_problem(call, error, "Poll")
                await self.sleep(call, call.now + limits.backoff_ms(failures))
                failures += 1
                continue
            self.went_well("Poll")
            failures = 0
            if not messages:
                continue
            if self.running > CONCURRENT_MAX:
                await self._process(call, pipe, messages)
            else:
                self.spawn(lambda call=call, pipe=pipe, messages=messages: self._process(call, pipe, messages))

    async def _gather(self, call: Call, pipe: Pipe) -> list[dict[str, Any]]:
        """Receive a batch: what is there, or what comes within the batching window."""
        size, window_ms = (
            pipe.source_settings["BatchSize"],
            1000 * pipe.source_settings["MaximumBatchingWindowInSeconds"],
        )
        found = await self._receive(call, pipe, min(size, RECEIVED_MAX), WAIT_S)
        until_ms = call.now + window_ms
        while found and len(found) < size and call.now < until_ms:
            wait_s = min(WAIT_S, max(1, (until_ms - call.now) // 1000))
            found += await self._receive(call, pipe, min(size - len(found), RECEIVED_MAX), wait_s)
        return found

    async def _receive(self, call: Call, pipe: Pipe, count: int, wait_s: int) -> list[dict[str, Any]]:
        request = {
            "QueueUrl": self._url(pipe),
            "MaxNumberOfMessages": count,
            "WaitTimeSeconds": wait_s,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        answer: Any = (await self.ports(call, pipe)).sqs.receive_message(request)
        if inspect.isawaitable(answer):
            answer = await self.listening(answer)
        call.reread_clock()
        return answer.get("Messages") or []

    def _url(self, pipe: Pipe) -> str:
        _, _, _, region, account, name = pipe.source.split(":", 5)
        return f"https://sqs.{region}.amazonaws.com/{account}/{name}"

    async def _process(self, call: Call, pipe: Pipe, messages: list[dict[str, Any]]) -> None:
        """Carry what passes the filters; delete what is done with, and what did not pass."""
        events = [_event(pipe, message) for message in messages]
        pairs = list(zip(events, messages, strict=True))
        wanted = [pair for pair in pairs if filtering.passes(pipe, pair[0])]
        done = [message for event, message in pairs if not filtering.passes(pipe, event)]
        if wanted:
            try:
                principal = await self.principal(call, pipe)
            except AwsError as error:
                self.note_problem(call, error, "AssumeRole")
                return
            outcome = await carrying.carry(call, pipe, principal, [event for event, _ in wanted])
            done += [message for place, (_, message) in enumerate(wanted) if place not in outcome.failed]
            if outcome.error is not None:
                then = "they are visible on the queue again when their visibility timeout is over."
                carrying.explain(call, pipe, outcome, len(wanted), then)
        await self._delete(call, pipe, done)

    async def _delete(self, call: Call, pipe: Pipe, messages: list[dict[str, Any]]) -> None:
        for start in range(0, len(messages), RECEIVED_MAX):
            some = messages[start : start + RECEIVED_MAX]
            entries = [{"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]} for at, message in enumerate(some)]
            request = {"QueueUrl": self._url(pipe), "Entries": entries}
            try:
                await self.asked(call, pipe, "sqs", "delete_message_batch", request)
            except AwsError as error:
                self.note_problem(call, error, "Delete")


def _event(pipe: Pipe, message: dict[str, Any]) -> Event:
    """A message as an event."""
    attributes: dict[str, dict[str, Any]] = message.get("MessageAttributes") or {}
    record: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": {name: _attribute(each) for name, each in attributes.items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": pipe.source,
        "awsRegion": pipe.source.split(":")[3],
    }
    at_ms = int(record["attributes"].get("SentTimestamp") or 0)
    return Event(record, message["MessageId"], at_ms)


def _attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
    if "StringValue" in attribute:
        shown["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        shown["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    return shown
