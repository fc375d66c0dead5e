"""CreateQueue, GetQueueUrl, ListQueues, PurgeQueue, DeleteQueue."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from foulweather.kernel.call import Call, Origin
from harness import ACCOUNT, Aws
from services.sqs.sqs_calls import arn, attributes, counts, make_queue, receive, redrive, refused, send

BAD_NAME = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
BAD_FIFO_NAME = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
    "must end with .fifo suffix and be 1 to 80 in length."
)


def test_a_new_queue_has_the_documented_defaults(aws: Aws) -> None:
    url = make_queue(aws)
    assert attributes(aws, url) == {
        "QueueArn": arn("orders"),
        "CreatedTimestamp": "1767225600",
        "LastModifiedTimestamp": "1767225600",
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    }


def test_the_url_is_at_the_address_by_which_the_client_came(aws: Aws) -> None:
    assert make_queue(aws) == f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders"
    operation = aws.pipeline.services.operation("sqs", "GetQueueUrl")
    for origin, url in (
        (Origin(host="localhost:4566"), f"http://localhost:4566/{ACCOUNT}/orders"),
        (Origin(host="aws.test", is_secure=True), f"https://aws.test/{ACCOUNT}/orders"),
    ):
        call = Call(aws.pipeline, "sqs", "GetQueueUrl", ACCOUNT, "us-east-1", aws.principal, origin=origin)
        assert aws.pipeline.run(call, operation, {"QueueName": "orders"}) == {"QueueUrl": url}


@pytest.mark.parametrize(
    "url", [f"http://any.host:1/{ACCOUNT}/orders", f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/orders", "orders"]
)
def test_any_url_with_the_account_and_the_name_is_the_queue(aws: Aws, url: str) -> None:
    made = make_queue(aws)
    send(aws, url)
    assert counts(aws, made) == (1, 0, 0)


def test_queues_are_apart_by_region_and_account(aws: Aws) -> None:
    url = make_queue(aws)
    for other in (aws.in_region("eu-west-1"), aws.in_account("999999999999")):
        with refused("QueueDoesNotExist", "The specified queue does not exist."):
            other.sqs.get_queue_url({"QueueName": "orders"})
    assert aws.sqs.get_queue_url({"QueueName": "orders", "QueueOwnerAWSAccountId": ACCOUNT}) == {"QueueUrl": url}


def test_creating_again_with_equal_attributes_gives_the_same_queue(aws: Aws) -> None:
    url = make_queue(aws, VisibilityTimeout=45)
    assert make_queue(aws, VisibilityTimeout=45) == url
    assert make_queue(aws) == url


def test_creating_again_with_other_attributes_is_refused_with_who_set_them(aws: Aws) -> None:
    make_queue(aws, VisibilityTimeout=45)
    with refused(
        "QueueNameExists",
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    ) as refusal:
        make_queue(aws, VisibilityTimeout=46)
    assert refusal.error is not None
    (fact,) = refusal.error.why.facts
    assert (fact.property, fact.value) == ("VisibilityTimeout", 45)
    assert fact.set_by is not None
    assert fact.set_by.operation == "sqs:CreateQueue"


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({}, "MissingParameter", "The request must contain the parameter QueueName."),
        ({"QueueName": "a b"}, "InvalidParameterValue", BAD_NAME),
        ({"QueueName": "a" * 81}, "InvalidParameterValue", BAD_NAME),
        ({"QueueName": "a.fifo"}, "InvalidParameterValue", BAD_NAME),
        ({"QueueName": "a", "Attributes": {"FifoQueue": "true"}}, "InvalidParameterValue", BAD_FIFO_NAME),
        (
            {"QueueName": "a" * 76 + ".fifo", "Attributes": {"FifoQueue": "true"}},
            "InvalidParameterValue",
            BAD_FIFO_NAME,
        ),
        (
            {"QueueName": "a", "Attributes": {"FifoQueue": "false"}},
            "InvalidAttributeName",
            "Unknown Attribute FifoQueue.",
        ),
        (
            {"QueueName": "a", "Attributes": {"FifoQueue": "perhaps"}},
            "InvalidAttributeValue",
            "Invalid value for the parameter FifoQueue.",
        ),
    ],
)
def test_what_cannot_be_created(aws: Aws, request_: dict[str, Any], code: str, message: str) -> None:
    with refused(code, message):
        aws.sqs.create_queue(request_)
    assert aws.sqs.list_queues({}) == {}


async def test_a_deleted_queues_name_is_free_after_sixty_seconds(aws: Aws) -> None:
    url = make_queue(aws)
    aws.sqs.delete_queue({"QueueUrl": url})
    await aws.advance(ms=59_999)
    with refused(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    ):
        make_queue(aws)
    await aws.advance(ms=1)
    assert make_queue(aws) == url


async def test_a_deleted_queue_is_gone_with_its_messages(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo")
    send(aws, url, MessageGroupId="g", MessageDeduplicationId="1")
    aws.sqs.delete_queue({"QueueUrl": url})
    for operate in (aws.sqs.delete_queue, aws.sqs.receive_message, aws.sqs.purge_queue, aws.sqs.get_queue_attributes):
        with refused("QueueDoesNotExist", "The specified queue does not exist."):
            operate({"QueueUrl": url})
    await aws.advance(seconds=60)
    make_queue(aws, "orders.fifo")
    assert counts(aws, url) == (0, 0, 0)
    assert send(aws, url, MessageGroupId="g", MessageDeduplicationId="1")
    assert counts(aws, url) == (1, 0, 0), "the deduplication id of the deleted queue is forgotten"


async def test_deleting_a_queue_ends_its_long_polls(aws: Aws) -> None:
    url = make_queue(aws)
    asked = {"QueueUrl": url, "WaitTimeSeconds": 20}
    polls = [asyncio.ensure_future(asyncio.wait_for(aws.sqs.receive_message(asked), 5)) for _ in range(2)]
    await asyncio.sleep(0)
    aws.sqs.delete_queue({"QueueUrl": url})
    for poll in polls:
        with refused("QueueDoesNotExist", "The specified queue does not exist."):
            await poll


def test_queues_are_listed_by_prefix_in_pages(aws: Aws) -> None:
    urls = [make_queue(aws, f"a{number}") for number in (3, 1, 2)]
    make_queue(aws, "b")
    by_name = sorted(urls)
    assert aws.sqs.list_queues({"QueueNamePrefix": "a"}) == {"QueueUrls": by_name}
    first = aws.sqs.list_queues({"QueueNamePrefix": "a", "MaxResults": 2})
    assert first["QueueUrls"] == by_name[:2]
    rest = aws.sqs.list_queues({"QueueNamePrefix": "a", "MaxResults": 2, "NextToken": first["NextToken"]})
    assert rest == {"QueueUrls": by_name[2:]}
    assert aws.sqs.list_queues({"QueueNamePrefix": "c"}) == {}


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_has_one_to_a_thousand_results(aws: Aws, size: int) -> None:
    with refused(
        "InvalidParameterValue",
        f"Value {size} for parameter MaxResults is invalid. Reason: Must be between 1 and 1000, if provided.",
    ):
        aws.sqs.list_queues({"MaxResults": size})


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U="])
def test_a_token_that_nobody_gave_is_refused(aws: Aws, token: str) -> None:
    with refused("InvalidParameterValue", "Invalid or expired next token."):
        aws.sqs.list_queues({"NextToken": token})


def test_the_sources_of_a_dead_letter_queue_are_listed_in_pages(aws: Aws) -> None:
    dead = make_queue(aws, "dead")
    urls = [make_queue(aws, name, RedrivePolicy=redrive("dead", 3)) for name in ("one", "two")]
    make_queue(aws, "other")
    assert aws.sqs.list_dead_letter_source_queues({"QueueUrl": dead}) == {"queueUrls": urls}
    first = aws.sqs.list_dead_letter_source_queues({"QueueUrl": dead, "MaxResults": 1})
    assert first["queueUrls"] == urls[:1]
    rest = aws.sqs.list_dead_letter_source_queues({"QueueUrl": dead, "MaxResults": 1, "NextToken": first["NextToken"]})
    assert rest == {"queueUrls": urls[1:]}
    assert aws.sqs.list_dead_letter_source_queues({"QueueUrl": urls[0]}) == {"queueUrls": []}


async def test_a_queue_is_purged_at_most_once_in_sixty_seconds(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    send(aws, url)
    receive(aws, url, 1)
    send(aws, url, DelaySeconds=5)
    assert counts(aws, url) == (1, 1, 1)
    aws.sqs.purge_queue({"QueueUrl": url})
    assert counts(aws, url) == (0, 0, 0)
    await aws.advance(ms=59_999)
    with refused("PurgeQueueInProgress", "Only one PurgeQueue operation on orders is allowed every 60 seconds."):
        aws.sqs.purge_queue({"QueueUrl": url})
    await aws.advance(ms=1)
    aws.sqs.purge_queue({"QueueUrl": url})
    send(aws, url)
    assert counts(aws, url) == (1, 0, 0)


def test_every_change_of_a_queue_is_in_the_journal(aws: Aws) -> None:
    url = make_queue(aws, DelaySeconds=1)
    aws.sqs.tag_queue({"QueueUrl": url, "Tags": {"team": "a"}})
    aws.sqs.untag_queue({"QueueUrl": url, "TagKeys": ["team"]})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"DelaySeconds": "2"}})
    aws.sqs.purge_queue({"QueueUrl": url})
    aws.sqs.delete_queue({"QueueUrl": url})
    kinds = [event.kind for event in aws.world.journal if event.kept]
    assert kinds == [
        "sqs.QueueCreated",
        "sqs.QueueTagged",
        "sqs.QueueUntagged",
        "sqs.QueueAttributesSet",
        "sqs.QueuePurged",
        "sqs.QueueDeleted",
    ]
