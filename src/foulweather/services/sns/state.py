"""What SNS keeps in an account and Region."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.sns.filters import Filter, compiled
from foulweather.world.ids import Ids
from foulweather.world.store import State, table

SENT_MAX = 1_000


class Topic(msgspec.Struct, omit_defaults=True):
    """A topic; `attributes` holds what was set, by its API name, but for the policy."""

    arn: str
    name: str
    account: str
    created_ms: int
    policy: str
    is_fifo: bool = False
    attributes: dict[str, str] = {}
    tags: dict[str, str] = {}
    subscriptions_deleted: int = 0
    sequence: int = 0
    archive_since_ms: int = 0

    @property
    def is_content_deduplicated(self) -> bool:
        """Whether the body's hash stands in for a missing deduplication id."""
        return self.attributes.get("ContentBasedDeduplication") == "true"


class Subscription(msgspec.Struct, omit_defaults=True):
    """An endpoint that receives a topic's messages once it is confirmed."""

    arn: str
    topic_arn: str
    protocol: str
    endpoint: str
    owner: str
    created_ms: int
    attributes: dict[str, str] = {}
    is_confirmed: bool = False
    was_authenticated: bool = False
    needs_signature: bool = False
    token: str = ""
    token_until_ms: int = 0
    replay_status: str = ""
    replay_after: int = 0
    principal: str = ""

    @property
    def is_raw(self) -> bool:
        """Whether the endpoint gets the bare message, without SNS's JSON around it."""
        return self.attributes.get("RawMessageDelivery") == "true"


class Elsewhere(msgspec.Struct):
    """A subscription of this account to a topic of another one."""

    topic_account: str


class Attribute(msgspec.Struct, array_like=True, frozen=True):
    """A message attribute: its type, and its text or its bytes."""

    type: str
    text: str = ""
    data: bytes = b""


class Delivery(msgspec.Struct, omit_defaults=True):
    """One message on its way to one endpoint; it has an id when that takes more than one moment."""

    kind: str
    subscription_arn: str
    topic_arn: str
    topic_account: str
    message_id: str
    protocol: str
    endpoint: str
    body: str
    published_ms: int
    is_raw: bool = False
    attributes: dict[str, Attribute] = {}
    group: str = ""
    deduplication: str = ""
    attempts: int = 0
    id: str = ""
    trace_header: str = ""


class Archived(msgspec.Struct, omit_defaults=True):
    """A message in a FIFO topic's archive."""

    topic_arn: str
    message_id: str
    text: str
    at_ms: int
    sequence: int
    group: str
    deduplication: str
    subject: str = ""
    is_structured: bool = False
    attributes: dict[str, Attribute] = {}


class Sent(msgspec.Struct, omit_defaults=True):
    """An e-mail, text message or push notification that AWS would have sent; here it is on record."""

    at_ms: int
    medium: str
    to: str
    subject: str
    text: str
    message_id: str
    topic_arn: str = ""


class Until(msgspec.Struct):
    """Something that is remembered until a time."""

    until_ms: int
    message_id: str = ""
    sequence: int = 0


class Application(msgspec.Struct, omit_defaults=True):
    """A platform application: an app at a push notification service."""

    arn: str
    name: str
    platform: str
    attributes: dict[str, str] = {}


class Endpoint(msgspec.Struct, omit_defaults=True):
    """An app on a device."""

    arn: str
    application_arn: str
    token: str
    attributes: dict[str, str] = {}


class Phone(msgspec.Struct, omit_defaults=True):
    """What SNS knows of a phone number: its place in the SMS sandbox, or that it opted out."""

    number: str
    status: str = ""
    code: str = ""
    code_until_ms: int = 0
    last_attempt_ms: int = 0
    sent_ms: list[int] = []
    is_opted_out: bool = False
    opted_in_ms: int = 0


class Setting(msgspec.Struct):
    """One SMS preference."""

    value: str


class SnsState(State):
    """Topics, subscriptions, deliveries under way, push and SMS, of one account in one Region."""

    topics = table(Topic)
    subscriptions = table(Subscription)
    elsewhere = table(Elsewhere)
    deliveries = table(Delivery)
    archive = table(Archived)
    deduplication = table(Until)
    sent = table(Sent)
    applications = table(Application)
    endpoints = table(Endpoint)
    phones = table(Phone)
    sms_settings = table(Setting)

    def opened(self) -> None:
        """Index the subscriptions by topic; policies and filters are compiled when first needed."""
        self.of_topic: dict[str, dict[str, Subscription]] = {}
        self.running: set[asyncio.Future[Any]] = set()
        self.under_way: dict[str, int] = {}
        self.redriving: set[str] = set()
        self._sent = max((int(key) for key in self.sent), default=0)
        self.free_ms: dict[str, int] = {}
        self.data_keys: dict[tuple[str, str, str], int] = {}
        self._filters: dict[str, Filter | None] = {}
        self._policies: dict[str, Held] = {}
        for subscription in self.subscriptions.values():
            self.of_topic.setdefault(subscription.topic_arn, {})[subscription.arn] = subscription

    # --- subscriptions

    def add(self, subscription: Subscription) -> None:
        """Keep a new subscription."""
        self.subscriptions.put(subscription.arn, subscription)
        self.of_topic.setdefault(subscription.topic_arn, {})[subscription.arn] = subscription

    def remove(self, subscription: Subscription) -> None:
        """Let go of a subscription."""
        self.subscriptions.delete(subscription.arn)
        self.of_topic[subscription.topic_arn].pop(subscription.arn, None)
        self._filters.pop(subscription.arn, None)
        self.free_ms.pop(subscription.arn, None)

    def subscribed(self, topic_arn: str) -> dict[str, Subscription]:
        """A topic's subscriptions by ARN, the oldest first."""
        return self.of_topic.get(topic_arn) or {}

    def filter_of(self, subscription: Subscription) -> Filter | None:
        """A subscription's filter policy, compiled once."""
        try:
            return self._filters[subscription.arn]
        except KeyError:
            text = subscription.attributes.get("FilterPolicy")
            scope = subscription.attributes.get("FilterPolicyScope", "MessageAttributes")
            found = self._filters[subscription.arn] = compiled(text, scope) if text else None
            return found

    def filter_changed(self, subscription: Subscription) -> None:
        """Have a subscription's filter policy compiled anew."""
        self._filters.pop(subscription.arn, None)

    def hold(self, delivery: Delivery, ids: Ids) -> None:
        """Keep a delivery that takes more than one moment."""
        delivery.id = delivery.id or ids.uuid()
        self.deliveries.put(delivery.id, delivery)

    # --- topics

    def policy_of(self, topic: Topic) -> Held:
        """A topic's policy, compiled once."""
        held = self._policies.get(topic.arn)
        if held is None:
            held = self._policies[topic.arn] = Held(topic.arn, "resource", parse(topic.policy, "resource"))
        return held

    def policy_changed(self, topic: Topic) -> None:
        """Have a topic's policy compiled anew."""
        self._policies.pop(topic.arn, None)

    def record_sent(self, sent: Sent) -> None:
        """Keep what would have been sent; the oldest is forgotten when there is much."""
        self._sent += 1
        self.sent.put(str(self._sent), sent)
        if len(self.sent) > SENT_MAX:
            self.sent.delete(next(iter(self.sent)))
