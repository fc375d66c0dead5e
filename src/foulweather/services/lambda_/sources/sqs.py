"""Queues: pollers that receive messages, invoke the function with them, and delete what it has done with.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
import inspect
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_ import filtering, invoking, responses
from foulweather.services.lambda_.feeds import Feed, backoff_ms, measured
from foulweather.services.lambda_.records import Mapping

# "Lambda starts processing five batches at a time"; idle, it "can optimize to as few as 2 concurrent batches".
STARTED, FEWEST, MOST = 5, 2, 1_000
# "up to 300 more instances per minute"; in provisioned mode "up to 1,000".
GROWTH_MS, GROWTH_MS_PROVISIONED = 200, 60
# "Each event poller supports up to 1 MB/sec of throughput, up to 10 concurrent invokes".
INVOKES_OF_POLLER = 10
WAIT_S = 20
RECEIVED_MAX = 10
VISIBILITY_KNOWN_MS = 60_000
LOOP = "RecursiveInvocationException"


class Batch:
    """Messages that are gathered for one batch, from when the first of them was received."""

    def __init__(self, messages: list[dict[str, Any]], size: int, received_ms: int) -> None:
        self.messages = messages
        self.size = size
        self.received_ms = received_ms
        self.bytes = sum(len(message["Body"]) for message in messages)
        self.full = Parking()

    @property
    def is_full(self) -> bool:
        """Whether it is not to wait for more."""
        return len(self.messages) >= self.size or self.bytes >= responses.PAYLOAD_BYTES_MAX

    def take(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take in what there is room for, and give back the rest."""
        room = 0 if self.is_full else self.size - len(self.messages)
        self.messages += messages[:room]
        self.bytes += sum(len(message["Body"]) for message in messages[:room])
        if self.is_full:
            self.full.wake()
        return messages[room:]


