"""The queues of an account in a region and everything in them."""

from __future__ import annotations

from collections import deque

from foulweather.kernel.call import Call
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.sqs import limits, refusals
from foulweather.services.sqs.addresses import addressed
from foulweather.services.sqs.backlog import Backlog, StandardBacklog
from foulweather.services.sqs.fifo import FifoBacklog
from foulweather.services.sqs.records import DeletedQueue, Message, MoveTask, Queue, ReceiveAttempt, Sent
from foulweather.world.store import State, table


class SqsState(State):
    """One account's queues in one region; a backlog holds what is derived for each of them."""

    queues = table(Queue)
    messages = table(Message)
    sent = table(Sent)
    attempts = table(ReceiveAttempt)
    deleted = table(DeletedQueue)
    move_tasks = table(MoveTask)

    def opened(self) -> None:
        """Put every message back in its backlog, in order, and find the last sequence number."""
        self.backlogs: dict[str, Backlog] = {queue.name: _backlog(queue) for queue in self.queues.values()}
        self._sequence = 0
        messages = sorted(self.messages.values(), key=_by_sequence)
        for message in messages:
            # Nobody knows the time here: all begin as hidden, and those that are due appear when first looked at.
            self.backlogs[message.queue].add(message, now_ms=-1)
        self._remembered = deque(sorted(self.sent.items(), key=_by_time))
        last = [messages[-1].sequence] if messages else []
        self._sequence = max(last + [sent.sequence for sent in self.sent.values()], default=0)

    # --- queues

    def backlog(self, name: str) -> Backlog:
        """A queue's backlog, or the refusal that the queue does not exist."""
        found = self.backlogs.get(name)
        if found is None:
            raise refusals.no_such_queue(f"arn:aws:sqs:{self.region}:{self.account}:{name}")
        return found

    def require(self, backlog: Backlog) -> None:
        """Refuse to go on, after waiting, with a queue that was deleted meanwhile."""
        if self.backlogs.get(backlog.queue.name) is not backlog:
            raise refusals.no_such_queue(backlog.arn)

    def create(self, queue: Queue) -> None:
        """Add a queue without messages."""
        self.queues.put(queue.name, queue)
        self.backlogs[queue.name] = _backlog(queue)

    def delete(self, backlog: Backlog, now_ms: int) -> None:
        """Remove a queue with all that is in it; the name stays taken for a while."""
        name = backlog.queue.name
        self.purge(backlog)
        for key in [key for key, sent in self.sent.items() if sent.queue == name]:
            self.sent.delete(key)
        for key in [key for key, attempt in self.attempts.items() if attempt.queue == name]:
            self.attempts.delete(key)
        del self.backlogs[name]
        self.queues.delete(name)
        self.deleted.put(name, DeletedQueue(name, now_ms))

    def configured(self, backlog: Backlog, now_ms: int) -> None:
        """Have a queue's changed configuration written down and heeded."""
        queue = backlog.queue
        queue.modified_ms = now_ms
        self.queues.touch(queue.name)
        backlog.policy = held_policy(queue)

    # --- messages

    def next_sequence(self, now_ms: int) -> int:
        """A number above all earlier ones: twenty digits, as SequenceNumber has.

        It grows with the clock, so that it grows across restarts even when no message is left.
        """
        self._sequence = max(self._sequence + 1, limits.SEQUENCE_BASE + (now_ms << limits.SEQUENCE_SHIFT))
        return self._sequence

    def accept(self, backlog: Backlog, message: Message, now_ms: int) -> None:
        """Put a message on a queue."""
        self.messages.put(message.id, message)
        # Those whose time has come were there first; so the order is the same as after a restart.
        backlog.settle(now_ms)
        backlog.add(message, now_ms)

    def remove(self, backlog: Backlog, message: Message) -> None:
        """Take a message off its queue for good."""
        backlog.remove(message)
        self.messages.delete(message.id)

    def purge(self, backlog: Backlog) -> int:
        """Remove every message of a queue and tell how many there were."""
        removed = backlog.clear()
        for message in removed:
            self.messages.delete(message.id)
        return len(removed)

    # --- what was sent in the last five minutes

    def remembered(self, key: str, now_ms: int) -> Sent | None:
        """What was sent under a deduplication key within the interval."""
        sent = self.sent.get(key)
        return sent if sent is not None and now_ms < sent.at_ms + limits.DEDUPLICATION_MS else None

    def remember(self, key: str, sent: Sent) -> None:
        """Recognize duplicates of a message, and forget what is too old to matter."""
        remembered = self._remembered
        while remembered and remembered[0][1].at_ms + limits.DEDUPLICATION_MS <= sent.at_ms:
            old_key, old = remembered.popleft()
            if self.sent.get(old_key) is old:
                self.sent.delete(old_key)
        self.sent.put(key, sent)
        remembered.append((key, sent))


def located(call: Call, url: str | None) -> tuple[SqsState, Backlog]:
    """The backlog of the queue that a queue URL names, and the state that it is in, which may be another account's."""
    if not url:
        raise refusals.missing("QueueUrl")
    account, name = addressed(url)
    state = call.state(SqsState, account or call.account)
    return state, state.backlog(name)


def held_policy(queue: Queue) -> Held | None:
    """A queue's policy, parsed."""
    return Held(source=queue.arn, kind="resource", policy=parse(queue.policy, "resource")) if queue.policy else None


def _backlog(queue: Queue) -> Backlog:
    backlog = FifoBacklog(queue) if queue.is_fifo else StandardBacklog(queue)
    backlog.policy = held_policy(queue)
    return backlog


def _by_sequence(message: Message) -> int:
    return message.sequence


def _by_time(item: tuple[str, Sent]) -> int:
    return item[1].at_ms
