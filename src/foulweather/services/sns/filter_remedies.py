"""What would let a message past a filter policy, and as little else as can be."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from foulweather.services.sns import filters
from foulweather.services.sns.envelopes import Message
from foulweather.services.sns.filters import Filter, Rejection, Unreadable
from foulweather.services.sns.state import Subscription, Topic

_KEYS_MAX = 5
"""A filter policy has at most so many keys: so many are widened, one after the other."""


def remedies(
    topic: Topic, subscription: Subscription, wanted: Filter, message: Message, found: Rejection, values: Any
) -> tuple[str, ...]:
    """The commands for one message that a filter policy did not accept.

    A value that the policy does not name is added to it. Where the attribute is missing the policy is right and the
    message is not: either the body says the same, and the policy can look there, or the publisher has to say it.
    """
    if not found.is_absent:
        policy = _widened(wanted.text, wanted.scope, json.dumps(values))
        return (_set(subscription, "FilterPolicy", policy),) if policy else ()
    if wanted.on_body:
        return ()
    policy = _by_body(wanted, message)
    if policy:
        return (
            _set(subscription, "FilterPolicyScope", filters.BODY),
            _set(subscription, "FilterPolicy", policy),
        )
    return _published(topic, message, found)


def _set(subscription: Subscription, name: str, value: str) -> str:
    return (
        f"aws sns set-subscription-attributes --subscription-arn {subscription.arn} "
        f"--attribute-name {name} --attribute-value {shlex.quote(value)}"
    )


def _published(topic: Topic, message: Message, found: Rejection) -> tuple[str, ...]:
    """The message again, with the attribute that the policy looks for."""
    value = next((one for one in found.wanted if isinstance(one, str)), None)
    if value is None:
        return ()
    attributes = {found.key: {"DataType": "String", "StringValue": value}}
    return (
        f"aws sns publish --topic-arn {topic.arn} --message MESSAGE "
        f"--message-attributes {shlex.quote(json.dumps(attributes))}",
    )


@lru_cache(maxsize=1024)
def _widened(text: str, scope: str, encoded: str) -> str:
    """The policy that also names this message's values; empty where that is no matter of a value."""
    policy: dict[str, Any] = json.loads(text)
    values: dict[str, Any] = json.loads(encoded)
    for _ in range(_KEYS_MAX):
        now = filters.compiled(json.dumps(policy), scope)
        if now.accepts(values):
            return json.dumps(policy)
        if not _add(policy, now.rejection(values)):
            return ""
    return ""


def _add(policy: dict[str, Any], found: Rejection) -> bool:
    """Add a value to the conditions on its key, if it is one that can be named."""
    actual: Any = found.actual
    value = cast("list[Any]", actual)[:1] if isinstance(actual, list) else [actual]
    if found.is_absent or not value or isinstance(value[0], dict | list):
        return False
    if isinstance(value[0], float) and value[0].is_integer():
        value = [int(value[0])]
    *above, last = [found.key] if found.key in policy else found.key.split(".")
    within = policy
    for key in above:
        inner: Any = within.get(key)
        if not isinstance(inner, dict):
            return False
        within = cast("dict[str, Any]", inner)
    conditions: Any = within.get(last)
    if not isinstance(conditions, list):
        return False
    cast("list[Any]", conditions).extend(value)
    return True


def _by_body(wanted: Filter, message: Message) -> str:
    """The same policy for the message's body, where each of its conditions has a key that holds; else empty."""
    try:
        body: Mapping[str, Any] = message.filtered_values(True)
    except Unreadable:
        return ""
    policy: dict[str, Any] = {}
    for key, conditions in json.loads(wanted.text).items():
        if key.startswith("$") or not isinstance(conditions, list):
            return ""
        named = {one for one in cast("list[Any]", conditions) if isinstance(one, str)}
        there = key if body.get(key) in named else next((one for one, value in body.items() if _is(value, named)), "")
        if not there:
            return ""
        policy[there] = conditions
    return json.dumps(policy)


def _is(value: Any, named: set[str]) -> bool:
    return isinstance(value, str) and value in named
