"""What `why` proposes for a message that a filter policy kept out: the narrowest change, which lets that message in."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from foulweather.services.sns import filters
from harness import Aws


def attributes(**values: str) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def proposed(command: str) -> tuple[str, str]:
    """The attribute that a set-subscription-attributes sets, and its value."""
    words = shlex.split(command)
    assert words[:3] == ["aws", "sns", "set-subscription-attributes"]
    return words[words.index("--attribute-name") + 1], words[words.index("--attribute-value") + 1]


@pytest.mark.parametrize(
    ("policy", "scope", "message", "given", "widened"),
    [
        ('{"tier":["gold"]}', "MessageAttributes", "x", {"tier": "silver"}, {"tier": ["gold", "silver"]}),
        (
            '{"tier":["gold"],"size":["s"]}',
            "MessageAttributes",
            "x",
            {"tier": "iron", "size": "l"},
            {"tier": ["gold", "iron"], "size": ["s", "l"]},
        ),
        ('{"order":{"tier":["gold"]}}', "MessageBody", '{"order":{"tier":7}}', {}, {"order": {"tier": ["gold", 7]}}),
    ],
)
def test_a_value_that_the_policy_does_not_name_is_added(aws: Aws, sns, policy, scope, message, given, widened) -> None:
    topic = sns.topic()
    sns.subscribed(topic, FilterPolicy=policy, FilterPolicyScope=scope)
    sns.publish(topic, message, MessageAttributes=attributes(**given))
    (command,) = sns.why().remedy
    name, value = proposed(command)
    assert (name, json.loads(value)) == ("FilterPolicy", widened)
    values = json.loads(message) if scope == "MessageBody" else given
    assert filters.compiled(value, scope).accepts(values)


def test_where_the_body_says_what_the_attributes_do_not_the_policy_looks_there(aws: Aws, sns) -> None:
    topic = sns.topic()
    sns.subscribed(topic, FilterPolicy='{"event_type":["order.created"]}')
    sns.publish(topic, '{"type":"order.created","order_id":"order-1"}')
    assert [proposed(command) for command in sns.why().remedy] == [
        ("FilterPolicyScope", "MessageBody"),
        ("FilterPolicy", '{"type": ["order.created"]}'),
    ]


def test_where_nothing_says_it_the_publisher_has_to(aws: Aws, sns) -> None:
    topic = sns.topic()
    sns.subscribed(topic, FilterPolicy='{"event_type":["order.created"]}')
    sns.publish(topic, "hello")
    (command,) = sns.why().remedy
    words = shlex.split(command)
    assert words[:3] == ["aws", "sns", "publish"]
    assert json.loads(words[-1]) == {"event_type": {"DataType": "String", "StringValue": "order.created"}}


def test_an_empty_policy_is_never_proposed(aws: Aws, sns) -> None:
    topic = sns.topic()
    sns.subscribed(topic, FilterPolicy='{"tier":[{"exists":false}]}')
    sns.publish(topic, MessageAttributes=attributes(tier="iron"))
    (command,) = sns.why().remedy
    assert json.loads(proposed(command)[1]) == {"tier": [{"exists": False}, "iron"]}
