"""One lane of a shard: records of some partition keys, in order, a batch at a time.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import invoking, responses
from foulweather.services.lambda_.feeds import backoff_ms, measured
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources import discarding, windows
from foulweather.services.lambda_.sources.windows import Window

if TYPE_CHECKING:
    from foulweather.services.lambda_.sources.streams import Shard, StreamFeed

FAILED = "PROBLEM: Function call failed"
AGED, EXHAUSTED = "RecordAgeExceeded", "RetryAttemptsExhausted"


class Item(NamedTuple):
    """One record on its way to the function."""

    sequence: str
    at_ms: int
    read_ms: int
    record: dict[str, Any]
    bytes: int


class Batch(msgspec.Struct):
    """Records that are invoked with together, and how often that was tried."""

    items: list[Item]
    attempts: int = 0
    answer: discarding.Answer | None = None


class Lane:
    """Runs while it has something to do; "Lambda still ensures in-order processing at the partition-key level"."""

    def __init__(self, feed: StreamFeed, shard: Shard, number: int) -> None:
        self.feed = feed
        self.shard = shard
        self.key = f"{shard.id}/{number}"
        self.waiting: deque[Item] = deque()
        self.batches: list[Batch] = []
        self.window: Window | None = None
        self._parked = Parking()
        self._is_running = False
        self._alarm = 0

    # --- what it has

    def take(self, item: Item) -> None:
        """One more record."""
        self.waiting.append(item)
        self._start()
        mapping = self.feed.mapping
        if mapping is None or len(self.waiting) >= _size(mapping):
            self._parked.wake()

    def resume(self, mapping: Mapping) -> None:
        """Take up a tumbling window that was open when the world was put away."""
        kept = mapping.windows.get(self.key)
        if kept is not None:
            self.window = Window(kept["start_ms"], kept["end_ms"], kept["state"])
            self.tend()

    def tend(self) -> None:
        """Have it run when its window is over, or when records wait."""
        if self.waiting or self.batches:
            self._start()
        elif self.window is not None and not self._alarm and not self._is_running:
            at_ms = max(self.window.end_ms, self.feed.world.clock.now_ms)
            self._alarm = self.feed.world.agenda.alarm(at_ms, self._rung)

    def stop(self) -> None:
        """It does no more."""
        self.feed.world.agenda.cancel(self._alarm)

    def _rung(self) -> None:
        self._alarm = 0
        self._start()

    def _start(self) -> None:
        if not self._is_running and not self.feed.is_stopped:
            self._is_running = True
            self.feed.spawn(self._run)

    # --- its work

    async def _run(self) -> None:
        try:
            while (mapping := self.feed.mapping) is not None:
                call = self.feed.call()
                if self.batches:
                    await self._attempt(call, mapping, self.batches.pop())
                elif self.window is not None and self._window_is_over(call):
                    await self._close_window(call, mapping, self.window)
                elif self.waiting:
                    await self._gather(call, mapping)
                else:
                    break
        finally:
            self._is_running = False
        if self.feed.mapping is not None:
            self.tend()

    async def _gather(self, call: Call, mapping: Mapping) -> None:
        """Put a batch together: full, or as old as the batching window."""
        window_ms = 1000 * (mapping.settings.get("MaximumBatchingWindowInSeconds") or 0)
        until_ms = self.waiting[0].read_ms + window_ms
        size = _size(mapping)
        while call.now < until_ms and len(self.waiting) < size and self._bytes() < responses.PAYLOAD_BYTES_MAX:
            if self.window is not None:
                until_ms = min(until_ms, self.window.end_ms)
            await self.feed.listening(self._parked.wait(call, max(until_ms, call.now)))
        items: list[Item] = []
        bytes_held = windows.ENVELOPE_BYTES
        tumbling_ms = 1000 * (mapping.settings.get("TumblingWindowInSeconds") or 0)
        if tumbling_ms and self.window is None:
            self.window = windows.opened(self.waiting[0].at_ms, tumbling_ms)
        while self.waiting and len(items) < size:
            item = self.waiting[0]
            bytes_held += item.bytes + 1
            if items and bytes_held > responses.PAYLOAD_BYTES_MAX:
                break
            if self.window is not None and item.at_ms >= self.window.end_ms:
                break
            items.append(self.waiting.popleft())
        if items:
            self.batches.append(Batch(items))

    def _bytes(self) -> int:
        return sum(item.bytes for item in self.waiting)

    async def _attempt(self, call: Call, mapping: Mapping, batch: Batch) -> None:
        """Invoke once, and do with the batch as its outcome says."""
        batch = self._without_aged(call, mapping, batch)
        if not batch.items:
            return
        event = self._event(batch)
        function_arn, name = discarding.function_of(mapping)
        call.happened("lambda.IteratorAge", function_arn, function=name, age_ms=call.now - batch.items[-1].at_ms)
        invoked = await self._invoked(call, mapping, event, batch)
        if invoked is None:
            return
        failed_from = self._failed_from(mapping, batch, invoked)
        done, left = batch.items[:failed_from], batch.items[failed_from:]
        self._count(call, mapping, batch, len(left))
        if not invoked.function_error and failed_from and self.window is not None:
            self._keep_state(invoked.payload)
        if done:
            self.shard.done(done)
        if not left:
            self.feed.note_result("OK")
            self.feed.went_well("Invoke")
            await self._end_early(call, mapping)
            return
        self.feed.note_result(FAILED)
        self.feed.note_failure(call, len(left), invoked, "its shard's lane goes no further before they are done with.")
        batch.answer = discarding.Answer(invoked.request_id, invoked.status, invoked.function_error)
        await self._retry(call, mapping, batch, left)

    async def _invoked(
        self, call: Call, mapping: Mapping, event: bytes, batch: Batch | None
    ) -> invoking.Invoked | None:
        """Invoke; what cannot be invoked is tried again until the records are too old, and is no attempt."""
        attempt = 0
        while True:
            try:
                _check_size(event)
                answer = await invoking.invoke_from(call, mapping.function_arn, event, source=self.feed.source_arn)
            except AwsError as error:
                call.reread_clock()
                self.feed.note_problem(call, error, "Invoke")
                self.feed.note_result(f"PROBLEM: {error.message}")
                await self.feed.sleep(call, call.now + backoff_ms(attempt))
                attempt += 1
                if self.feed.mapping is None:
                    return None
                if batch is not None and self._oldest_ms(mapping, call.now) > batch.items[0].at_ms:
                    self.batches.append(batch)
                    return None
                continue
            call.reread_clock()
            return answer

    def _failed_from(self, mapping: Mapping, batch: Batch, invoked: invoking.Invoked) -> int:
        """The place of the first record that is to be tried again."""
        if invoked.function_error:
            return 0
        if self.window is not None and windows.state_of(invoked.payload) is None:
            return 0
        if not responses.are_reports(mapping.settings):
            return len(batch.items)
        places = {item.sequence: place for place, item in enumerate(batch.items)}
        failed = responses.failed_items(invoked.payload, places)
        if failed is None:
            return 0
        # "Lambda uses the record with the lowest sequence number as the checkpoint."
        return min((places[sequence] for sequence in failed), default=len(batch.items))

    async def _retry(self, call: Call, mapping: Mapping, batch: Batch, left: list[Item]) -> None:
        """Try again: in halves, later, or not at all. "Splitting a batch doesn't consume the retry quota."""
        settings = mapping.settings
        is_split = len(left) < len(batch.items)
        if settings.get("BisectBatchOnFunctionError") and (len(left) > 1 or is_split):
            if is_split:
                self.batches.append(Batch(left, batch.attempts, batch.answer))
                return
            middle = (len(left) + 1) // 2
            self.batches.append(Batch(left[middle:], batch.attempts, batch.answer))
            self.batches.append(Batch(left[:middle], batch.attempts, batch.answer))
            return
        retries_max: int | None = settings.get("MaximumRetryAttempts")
        again = Batch(left, batch.attempts + 1, batch.answer)
        if retries_max is not None and 0 <= retries_max < again.attempts:
            await self._discard(call, mapping, again, EXHAUSTED)
            return
        self.batches.append(again)
        await self.feed.sleep(call, call.now + backoff_ms(batch.attempts))

    def _without_aged(self, call: Call, mapping: Mapping, batch: Batch) -> Batch:
        """The batch without the records that are too old; those are discarded in a batch of their own."""
        oldest_ms = self._oldest_ms(mapping, call.now)
        if batch.items[0].at_ms >= oldest_ms:
            return batch
        aged = [item for item in batch.items if item.at_ms < oldest_ms]
        self.feed.spawn(lambda: self._discard(call, mapping, Batch(aged, batch.attempts, batch.answer), AGED))
        return Batch([item for item in batch.items if item.at_ms >= oldest_ms], batch.attempts, batch.answer)

    async def _discard(self, call: Call, mapping: Mapping, batch: Batch, condition: str) -> None:
        """Give records up, and tell the on-failure destination."""
        lost = discarding.Lost(
            condition,
            batch.attempts,
            batch.answer,
            self.shard.id,
            [item.record for item in batch.items],
            (batch.items[0].sequence, batch.items[-1].sequence),
            (batch.items[0].at_ms, batch.items[-1].at_ms),
        )
        await discarding.discard(self.feed, call, mapping, lost)
        self.shard.done(batch.items)

    def _oldest_ms(self, mapping: Mapping, now_ms: int) -> int:
        """What is older than this has expired, or exceeds MaximumRecordAgeInSeconds (-1: the stream's own limit)."""
        age_s: int = mapping.settings.get("MaximumRecordAgeInSeconds") or -1
        kept_ms = self.feed.kept_ms
        return now_ms - (min(age_s * 1000, kept_ms) if age_s > 0 else kept_ms)

    def _count(self, call: Call, mapping: Mapping, batch: Batch, failed: int) -> None:
        call.happened(
            "lambda.BatchProcessed",
            self.feed.arn,
            mapping=self.feed.uuid,
            function=mapping.function_arn,
            invoked=len(batch.items),
            failed=failed,
            **measured(mapping),
        )

    # --- tumbling windows

    def _event(self, batch: Batch) -> bytes:
        records = [item.record for item in batch.items]
        if self.window is None:
            return msgspec.json.encode({"Records": records})
        return windows.event(self.window, records, self.shard.id, self.feed.source_arn)

    def _window_is_over(self, call: Call) -> bool:
        window = self.window
        assert window is not None
        if self.waiting and self.waiting[0].at_ms >= window.end_ms:
            return True
        return not self.waiting and call.now >= window.end_ms

    def _keep_state(self, payload: bytes) -> None:
        assert self.window is not None
        self.window = self.window._replace(state=windows.state_of(payload) or {})
        self.feed.keep_window(self.key, self.window._asdict())

    async def _end_early(self, call: Call, mapping: Mapping) -> None:
        """Over a megabyte of state "Lambda terminates the window early"; it goes on with a fresh state."""
        window = self.window
        if window is None or len(msgspec.json.encode(window.state)) <= windows.STATE_BYTES_MAX:
            return
        if await self._called_for_window(call, mapping, window, is_early=True):
            self.window = window._replace(state={})
            self.feed.keep_window(self.key, self.window._asdict())

    async def _close_window(self, call: Call, mapping: Mapping, window: Window) -> None:
        """The final invocation of a window; nothing is processed further before it succeeds."""
        if await self._called_for_window(call, mapping, window, is_early=False):
            self.window = None
            self.feed.keep_window(self.key, None)

    async def _called_for_window(self, call: Call, mapping: Mapping, window: Window, *, is_early: bool) -> bool:
        event = windows.event(window, [], self.shard.id, self.feed.source_arn, is_final=not is_early, is_early=is_early)
        attempt = 0
        while True:
            invoked = await self._invoked(call, mapping, event, None)
            if invoked is None:
                return False
            if not invoked.function_error and windows.state_of(invoked.payload) is not None:
                return True
            self.feed.note_result(FAILED)
            await self.feed.sleep(call, call.now + backoff_ms(attempt))
            attempt += 1
            if self.feed.mapping is None:
                return False


def _size(mapping: Mapping) -> int:
    return mapping.settings.get("BatchSize") or 100


def _check_size(event: bytes) -> None:
    """A single record can be more than Lambda takes: Kinesis' can have ten megabytes."""
    if len(event) > responses.PAYLOAD_BYTES_MAX:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(event)} byte payload is too large for the RequestResponse invocation type (limit "
            f"{responses.PAYLOAD_BYTES_MAX} bytes)",
            413,
            facts=(Fact("event", "bytes", len(event)), Fact("event", "bytes at most", responses.PAYLOAD_BYTES_MAX)),
        )
