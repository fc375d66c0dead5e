"""TagQueue, UntagQueue, ListQueueTags."""

from __future__ import annotations

import pytest

from harness import Aws
from services.sqs.sqs_calls import make_queue, refused


def tags(aws: Aws, url: str) -> dict[str, str]:
    return aws.sqs.list_queue_tags({"QueueUrl": url}).get("Tags", {})


def test_tags_are_set_changed_and_removed(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders", "tags": {"team": "a"}})["QueueUrl"]
    aws.sqs.tag_queue({"QueueUrl": url, "Tags": {"team": "b", "Team": ""}})
    assert tags(aws, url) == {"team": "b", "Team": ""}
    aws.sqs.untag_queue({"QueueUrl": url, "TagKeys": ["team", "unknown"]})
    assert tags(aws, url) == {"Team": ""}
    aws.sqs.untag_queue({"QueueUrl": url, "TagKeys": ["Team"]})
    assert aws.sqs.list_queue_tags({"QueueUrl": url}) == {}


def test_a_queue_has_at_most_fifty_tags(aws: Aws) -> None:
    url = make_queue(aws)
    aws.sqs.tag_queue({"QueueUrl": url, "Tags": {str(number): "x" for number in range(50)}})
    aws.sqs.tag_queue({"QueueUrl": url, "Tags": {"0": "y"}})
    with refused("InvalidParameterValue", "Too many tags added for queue orders. Maximum allowed is 50."):
        aws.sqs.tag_queue({"QueueUrl": url, "Tags": {"50": "x"}})
    assert len(tags(aws, url)) == 50


@pytest.mark.parametrize(
    ("key", "value", "what", "reason"),
    [
        ("", "x", "Key", "Tag keys must be between 1 and 128 characters in length."),
        ("k" * 129, "x", "Key", "Tag keys must be between 1 and 128 characters in length."),
        ("k", "v" * 257, "Value", "Tag values must be between 0 and 256 characters in length."),
        ("AWS:k", "x", "Key", "Tag keys must not begin with aws:, which is reserved."),
        ("k!", "x", "Key", "Only letters, digits, white space and _.:/=+-@ are allowed."),
        ("k", "v!", "Value", "Only letters, digits, white space and _.:/=+-@ are allowed."),
    ],
)
def test_a_tag_has_a_form(aws: Aws, key: str, value: str, what: str, reason: str) -> None:
    url = make_queue(aws)
    wrong = key if what == "Key" else value
    with refused("InvalidParameterValue", f"Value {wrong} for parameter Tag.{what} is invalid. Reason: {reason}"):
        aws.sqs.tag_queue({"QueueUrl": url, "Tags": {key: value}})


def test_tags_must_be_given(aws: Aws) -> None:
    url = make_queue(aws)
    with refused("MissingParameter", "The request must contain the parameter Tags."):
        aws.sqs.tag_queue({"QueueUrl": url})
    with refused("MissingParameter", "The request must contain the parameter TagKeys."):
        aws.sqs.untag_queue({"QueueUrl": url})
