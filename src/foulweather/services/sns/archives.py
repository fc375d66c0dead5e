"""The archive of FIFO topics, and its replay to a subscription.

https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.sns import deliveries
from foulweather.services.sns.envelopes import Message
from foulweather.services.sns.reading import structured
from foulweather.services.sns.replays import COMPLETED, IN_PROGRESS, PENDING, replay_of
from foulweather.services.sns.scheduling import later
from foulweather.services.sns.state import Archived, SnsState, Subscription, Topic
from foulweather.services.sns.topic_attributes import DAY_MS, kept_days

MESSAGES_PER_STEP = 100
STEP_MS = 1_000


def keep(call: Call, state: SnsState, topic: Topic, message: Message) -> None:
    """Put a published message into its topic's archive."""
    if not kept_days(topic):
        return
    state.archive.put(
        f"{topic.arn}/{message.sequence:020d}",
        Archived(
            topic.arn,
            message.id,
            message.text,
            message.at_ms,
            message.sequence,
            message.group,
            message.deduplication,
            message.subject,
            message.own_texts is not None,
            message.attributes,
        ),
    )
    forget_old(state, topic, call.now)


def forget_old(state: SnsState, topic: Topic, now_ms: int) -> None:
    """Let go of what is older than the topic's retention period."""
    oldest_ms = now_ms - kept_days(topic) * DAY_MS
    gone: list[str] = []
    for key, archived in state.archive.items():
        if archived.topic_arn == topic.arn:
            if archived.at_ms >= oldest_ms:
                break
            gone.append(key)
    for key in gone:
        state.archive.delete(key)


def begin(call: Call, state: SnsState, subscription: Subscription) -> None:
    """Start a subscription's replay, or stop one whose policy was taken away."""
    replay = replay_of(subscription.attributes.get("ReplayPolicy"))
    if not subscription.is_confirmed or (replay is None and not subscription.replay_status):
        return
    subscription.replay_status = "" if replay is None else PENDING
    subscription.replay_after = 0
    state.subscriptions.touch(subscription.arn)
    if replay is not None:
        later(call, call.now, subscription.topic_arn, "sns.replay", subscription=subscription.arn)


def step(call: Call, state: SnsState, topic: Topic, subscription: Subscription) -> None:
    """Replay the next messages in order; when all are delivered, new ones follow."""
    replay = replay_of(subscription.attributes.get("ReplayPolicy"))
    if replay is None:
        return
    subscription.replay_status = IN_PROGRESS
    replayed = 0
    forget_old(state, topic, call.now)
    for archived in list(state.archive.values()):
        if archived.topic_arn != topic.arn or archived.sequence <= subscription.replay_after:
            continue
        if archived.at_ms < replay.from_ms or (replay.until_ms is not None and archived.at_ms > replay.until_ms):
            continue
        if replayed == MESSAGES_PER_STEP:
            state.subscriptions.touch(subscription.arn)
            later(call, call.now + STEP_MS, topic.arn, "sns.replay", subscription=subscription.arn)
            return
        replayed += 1
        subscription.replay_after = archived.sequence
        deliveries.offer(call, state, topic, subscription, _replayed(archived))
    subscription.replay_status = COMPLETED
    state.subscriptions.touch(subscription.arn)
    call.happened("sns.ReplayCompleted", topic.arn, subscription=subscription.arn)


def _replayed(archived: Archived) -> Message:
    message = Message(
        archived.message_id,
        archived.text,
        archived.at_ms,
        subject=archived.subject,
        own_texts=structured(archived.text) if archived.is_structured else None,
        attributes=archived.attributes,
        group=archived.group,
        # A queue that got the original within five minutes would drop it as a duplicate.
        deduplication=f"{archived.deduplication[:64]}-replay-{archived.sequence}",
    )
    message.sequence = archived.sequence
    message.is_replayed = True
    return message
