"""GetQueueAttributes, SetQueueAttributes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import Aws
from services.sqs.sqs_calls import arn, attributes, bodies, counts, make_queue, receive, redrive, refused, send


def set_attributes(aws: Aws, url: str, **given: object) -> None:
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {name: str(value) for name, value in given.items()}})


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("DelaySeconds", 0, 900),
        ("MaximumMessageSize", 1024, 1_048_576),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("VisibilityTimeout", 0, 43_200),
        ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
    ],
)
def test_numbers_have_their_documented_ranges(aws: Aws, name: str, lowest: int, highest: int) -> None:
    url = make_queue(aws, KmsMasterKeyId="alias/aws/sqs")
    for value in (lowest, highest):
        set_attributes(aws, url, **{name: value})
        assert attributes(aws, url)[name] == str(value)
    for bad in (lowest - 1, highest + 1, "", "ten", "1.5", "٣"):
        with refused("InvalidAttributeValue", f"Invalid value for the parameter {name}."):
            set_attributes(aws, url, **{name: bad})
    assert attributes(aws, url)[name] == str(highest)


@pytest.mark.parametrize(
    "name", ["Colour", "QueueArn", "CreatedTimestamp", "FifoQueue", "All", "ContentBasedDeduplication"]
)
def test_what_cannot_be_set_on_a_standard_queue_is_unknown(aws: Aws, name: str) -> None:
    url = make_queue(aws)
    with refused("InvalidAttributeName", f"Unknown Attribute {name}."):
        set_attributes(aws, url, **{name: "true"})
    with refused("InvalidAttributeName", f"Unknown Attribute {name}."):
        aws.sqs.create_queue({"QueueName": "other", "Attributes": {name: "false"}})


def test_one_bad_attribute_leaves_all_as_they_were(aws: Aws) -> None:
    url = make_queue(aws)
    before = attributes(aws, url)
    for bad in ({"Colour": "red"}, {"RedrivePolicy": redrive("nowhere", 1)}):
        with pytest.raises(Exception, match=r"Attribute|Dead letter"):
            set_attributes(aws, url, DelaySeconds=5, **bad)
    assert attributes(aws, url) == before


def test_no_attributes_are_missing_and_none_asked_for_are_none_given(aws: Aws) -> None:
    url = make_queue(aws)
    with refused("MissingParameter", "The request must contain the parameter Attributes."):
        aws.sqs.set_queue_attributes({"QueueUrl": url})
    with refused("MissingParameter", "The request must contain the parameter QueueUrl."):
        aws.sqs.get_queue_attributes({})
    assert aws.sqs.get_queue_attributes({"QueueUrl": url}) == {}


def test_attributes_are_given_by_name(aws: Aws) -> None:
    url = make_queue(aws)
    asked = {"QueueUrl": url, "AttributeNames": ["QueueArn", "Policy", "DelaySeconds"]}
    assert aws.sqs.get_queue_attributes(asked) == {"Attributes": {"QueueArn": arn("orders"), "DelaySeconds": "0"}}
    assert aws.sqs.get_queue_attributes({"QueueUrl": url, "AttributeNames": ["Policy"]}) == {}
    with refused("InvalidAttributeName", "Unknown Attribute Colour."):
        aws.sqs.get_queue_attributes({"QueueUrl": url, "AttributeNames": ["All", "Colour"]})


async def test_a_change_moves_the_time_of_modification(aws: Aws) -> None:
    url = make_queue(aws)
    await aws.advance(seconds=90)
    set_attributes(aws, url, DelaySeconds=1)
    known = attributes(aws, url)
    assert int(known["LastModifiedTimestamp"]) - int(known["CreatedTimestamp"]) == 90


@pytest.mark.parametrize(
    "policy", ["{", "[]", '{"Statement": 1}', '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}']
)
def test_a_policy_must_be_one(aws: Aws, policy: str) -> None:
    url = make_queue(aws)
    with refused("InvalidAttributeValue", "Invalid value for the parameter Policy."):
        set_attributes(aws, url, Policy=policy)


def statement(sid: int = 0, **members: Any) -> dict[str, Any]:
    return {
        "Sid": str(sid),
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": arn("orders"),
        **members,
    }


def policy_of(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_policy_is_kept_as_it_was_written_and_removed_by_an_empty_one(aws: Aws) -> None:
    url = make_queue(aws)
    policy = policy_of(statement())
    set_attributes(aws, url, Policy=policy)
    assert attributes(aws, url)["Policy"] == policy
    set_attributes(aws, url, Policy="")
    assert "Policy" not in attributes(aws, url)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([statement(number) for number in range(21)], "21 Statements were found, maximum allowed is 20."),
        (
            [statement(Principal={"AWS": [f"{number:012d}" for number in range(51)]})],
            "51 Principals were found, maximum allowed is 50.",
        ),
        (
            [statement(Condition={"StringEquals": {f"aws:RequestTag/{number}": "x" for number in range(11)}})],
            "11 Conditions were found, maximum allowed is 10.",
        ),
        (
            [statement(Action=[f"sqs:{name}{number}" for number in range(8) for name in ["Get"]])],
            "8 Actions were found, maximum allowed is 7.",
        ),
    ],
)
def test_a_policy_keeps_to_its_quotas(aws: Aws, statements: list[dict[str, Any]], message: str) -> None:
    url = make_queue(aws)
    with refused("OverLimit", message):
        set_attributes(aws, url, Policy=policy_of(*statements))


def test_encryption_is_by_sqs_or_by_kms(aws: Aws) -> None:
    url = make_queue(aws)
    set_attributes(aws, url, KmsMasterKeyId="alias/mine")
    known = attributes(aws, url)
    assert (known["KmsMasterKeyId"], known["KmsDataKeyReusePeriodSeconds"], known["SqsManagedSseEnabled"]) == (
        "alias/mine",
        "300",
        "false",
    )
    set_attributes(aws, url, SqsManagedSseEnabled="true")
    known = attributes(aws, url)
    assert "KmsMasterKeyId" not in known
    assert known["SqsManagedSseEnabled"] == "true"
    with refused(
        "InvalidAttributeValue",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    ):
        set_attributes(aws, url, KmsMasterKeyId="alias/mine", SqsManagedSseEnabled="true")


def test_high_throughput_needs_deduplication_by_group(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo")
    with refused("InvalidAttributeValue", "Invalid value for the parameter FifoThroughputLimit."):
        set_attributes(aws, url, FifoThroughputLimit="perMessageGroupId")
    set_attributes(aws, url, FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    with refused("InvalidAttributeValue", "Invalid value for the parameter DeduplicationScope."):
        set_attributes(aws, url, DeduplicationScope="queue")
    with refused("InvalidAttributeValue", "Invalid value for the parameter DeduplicationScope."):
        set_attributes(aws, url, DeduplicationScope="region")
    assert attributes(aws, url)["FifoThroughputLimit"] == "perMessageGroupId"


async def test_a_new_delay_holds_for_earlier_messages_on_fifo_queues_only(aws: Aws) -> None:
    standard, fifo = make_queue(aws, DelaySeconds=10), make_queue(aws, "orders.fifo", DelaySeconds=10)
    send(aws, standard)
    send(aws, fifo, MessageGroupId="g", MessageDeduplicationId="1")
    for url in (standard, fifo):
        set_attributes(aws, url, DelaySeconds=2)
        assert counts(aws, url) == (0, 0, 1)
    await aws.advance(ms=2000)
    assert (counts(aws, standard), counts(aws, fifo)) == ((0, 0, 1), (1, 0, 0))
    set_attributes(aws, fifo, DelaySeconds=900)
    assert bodies(receive(aws, fifo)) == ["hello"], "what was visible stays visible"


async def test_a_shorter_retention_drops_what_is_older(aws: Aws) -> None:
    url = make_queue(aws)
    send(aws, url)
    await aws.advance(seconds=61)
    send(aws, url)
    set_attributes(aws, url, MessageRetentionPeriod=60)
    assert counts(aws, url) == (1, 0, 0)
