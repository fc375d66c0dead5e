"""A filter policy's word on a message, on record when it is no."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.sns.envelopes import Message
from foulweather.services.sns.filter_remedies import remedies
from foulweather.services.sns.filters import Filter, Unreadable
from foulweather.services.sns.state import Subscription, Topic

_UNREADABLE = {
    "InvalidAttributes": "one of the message's attributes of type String.Array is no JSON array",
    "InvalidMessageBody": "the message's body is no JSON object",
}


def passes(call: Call, topic: Topic, subscription: Subscription, wanted: Filter, message: Message) -> bool:
    """Whether a filter policy accepts a message; if not, say so and why."""
    try:
        values = message.filtered_values(wanted.on_body)
    except Unreadable as error:
        _rejected(call, topic, subscription, wanted, message, error.reason, _unreadable(call, subscription, error))
        return False
    if wanted.accepts(values):
        return True
    reason = wanted.scope if wanted.on_body or message.attributes else "NoMessageAttributes"
    why = _explained(call, topic, subscription, wanted, message, values)
    _rejected(call, topic, subscription, wanted, message, reason, why)
    return False


def keep_on_record(call: Call) -> None:
    """Keep the trace of a message that no subscription accepted, as of a failure."""
    call.world.state(Traces).keep(call.hop)


def _note(call: Call, subscription: Subscription, why: Why) -> None:
    # A message that is filtered out is no failure: its reason is in the trace while that is held, and
    # does not push the reasons of failures out of those that are kept.
    hop = Hop(
        call.world.ids.uuid(),
        call.trace_id,
        call.request_id,
        "sns",
        "Filter",
        call.principal.arn,
        call.account,
        call.region,
        call.now,
        call.now,
        subscription.arn,
        "",
        why,
    )
    call.world.state(Traces).begin(hop)


def _rejected(
    call: Call, topic: Topic, subscription: Subscription, wanted: Filter, message: Message, reason: str, why: Why
) -> None:
    # CloudWatch counts these as NumberOfNotificationsFilteredOut and NumberOfNotificationsFilteredOut-<reason>.
    call.happened(
        "sns.NotificationFilteredOut",
        topic.arn,
        subscription=subscription.arn,
        message_id=message.id,
        reason=reason,
        scope=wanted.scope,
    )
    _note(call, subscription, why)


def _explained(
    call: Call, topic: Topic, subscription: Subscription, wanted: Filter, message: Message, values: Any
) -> Why:
    found = wanted.rejection(values)
    where = "the message's body" if wanted.on_body else "the message's attributes"
    actual = f"there is no {found.key} in {where}" if found.is_absent else f"it is {found.actual!r} in {where}"
    return Why(
        "dropped",
        f"The filter policy wants {found.key} to match one of {found.wanted!r}, and {actual}.",
        (
            call.fact(subscription.arn, "FilterPolicy", wanted.text),
            call.fact(subscription.arn, "FilterPolicyScope", wanted.scope),
            Fact(where, found.key, found.actual),
        ),
        remedies(topic, subscription, wanted, message, found, values),
    )


def _unreadable(call: Call, subscription: Subscription, error: Unreadable) -> Why:
    return Why(
        "dropped",
        f"The filter policy cannot look at the message: {_UNREADABLE[error.reason]}.",
        (call.fact(subscription.arn, "FilterPolicy", subscription.attributes.get("FilterPolicy", "")),),
    )
