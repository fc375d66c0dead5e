"""Event notifications: refused where the destination does not take them, sent as documented, explained when lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from harness import ACCOUNT, REGION, Aws
from services.s3.time_calls import days, made, put

QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:events"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/events"


def policy(action: str, arn: str, bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue(aws: Aws, bucket: str) -> None:
    attributes = {"Policy": policy("sqs:SendMessage", QUEUE_ARN, bucket)}
    aws.sqs.create_queue({"QueueName": "events", "Attributes": attributes})


def to_queue(events: list[str], arn: str = QUEUE_ARN, **more: Any) -> dict[str, Any]:
    rules = [{"Name": name, "Value": more.pop(name)} for name in ("prefix", "suffix") if name in more]
    return {"QueueArn": arn, "Events": events, **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}), **more}


def configure(aws: Aws, bucket: str, *queues: dict[str, Any], **more: Any) -> None:
    configuration = {"QueueConfigurations": list(queues), **more}
    aws.s3.put_bucket_notification_configuration({"Bucket": bucket, "NotificationConfiguration": configuration})


def received(aws: Aws) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(20):  # a short poll asks some of the queue's servers only
        messages = aws.sqs.receive_message({"QueueUrl": QUEUE_URL, "MaxNumberOfMessages": 10}).get("Messages", [])
        for message in messages:
            found.append(json.loads(message["Body"]))
            aws.sqs.delete_message({"QueueUrl": QUEUE_URL, "ReceiptHandle": message["ReceiptHandle"]})
    return sorted(found, key=lambda body: body["Records"][0]["s3"]["object"]["sequencer"] if "Records" in body else "")


def names(aws: Aws) -> list[str]:
    return [body["Records"][0]["eventName"] for body in received(aws) if "Records" in body]


def test_a_destination_that_is_not_there_is_refused(aws: Aws) -> None:
    bucket = made(aws)
    with pytest.raises(AwsError, match="Unable to validate the following destination configurations") as caught:
        configure(aws, bucket, to_queue(["s3:ObjectCreated:*"]))
    assert caught.value.code == "InvalidArgument"
    assert caught.value.members == {
        "ArgumentName1": QUEUE_ARN,
        "ArgumentValue1": "The destination queue does not exist",
    }
    queue(aws, bucket)
    aws.sqs.delete_queue({"QueueUrl": QUEUE_URL})
    with pytest.raises(AwsError) as caught:
        configure(aws, bucket, to_queue(["s3:ObjectCreated:*"]))
    assert caught.value.members["ArgumentValue1"] == "The destination queue does not exist"
    assert aws.s3.get_bucket_notification_configuration({"Bucket": bucket}) == {}


def test_a_queue_whose_policy_means_another_bucket_is_refused(aws: Aws) -> None:
    bucket = made(aws)
    queue(aws, "another")
    with pytest.raises(AwsError, match="Unable to validate") as caught:
        configure(aws, bucket, to_queue(["s3:ObjectCreated:*"]))
    assert "do not allow S3 to publish notifications" in caught.value.members["ArgumentValue1"]
    assert caught.value.why.because


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:events", "region is not valid for the bucket location"),
        (f"arn:aws:sqs:{REGION}:{ACCOUNT}:events.fifo", "FIFO SQS queues are not supported."),
        (TOPIC_ARN, "could not be parsed"),
    ],
)
def test_destinations_that_cannot_be(aws: Aws, arn: str, words: str) -> None:
    bucket = made(aws)
    with pytest.raises(AwsError, match="Unable to validate") as caught:
        configure(aws, bucket, to_queue(["s3:ObjectCreated:*"], arn))
    assert words in caught.value.members["ArgumentValue1"]


def test_rules_that_overlap_are_refused(aws: Aws) -> None:
    bucket = made(aws)
    queue(aws, bucket)
    put_ = to_queue(["s3:ObjectCreated:Put"], prefix="images/", suffix=".jpg", Id="a")
    with pytest.raises(AwsError, match="Configuration is ambiguously defined"):
        configure(aws, bucket, put_, to_queue(["s3:ObjectCreated:*"], prefix="images/2026/", Id="b"))
    with pytest.raises(AwsError, match="The event is not supported for notifications"):
        configure(aws, bucket, to_queue(["s3:ObjectMade"]))
    rules = [{"Name": "prefix", "Value": "a"}, {"Name": "Prefix", "Value": "b"}]
    with pytest.raises(AwsError, match="Cannot specify more than one prefix"):
        configure(
            aws,
            bucket,
            {"QueueArn": QUEUE_ARN, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}},
        )
    configure(aws, bucket, put_, to_queue(["s3:ObjectCreated:*"], prefix="images/2026/", suffix=".png", Id="b"))
    configure(aws, bucket, put_, to_queue(["s3:ObjectRemoved:*"], prefix="images/", Id="b"))


async def test_a_function_that_s3_may_not_invoke_is_refused(aws: Aws) -> None:
    bucket = made(aws)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
    function = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    asked = {"Bucket": bucket, "NotificationConfiguration": {"LambdaFunctionConfigurations": [function]}}
    with pytest.raises(AwsError) as refused:
        await aws.s3.put_bucket_notification_configuration(asked)
    assert refused.value.code == "InvalidArgument"
    assert refused.value.members["ArgumentValue1"] == f"Not authorized to invoke function [{arn}]"
    aws.s3.put_bucket_notification_configuration({**asked, "SkipDestinationValidation": True})
    put(aws, bucket, "one")
    await aws.advance(seconds=1)
    (dropped,) = aws.events("s3.NotificationDropped")
    assert dropped.facts["destination"] == arn


async def test_a_queue_gets_the_test_event_and_then_records(aws: Aws) -> None:
    bucket = made(aws, versioned=True)
    queue(aws, bucket)
    configure(aws, bucket, to_queue(["s3:ObjectCreated:*"], prefix="in/", suffix=".txt", Id="rule-1"))
    (test,) = received(aws)
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    put(aws, bucket, "in/other.png")
    version = put(aws, bucket, "in/a b+c.txt")["VersionId"]
    assert received(aws) == []
    await aws.advance(seconds=1)
    (body,) = received(aws)
    (record,) = body["Records"]
    assert record["eventVersion"] == "2.1"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventTime"] == "2026-01-01T00:00:00.000Z"
    assert record["userIdentity"] == {"principalId": f"AWS:{ACCOUNT}"}
    assert record["s3"]["configurationId"] == "rule-1"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket}"
    assert record["s3"]["object"] == {
        "key": "in/a+b%2Bc.txt",
        "size": 5,
        "eTag": "5d41402abc4b2a76b9719d911017c592",
        "versionId": version,
        "sequencer": record["s3"]["object"]["sequencer"],
    }


async def test_every_kind_of_event_is_told(aws: Aws) -> None:
    bucket = made(aws, versioned=True)
    queue(aws, bucket)
    events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectRestore:*"]
    configure(aws, bucket, to_queue([*events, "s3:LifecycleExpiration:*"]))
    version = put(aws, bucket, "k", StorageClass="GLACIER")["VersionId"]
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    aws.s3.put_object_tagging({"Bucket": bucket, "Key": "k", "Tagging": tags})
    request = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    aws.s3.restore_object({"Bucket": bucket, "Key": "k", "RestoreRequest": request})
    await days(aws, 3)
    told = names(aws)  # queues keep messages for four days
    aws.s3.delete_object({"Bucket": bucket, "Key": "k"})
    aws.s3.delete_object({"Bucket": bucket, "Key": "k", "VersionId": version})
    put(aws, bucket, "source")
    aws.s3.copy_object({"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/source"})
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "source"}, "Expiration": {"Days": 1}}
    configuration = {"Bucket": bucket, "LifecycleConfiguration": {"Rules": [rule]}}
    aws.s3.put_bucket_lifecycle_configuration(configuration)
    await days(aws, 3)
    assert told + names(aws) == [
        "ObjectCreated:Put",
        "ObjectTagging:Put",
        "ObjectRestore:Post",
        "ObjectRestore:Completed",
        "ObjectRestore:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "LifecycleExpiration:DeleteMarkerCreated",
    ]


async def test_topics_get_them_too(aws: Aws) -> None:
    bucket = made(aws)
    queue(aws, bucket)
    aws.sns.create_topic({"Name": "events"})
    value = policy("sns:Publish", TOPIC_ARN, "another")
    aws.sns.set_topic_attributes({"TopicArn": TOPIC_ARN, "AttributeName": "Policy", "AttributeValue": value})
    topics = [{"TopicArn": TOPIC_ARN, "Events": ["s3:ObjectCreated:*"]}]
    with pytest.raises(AwsError, match="Unable to validate"):
        configure(aws, bucket, TopicConfigurations=topics)
    value = policy("sns:Publish", TOPIC_ARN, bucket)
    aws.sns.set_topic_attributes({"TopicArn": TOPIC_ARN, "AttributeName": "Policy", "AttributeValue": value})
    configure(aws, bucket, TopicConfigurations=topics)
    put(aws, bucket, "k")
    await aws.advance(seconds=1)
    (event,) = aws.events("s3.NotificationDelivered")
    assert event.facts["destination"] == TOPIC_ARN


async def test_a_delivery_that_is_refused_later_is_explained(aws: Aws) -> None:
    bucket = made(aws)
    queue(aws, bucket)
    configure(aws, bucket, to_queue(["s3:ObjectCreated:*"]))
    aws.sqs.set_queue_attributes({"QueueUrl": QUEUE_URL, "Attributes": {"Policy": ""}})
    put(aws, bucket, "k")
    await aws.advance(seconds=5)
    assert [event.facts["destination"] for event in aws.events("s3.NotificationDropped")] == [QUEUE_ARN]
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    whys = [hop.why for hop in trace.hops if hop.operation == "Notify"]
    assert whys[0] is not None
    assert whys[0].decision == "dropped"
    assert whys[0].because


async def test_eventbridge_reads_the_journal(aws: Aws) -> None:
    bucket = made(aws)
    configure(aws, bucket, EventBridgeConfiguration={})
    put(aws, bucket, "k")
    aws.s3.delete_object({"Bucket": bucket, "Key": "k"})
    await aws.advance(seconds=1)
    told = [event.facts for event in aws.events("s3.EventBridgeEvent")]
    assert [each["detail_type"] for each in told] == ["Object Created", "Object Deleted"]
    assert told[0]["detail"]["reason"] == "PutObject"
    assert told[1]["detail"]["deletion-type"] == "Permanently Deleted"
