"""Giving a queue the attributes and tags that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.sqs import limits, refusals
from foulweather.services.sqs.records import Queue
from foulweather.services.sqs.redrive import checked_allow_policy, checked_redrive_policy


def applied(call: Call, queue: Queue, fields: Mapping[str, Any]) -> None:
    """Set checked fields on a queue; what depends on other queues is checked here, before anything is set."""
    setting = dict(fields)
    if "redrive_policy" in setting:
        policy = checked_redrive_policy(call, setting["redrive_policy"], queue)
        setting["redrive_policy"] = policy.text
        setting["dead_letter_arn"] = policy.dead_letter_arn
        setting["receive_count_max"] = policy.receive_count_max
    if "redrive_allow_policy" in setting:
        setting["redrive_allow_policy"] = checked_allow_policy(setting["redrive_allow_policy"])
    for field, value in setting.items():
        setattr(queue, field, value)


def check_tags(arn: str, tags: Mapping[str, str]) -> None:
    """Refuse tags that no queue can have, or too many of them.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
    """
    name = arn.rpartition(":")[2]
    for key, value in tags.items():
        if not 1 <= len(key) <= 128:
            raise refusals.invalid("Tag.Key", key, "Tag keys must be between 1 and 128 characters in length.")
        if len(value) > 256:
            raise refusals.invalid("Tag.Value", value, "Tag values must be between 0 and 256 characters in length.")
        if key.lower().startswith("aws:"):
            raise refusals.invalid("Tag.Key", key, "Tag keys must not begin with aws:, which is reserved.")
        for text, what in ((key, "Tag.Key"), (value, "Tag.Value")):
            if not all(each.isalnum() or each.isspace() or each in "_.:/=+-@" for each in text):
                raise refusals.invalid(what, text, "Only letters, digits, white space and _.:/=+-@ are allowed.")
    if len(tags) > limits.TAGS_MAX:
        raise refusals.too_many_tags(name, arn, len(tags), limits.TAGS_MAX)
