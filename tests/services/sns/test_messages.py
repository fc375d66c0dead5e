from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws, new_aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"


def refusal(operation, request) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value.code, caught.value.message


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


INVALID = "InvalidParameterException"
VALUE = "InvalidParameterValueException"


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"Message": ""}, INVALID, "Invalid parameter: Empty message"),
        ({"Message": "x" * 262_145}, INVALID, "Invalid parameter: Message too long"),
        ({"Message": "ü" * 131_073}, INVALID, "Invalid parameter: Message too long"),
        ({"Subject": ""}, INVALID, "Invalid parameter: Subject"),
        ({"Subject": "x" * 101}, INVALID, "Invalid parameter: Subject"),
        ({"Subject": "two\nlines"}, INVALID, "Invalid parameter: Subject"),
        ({"MessageStructure": "xml"}, INVALID, "Invalid parameter: MessageStructure"),
        (
            {"MessageStructure": "json"},
            INVALID,
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            {"MessageStructure": "json", "Message": '{"sqs":"x"}'},
            INVALID,
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            {"MessageStructure": "json", "Message": '{"default":1}'},
            INVALID,
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            {"MessageStructure": "json", "Message": '{"default":"a","default":"b"}'},
            INVALID,
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            {"MessageDeduplicationId": "x"},
            INVALID,
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
            "that is not valid for this topic type",
        ),
        (
            {"MessageAttributes": {"a": {"DataType": "Strange", "StringValue": "x"}}},
            VALUE,
            "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is "
            "Binary, Number, and String.",
        ),
        (
            {"MessageAttributes": {"a": {"DataType": "", "StringValue": "x"}}},
            VALUE,
            "The message attribute 'a' must contain non-empty message attribute type.",
        ),
        (
            {"MessageAttributes": {"a": text("")}},
            VALUE,
            "The message attribute 'a' must contain non-empty message attribute value for message attribute type "
            "'String'.",
        ),
        (
            {"MessageAttributes": {"a": text("many", "Number")}},
            VALUE,
            "Could not cast message attribute 'a' value to number.",
        ),
        (
            {"MessageAttributes": {"a": {"DataType": "Binary", "StringValue": "x"}}},
            VALUE,
            "The message attribute 'a' with type 'Binary' must use field 'Binary'.",
        ),
        (
            {"TopicArn": None},
            INVALID,
            "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
        ),
        ({"TopicArn": TOPIC + "2"}, "NotFoundException", "Topic does not exist"),
        ({"TopicArn": TOPIC.replace("us-east-1", "eu-west-1")}, INVALID, "Invalid parameter: TopicArn"),
    ],
)
def test_what_publish_refuses(aws: Aws, sns, more, code, message) -> None:
    queue = sns.subscribed(sns.topic())
    assert refusal(aws.sns.publish, {"TopicArn": TOPIC, "Message": "hi", **more}) == (code, message)
    assert sns.received(queue) == []


@pytest.mark.parametrize("name", [".a", "a.", "a..b", "a b", "AWS.x", "amazon.x", "x" * 257])
def test_attribute_names_that_are_refused(aws: Aws, sns, name) -> None:
    sns.topic()
    request = {"TopicArn": TOPIC, "Message": "hi", "MessageAttributes": {name: text("v")}}
    assert refusal(aws.sns.publish, request)[0] == VALUE


def test_attributes_count_in_a_messages_size(aws: Aws, sns) -> None:
    sns.topic()
    size = 262_144 - len("a" + "String" + "v")
    request = {"TopicArn": TOPIC, "MessageAttributes": {"a": text("v")}}
    aws.sns.publish({**request, "Message": "x" * size})
    assert (
        refusal(aws.sns.publish, {**request, "Message": "x" * (size + 1)})[1] == "Invalid parameter: Message too long"
    )


def test_a_queue_gets_the_message_in_an_envelope(sns) -> None:
    queue = sns.subscribed(sns.topic())
    published = sns.publish(
        TOPIC,
        'say "hi"\n\u00fc',
        Subject="Greeting",
        MessageAttributes={
            "a": text("v"),
            "n": text("1.5", "Number"),
            "b": {"DataType": "Binary", "BinaryValue": b"\x01"},
        },
    )
    (body,) = sns.bodies(queue)
    assert list(body) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
        "MessageAttributes",
    ]
    assert body["Type"] == "Notification"
    assert body["MessageId"] == published["MessageId"]
    assert body["Message"] == 'say "hi"\n\u00fc'
    assert body["Subject"] == "Greeting"
    assert body["Timestamp"] == "2026-01-01T00:00:00.000Z"
    assert body["MessageAttributes"] == {
        "a": {"Type": "String", "Value": "v"},
        "n": {"Type": "Number", "Value": "1.5"},
        "b": {"Type": "Binary", "Value": "AQ=="},
    }
    assert "Action=Unsubscribe&SubscriptionArn=" + TOPIC in body["UnsubscribeURL"]