class QueueFeed(Feed):
    """Polls a queue with as many pollers as its backlog and the function's health allow."""

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline, mapping)
        self.url = f"https://sqs.{self.source_region}.amazonaws.com/{self.source_account}/{self.source_name}"
        self.allowed = max(STARTED, _invokes(mapping, "MinimumPollers"))
        self.grown_ms = self.world.clock.now_ms
        self._provisioned = mapping.settings.get("ProvisionedPollerConfig")
        self._fewest = max(FEWEST, _invokes(mapping, "MinimumPollers"))
        self._growth_ms = GROWTH_MS_PROVISIONED if self._provisioned else GROWTH_MS
        self._failures = 0
        self._visibility: tuple[int, int] | None = None
        self._gathering: Batch | None = None

    def tend(self) -> None:
        """Have the fewest pollers there."""
        self._have(FEWEST)

    def _have(self, pollers: int) -> None:
        while self.running < pollers:
            self.spawn(self._poll)

    def _most(self, mapping: Mapping) -> int:
        scaling: dict[str, int] = mapping.settings.get("ScalingConfig") or {}
        return _invokes(mapping, "MaximumPollers") or min(MOST, scaling.get("MaximumConcurrency") or MOST)

    def is_stale(self, mapping: Mapping) -> bool:
        """Whether it was made for other pollers than the mapping wants now."""
        return self._provisioned != mapping.settings.get("ProvisionedPollerConfig")

    # --- scaling

    def _busy(self, mapping: Mapping, now_ms: int) -> None:
        """Messages were there: have more pollers, as long as all that may be are at work."""
        gained = (now_ms - self.grown_ms) // self._growth_ms
        if self.running < self.allowed:
            self.grown_ms = now_ms
        elif gained:
            self.allowed = min(max(MOST, self._most(mapping)), self.allowed + gained)
            self.grown_ms += gained * self._growth_ms
        self._have(min(self.allowed, self._most(mapping)))

    def _shrink(self) -> None:
        """Lambda "gradually backs off" after failures; how much at a time is not published."""
        self.allowed = max(self._fewest, self.allowed - 1)
        self.grown_ms = self.world.clock.now_ms

    # --- a poller

    async def _poll(self) -> None:
        while (mapping := self.mapping) is not None:
            call = self.call()
            try:
                batch = await self._gather(call, mapping)
            except AwsError as error:
                self.note_problem(call, error)
                self._failures += 1
                call.reread_clock()
                await self.sleep(call, call.now + backoff_ms(self._failures))
                continue
            self._failures = 0
            if batch is None:
                if self.running > FEWEST:
                    self.allowed = max(STARTED, self._fewest, self.running - 1)
                    return
                continue
            if batch.messages:
                await self._process(call, mapping, batch)
            if self.running > self.allowed:
                return

    async def _gather(self, call: Call, mapping: Mapping) -> Batch | None:
        """Receive a batch: what is there, or what all pollers receive within the batching window; None if nothing."""
        size: int = mapping.settings.get("BatchSize") or 10
        window_ms = 1000 * (mapping.settings.get("MaximumBatchingWindowInSeconds") or 0)
        messages = await self._receive(call, min(size, RECEIVED_MAX), WAIT_S)
        if not messages:
            return None
        self._busy(mapping, call.now)
        if self._gathering is not None:
            messages = self._gathering.take(messages)
        batch = Batch(messages, size, call.now)
        if messages and window_ms and not batch.is_full:
            self._gathering = batch
            try:
                await self.listening(batch.full.wait(call, call.now + window_ms))
            finally:
                if self._gathering is batch:
                    self._gathering = None
        return batch

    async def _receive(self, call: Call, count: int, wait_s: int) -> list[dict[str, Any]]:
        request = {
            "QueueUrl": self.url,
            "MaxNumberOfMessages": count,
            "WaitTimeSeconds": wait_s,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        answer = (await self.ports(call)).sqs.receive_message(request)
        if inspect.isawaitable(answer):
            answer = await self.listening(answer)
        call.reread_clock()
        self.went_well("Poll")
        return answer.get("Messages") or []

    # --- a batch

    async def _process(self, call: Call, mapping: Mapping, batch: Batch) -> None:
        """Filter, invoke, delete, and count."""
        wanted, unwanted = self._filtered(mapping, batch.messages)
        counts = {"polled": len(batch.messages), "filtered": len(unwanted), "invoked": 0, "failed": 0, "deleted": 0}
        if unwanted:
            counts["deleted"] += await self._delete(call, unwanted)
        start = 0
        for count, payload in responses.payloads([record for record, _ in wanted]) if wanted else ():
            part = [message for _, message in wanted[start : start + count]]
            start += count
            done = await self._invoked(call, mapping, part, payload, batch.received_ms)
            counts["invoked"] += 0 if done is None else count
            counts["failed"] += count - len(done or ())
            if done:
                counts["deleted"] += await self._delete(call, done)
        facts = {"mapping": self.uuid, "function": mapping.function_arn, **counts, **measured(mapping)}
        call.happened("lambda.BatchProcessed", self.arn, **facts)

    def _filtered(
        self, mapping: Mapping, messages: list[dict[str, Any]]
    ) -> tuple[list[tuple[dict[str, Any], dict[str, Any]]], list[dict[str, Any]]]:
        """The messages that pass, with their records, and those that Lambda deletes instead."""
        patterns = filtering.patterns(mapping.settings)
        pairs = [(self._record(message), message) for message in messages]
        if not patterns:
            return pairs, []
        wanted: list[tuple[dict[str, Any], dict[str, Any]]] = []
        unwanted: list[dict[str, Any]] = []
        for pair in pairs:
            record, message = pair
            if any(pattern.accepts_message(record, message["Body"]) for pattern in patterns):
                wanted.append(pair)
            else:
                unwanted.append(message)
        return wanted, unwanted

    async def _invoked(
        self, call: Call, mapping: Mapping, messages: list[dict[str, Any]], payload: bytes, received_ms: int
    ) -> list[dict[str, Any]] | None:
        """Those of the messages that the function has done with; None when it never saw them.

        Where the function is throttled "Lambda continues to retry the message until the message's timestamp exceeds
        your queue's visibility timeout, at which point Lambda drops the message": it is on the queue again.
        """
        attempt = 0
        while True:
            try:
                answer = await invoking.invoke_from(call, mapping.function_arn, payload, source=self.source_arn)
                break
            except AwsError as error:
                call.reread_clock()
                self.note_problem(call, error, "Invoke")
                self._shrink()
                next_ms = call.now + backoff_ms(attempt)
                attempt += 1
                until_ms = received_ms + 1000 * await self._visibility_s(call)
                if error.code == LOOP or next_ms >= until_ms or self.mapping is None:
                    self._dropped(call, len(messages), error)
                    return None
            await self.sleep(call, next_ms)
        call.reread_clock()
        reports = responses.are_reports(mapping.settings)
        failed: set[str] | None = None
        if not answer.function_error:
            known = {message["MessageId"] for message in messages}
            failed = responses.failed_items(answer.payload, known) if reports else set()
        elif not reports:
            # "When ReportBatchItemFailures is activated, Lambda doesn't scale down message polling".
            self._shrink()
        done = [] if failed is None else [message for message in messages if message["MessageId"] not in failed]
        if len(done) == len(messages):
            self.went_well("Invoke")
        else:
            then = "they are visible on the queue again when their visibility timeout is over."
            self.note_failure(call, len(messages) - len(done), answer, then)
        return done

    def _dropped(self, call: Call, count: int, error: AwsError) -> None:
        why = Why(
            "dropped",
            f"The function could not be invoked with {count} message(s) before their visibility timeout was over; "
            "they are visible on the queue again, received once more often.",
            (Fact(self.source_arn, "VisibilityTimeout", self._visibility[0] if self._visibility else None),),
            because=(error.why,),
        )
        call.explain("Drop", self.arn, why, error.code)

    async def _visibility_s(self, call: Call) -> int:
        """The queue's visibility timeout, asked for when it matters and once a minute."""
        held = self._visibility
        if held is None or held[1] <= call.now:
            request = {"QueueUrl": self.url, "AttributeNames": ["VisibilityTimeout"]}
            try:
                answer = (await self.ports(call)).sqs.get_queue_attributes(request)
                answer = await answer if inspect.isawaitable(answer) else answer
            except AwsError:
                return 0
            held = self._visibility = int(answer["Attributes"]["VisibilityTimeout"]), call.now + VISIBILITY_KNOWN_MS
        return held[0]

    async def _delete(self, call: Call, messages: list[dict[str, Any]]) -> int:
        """Delete messages; how many were. Those that cannot be deleted come back."""
        deleted = 0
        for start in range(0, len(messages), RECEIVED_MAX):
            part = messages[start : start + RECEIVED_MAX]
            entries = [{"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]} for at, message in enumerate(part)]
            try:
                ports = await self.ports(call)
                answer = ports.sqs.delete_message_batch({"QueueUrl": self.url, "Entries": entries})
                answer = await answer if inspect.isawaitable(answer) else answer
            except AwsError as error:
                self.note_problem(call, error, "Delete")
                continue
            self.went_well("Delete")
            deleted += len(answer.get("Successful") or ())
        return deleted

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message as the function sees it: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""
        attributes: dict[str, dict[str, Any]] = message.get("MessageAttributes") or {}
        record: dict[str, Any] = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes") or {},
            "messageAttributes": {name: _attribute(each) for name, each in attributes.items()},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.source_arn,
            "awsRegion": self.source_region,
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        return record


def _attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if "StringValue" in attribute:
        shown["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        shown["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    return {**shown, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}


def _invokes(mapping: Mapping, bound: str) -> int:
    """How many invocations the least or most provisioned pollers have under way at once; 0 where there are none."""
    pollers: dict[str, int] = mapping.settings.get("ProvisionedPollerConfig") or {}
    return INVOKES_OF_POLLER * pollers.get(bound, 0)
