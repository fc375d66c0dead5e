"""One topic, three queues: an object's event reaches thumbnails, virus scan and metadata, each on its own."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import bodies, policy, queue_arn, refused
from foulweather.testing import Aws

CONSUMERS = ("thumbnail", "virus-scan", "metadata")


class Fanout(NamedTuple):
    sns: Any
    sqs: Any
    topic: str
    queues: dict[str, str]
    subscriptions: dict[str, str]


def may_send(arn: str, topic: str) -> str:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
    )


@pytest.fixture
def fanout(aws: Aws) -> Fanout:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="uploads")["TopicArn"]
    queues: dict[str, str] = {}
    subscriptions: dict[str, str] = {}
    for name in CONSUMERS:
        url = queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = queue_arn(sqs, url)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": may_send(arn, topic)})
        subscriptions[name] = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )["SubscriptionArn"]
    return Fanout(sns, sqs, topic, queues, subscriptions)


def received(aws: Aws, fanout: Fanout) -> dict[str, list[str]]:
    aws.advance("1s")
    return {name: bodies(fanout.sqs, url) for name, url in fanout.queues.items()}


def test_one_publish_reaches_all_three_as_it_was_said(aws: Aws, fanout: Fanout) -> None:
    fanout.sns.publish(TopicArn=fanout.topic, Message='{"key":"cat.png"}')
    assert received(aws, fanout) == {name: ['{"key":"cat.png"}'] for name in CONSUMERS}


def test_one_queue_that_lets_nobody_in_leaves_the_others_alone(aws: Aws, fanout: Fanout) -> None:
    fanout.sqs.set_queue_attributes(QueueUrl=fanout.queues["virus-scan"], Attributes={"Policy": ""})
    fanout.sns.publish(TopicArn=fanout.topic, Message="x")
    assert received(aws, fanout) == {"thumbnail": ["x"], "virus-scan": [], "metadata": ["x"]}
    assert aws.events("sns.NotificationFailed")


def test_a_filter_policy_keeps_what_does_not_match(aws: Aws, fanout: Fanout) -> None:
    fanout.sns.set_subscription_attributes(
        SubscriptionArn=fanout.subscriptions["thumbnail"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"kind": ["image"]}),
    )
    for kind in ("image", "video"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        fanout.sns.publish(TopicArn=fanout.topic, Message=kind, MessageAttributes=attributes)
    assert {name: sorted(found) for name, found in received(aws, fanout).items()} == {
        "thumbnail": ["image"],
        "virus-scan": ["image", "video"],
        "metadata": ["image", "video"],
    }


def bucket_may_publish(aws: Aws, fanout: Fanout) -> dict[str, Any]:
    allowed = policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": fanout.topic,
            "Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"},
                "StringEquals": {"aws:SourceAccount": aws.account},
            },
        }
    )
    fanout.sns.set_topic_attributes(TopicArn=fanout.topic, AttributeName="Policy", AttributeValue=allowed)
    return {"TopicConfigurations": [{"TopicArn": fanout.topic, "Events": ["s3:ObjectCreated:*"]}]}


def test_an_object_put_reaches_all_three_by_way_of_the_topic(aws: Aws, fanout: Fanout) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="uploads")
    told = bucket_may_publish(aws, fanout)
    s3.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration=told)
    received(aws, fanout)  # the test event
    for url in fanout.queues.values():
        fanout.sqs.purge_queue(QueueUrl=url)
    s3.put_object(Bucket="uploads", Key="photos/cat.png", Body=b"meow")
    for found in received(aws, fanout).values():
        (event,) = [json.loads(body) for body in found]
        (record,) = event["Records"]
        assert record["eventName"] == "ObjectCreated:Put"
        assert record["s3"]["object"]["key"] == "photos/cat.png"


def test_a_topic_under_the_keys_of_aws_takes_nothing_from_s3(aws: Aws, fanout: Fanout) -> None:
    # The key policy of alias/aws/sns is AWS's own and does not let s3.amazonaws.com use it.
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="uploads")
    told = bucket_may_publish(aws, fanout)
    fanout.sns.set_topic_attributes(
        TopicArn=fanout.topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    )
    error = refused(s3.put_bucket_notification_configuration, Bucket="uploads", NotificationConfiguration=told)
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