def test_raw_delivery_is_the_message_with_its_attributes(sns) -> None:
    queue = sns.subscribed(sns.topic(), RawMessageDelivery="true")
    sns.publish(TOPIC, "bare", MessageAttributes={"a": text("v"), "l": text('["x"]', "String.Array")})
    (message,) = sns.received(queue)
    assert message["Body"] == "bare"
    assert message["MessageAttributes"]["a"]["StringValue"] == "v"
    assert message["MessageAttributes"]["l"]["DataType"] == "String.Array"


def test_more_than_ten_attributes_are_lost_in_raw_delivery(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic(), RawMessageDelivery="true")
    sns.publish(TOPIC, "bare", MessageAttributes={f"a{n}": text("v") for n in range(11)})
    assert sns.received(queue) == []
    assert "11 attributes" in sns.why().because[0].cause
    assert sns.why().because[0].facts[0].set_by is not None


def test_each_protocol_has_its_text(aws: Aws, sns) -> None:
    topic = sns.topic()
    queue = sns.subscribed(topic)
    raw = sns.subscribed(topic, "raw", RawMessageDelivery="true")
    aws.sns.publish(
        {"TopicArn": topic, "MessageStructure": "json", "Message": json.dumps({"default": "d", "sqs": "s", "x": 5})}
    )
    assert sns.bodies(queue)[0]["Message"] == "s"
    assert sns.received(raw)[0]["Body"] == "s"


def test_a_batch_reports_each_message_by_itself(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic())
    response = aws.sns.publish_batch(
        {
            "TopicArn": TOPIC,
            "PublishBatchRequestEntries": [
                {"Id": "a", "Message": "one"},
                {"Id": "b", "Message": ""},
                {"Id": "c", "Message": "two", "MessageAttributes": {"x": text("many", "Number")}},
            ],
        }
    )
    assert [entry["Id"] for entry in response["Successful"]] == ["a"]
    assert response["Failed"] == [
        {"Id": "b", "Code": "InvalidParameter", "Message": "Invalid parameter: Empty message", "SenderFault": True},
        {
            "Id": "c",
            "Code": "ParameterValueInvalid",
            "Message": "Could not cast message attribute 'x' value to number.",
            "SenderFault": True,
        },
    ]
    assert [body["Message"] for body in sns.bodies(queue)] == ["one"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequestException"),
        ([{"Id": str(n), "Message": "x"} for n in range(11)], "TooManyEntriesInBatchRequestException"),
        ([{"Id": "a", "Message": "x"}, {"Id": "a", "Message": "y"}], "BatchEntryIdsNotDistinctException"),
        ([{"Id": "a b", "Message": "x"}], "InvalidBatchEntryIdException"),
        ([{"Id": str(n), "Message": "x" * 131_073} for n in range(2)], "BatchRequestTooLongException"),
    ],
)
def test_what_a_batch_is_refused_for(aws: Aws, sns, entries, code) -> None:
    sns.topic()
    request = {"TopicArn": TOPIC, "PublishBatchRequestEntries": entries}
    assert refusal(aws.sns.publish_batch, request)[0] == code


def test_a_standard_topic_passes_the_group_on_to_fair_queues(sns) -> None:
    queue = sns.subscribed(sns.topic())
    sns.publish(TOPIC, MessageGroupId="tenant-1")
    (message,) = sns.received(queue)
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"


def test_an_aws_managed_key_keeps_services_out(aws: Aws, sns) -> None:
    from foulweather.policy import principal as principals

    topic = sns.topic(KmsMasterKeyId="alias/aws/sns")
    sns.publish(topic)
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
            }
        ]
    }
    aws.sns.set_topic_attributes({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": json.dumps(policy)})
    alarms = aws.as_principal(principals.service("cloudwatch.amazonaws.com"))
    with pytest.raises(AwsError) as caught:
        alarms.sns.publish({"TopicArn": topic, "Message": "alarm"})
    assert caught.value.code == "KMSAccessDeniedException"
    assert caught.value.why.facts[0].property == "KmsMasterKeyId"
    assert caught.value.why.facts[0].set_by is not None


def test_same_seed_same_journal() -> None:
    # Signatures are made with the machine's randomness; nothing of them may show in the journal.
    journals = []
    for _ in range(2):
        here = new_aws(seed=7)
        topic = here.sns.create_topic({"Name": "t"})["TopicArn"]
        here.sqs.create_queue({"QueueName": "q"})
        here.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"})
        here.sns.publish({"TopicArn": topic, "Message": "m"})
        journals.append([(event.kind, event.request_id, event.facts) for event in here.world.journal])
    assert journals[0] == journals[1]
