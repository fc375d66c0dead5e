"""One worker of a fleet: polls, processes one message after the other, deletes, and may crash anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError

if TYPE_CHECKING:
    from foulweather.drilling.load.fleet import WorkerFleet

Message = dict[str, Any]
REFUSED_PAUSE_MS = 1000
NO_QUEUE = "QueueDoesNotExist"


class Unprocessable(Exception):
    """A message that a worker cannot process."""


class Worker:
    """A loop of callbacks: poll, begin a message, finish it, settle it, begin the next."""

    __slots__ = (
        "_agenda",
        "_alarm",
        "_at",
        "_beat",
        "_clock",
        "_failed",
        "_fleet",
        "_hand",
        "_seen",
        "_task",
        "number",
    )

    def __init__(self, fleet: WorkerFleet, number: int) -> None:
        self.number = number
        self._fleet = fleet
        self._agenda = fleet.lab.world.agenda
        self._clock = fleet.lab.world.clock
        self._alarm = 0
        self._beat = 0
        self._task: asyncio.Task[None] | None = None
        self._hand: list[Message] = []
        self._failed: list[bool] = []
        self._at = 0
        self._seen = False

    def start(self) -> None:
        """Begin to poll; those of one fleet begin a millisecond after each other."""
        self._alarm = self._agenda.alarm(self._clock.now_ms + self.number, self._poll)

    def stop(self) -> None:
        """Drop everything, at once."""
        self._agenda.cancel(self._alarm)
        self._drop_hand()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _drop_hand(self) -> None:
        self._hand = []
        if self._beat:
            self._agenda.cancel(self._beat)
            self._beat = 0

    # --- polling

    def _poll(self) -> None:
        fleet = self._fleet
        self._await(fleet.calling.make("receive_message", fleet.sqs.receive_message, fleet.polling, self._received))

    def _await(self, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            self._task = task

    def _poll_after(self, pause_ms: int) -> None:
        self._alarm = self._agenda.alarm(self._clock.now_ms + pause_ms, self._poll)

    def _received(self, response: Any, error: AwsError | None) -> None:
        fleet = self._fleet
        self._task = None
        if error is not None:
            if not (fleet.awaits_queue and error.code == NO_QUEUE):
                fleet.note(self.number, "", f"receive_message: {error}")
            self._poll_after(REFUSED_PAUSE_MS)
            return
        messages: list[Message] = response.get("Messages", [])
        if not messages:
            fleet.empty_receives += 1
            self._poll_after(fleet.round_trip_ms + fleet.pause_ms)
            return
        fleet.received += len(messages)
        counts = fleet.receive_counts
        for message in messages:
            counts[int(message["Attributes"]["ApproximateReceiveCount"])] += 1
        self._hand = messages
        self._failed = []
        self._at = 0
        if fleet.beats:
            self._beat = self._agenda.alarm(self._clock.now_ms + fleet.beat_every_ms, self._heartbeat)
        if fleet.delete == "before":
            self._delete(messages, self._begin)
        else:
            self._begin()

    # --- processing

    def _begin(self) -> None:
        fleet = self._fleet
        if fleet.idempotent == "check-first":
            self._seen = self._is_done_already(self._hand[self._at])
        self._alarm = self._agenda.alarm(self._clock.now_ms + fleet.take_duration(fleet.draws), self._finish)

    def _finish(self) -> None:
        fleet, message = self._fleet, self._hand[self._at]
        if fleet.crash_before_ppm and fleet.happens(fleet.crash_before_ppm):
            self._crash(message, "before its effect")
            return
        is_failed = False
        try:
            self._take_effect(message)
        except Unprocessable as error:
            is_failed = True
            fleet.failures += 1
            fleet.note(self.number, message["MessageId"], f"failed: {error}")
        if fleet.crash_after_ppm and not is_failed and fleet.happens(fleet.crash_after_ppm):
            self._crash(message, "after its effect, before delete")
            return
        self._failed.append(is_failed)
        if fleet.deletes_by_batch:
            self._next()
        else:
            self._settle([message], [is_failed], self._next)

    def _take_effect(self, message: Message) -> None:
        fleet = self._fleet
        event = fleet.read(message)
        fleet.work(event)
        key = fleet.key_of(event)
        if key is None:
            return
        if fleet.idempotent != "off":
            is_done = self._seen if fleet.idempotent == "check-first" else fleet.ledger.has_effect(key)
            if is_done:
                fleet.skipped += 1
                return
        fleet.effects += 1
        count = int(message["Attributes"]["ApproximateReceiveCount"])
        fleet.ledger.effect(key, self._clock.now_ms, self.number, message["MessageId"], count)

    def _is_done_already(self, message: Message) -> bool:
        try:
            key = self._fleet.key_of(self._fleet.read(message))
        except Unprocessable:
            return False
        return key is not None and self._fleet.ledger.has_effect(key)

    def _next(self) -> None:
        fleet = self._fleet
        self._at += 1
        is_stopped = fleet.stops_at_failure and self._failed[-1]
        if self._at < len(self._hand) and not is_stopped:
            self._begin()
            return
        rest = self._hand[self._at :]
        if fleet.deletes_by_batch:
            self._settle(self._hand, [*self._failed, *(True for _ in rest)], self._end)
        elif rest:
            self._settle(rest, [True for _ in rest], self._end)
        else:
            self._end()

    def _end(self) -> None:
        self._drop_hand()
        self._poll_after(self._fleet.round_trip_ms)

    def _crash(self, message: Message, stage: str) -> None:
        fleet = self._fleet
        fleet.crashes += 1
        fleet.note(self.number, message["MessageId"], f"killed {stage}")
        self._drop_hand()
        self._poll_after(fleet.restart_ms)

    # --- what the queue is told

    def _settle(self, messages: list[Message], failed: list[bool], then: Callable[[], None]) -> None:
        """Delete what is to be deleted, and give back what is to be given back."""
        fleet = self._fleet
        if fleet.delete == "before":
            then()
            return
        if any(failed):
            if fleet.deletes_by_batch and not fleet.is_partial:
                failed = [True] * len(messages)
            if fleet.delete != "always" and fleet.releases:
                for message, is_failed in zip(messages, failed, strict=True):
                    if is_failed:
                        self._make_visible_in(message, 0)
        if fleet.delete == "never":
            then()
            return
        if fleet.delete == "after-success" and any(failed):
            messages = [message for message, is_failed in zip(messages, failed, strict=True) if not is_failed]
        if messages:
            self._delete(messages, then)
        else:
            then()

    def _delete(self, messages: list[Message], then: Callable[[], None]) -> None:
        fleet = self._fleet

        def done(response: Any, error: AwsError | None) -> None:
            self._task = None
            if error is not None:
                fleet.note(self.number, messages[0]["MessageId"], f"delete: {error}")
            elif response is None:
                fleet.deleted += 1
            else:
                fleet.deleted += len(response["Successful"])
                for one in response["Failed"]:
                    fleet.note(self.number, messages[int(one["Id"])]["MessageId"], f"delete: {one['Code']}")
            then()

        if fleet.deletes_by_batch:
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]} for place, message in enumerate(messages)
            ]
            asked = {"QueueUrl": fleet.queue_url, "Entries": entries}
            self._await(fleet.calling.make("delete_message_batch", fleet.sqs.delete_message_batch, asked, done))
            return
        first, rest = messages[0], messages[1:]
        asked = {"QueueUrl": fleet.queue_url, "ReceiptHandle": first["ReceiptHandle"]}
        if rest:
            following, then = then, lambda: self._delete(rest, following)
        self._await(fleet.calling.make("delete_message", fleet.sqs.delete_message, asked, done))

    def _heartbeat(self) -> None:
        fleet = self._fleet
        held = self._hand if fleet.deletes_by_batch else self._hand[self._at :]
        for message in held:
            self._make_visible_in(message, fleet.beat_visibility_s)
        self._beat = self._agenda.alarm(self._clock.now_ms + fleet.beat_every_ms, self._heartbeat)

    def _make_visible_in(self, message: Message, visibility_s: int) -> None:
        fleet = self._fleet

        def done(response: Any, error: AwsError | None) -> None:
            if error is not None:
                fleet.note(self.number, message["MessageId"], f"change_message_visibility: {error}")

        asked = {
            "QueueUrl": fleet.queue_url,
            "ReceiptHandle": message["ReceiptHandle"],
            "VisibilityTimeout": visibility_s,
        }
        fleet.calling.make("change_message_visibility", fleet.sqs.change_message_visibility, asked, done)
