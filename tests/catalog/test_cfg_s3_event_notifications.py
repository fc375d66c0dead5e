"""What happens to objects is told to queues and topics, chosen by prefix and suffix."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import bodies, policy, queue_arn, refused
from foulweather.testing import Aws

BUCKET = "shop-uploads"
REFUSAL = "Unable to validate the following destination configurations"


class Targets(NamedTuple):
    s3: Any
    sqs: Any
    images: str
    reports: str
    topic: str
    by_topic: str


def allowed(aws: Aws, action: str, resource: str) -> str:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": action,
            "Resource": resource,
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}"},
                "StringEquals": {"aws:SourceAccount": aws.account},
            },
        }
    )


@pytest.fixture
def targets(aws: Aws) -> Targets:
    s3, sqs, sns = aws.client("s3"), aws.client("sqs"), aws.client("sns")
    s3.create_bucket(Bucket=BUCKET)
    urls: list[str] = []
    for name in ("images", "reports"):
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        document = allowed(aws, "sqs:SendMessage", queue_arn(sqs, url))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        urls.append(url)
    topic = sns.create_topic(Name="removals")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=allowed(aws, "sns:Publish", topic))
    by_topic = sqs.create_queue(QueueName="removals")["QueueUrl"]
    arn = queue_arn(sqs, by_topic)
    send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    sqs.set_queue_attributes(QueueUrl=by_topic, Attributes={"Policy": policy(send)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    configuration = {
        "QueueConfigurations": [
            filtered("images", queue_arn(sqs, urls[0]), prefix="uploads/", suffix=".png"),
            filtered("reports", queue_arn(sqs, urls[1]), suffix=".csv"),
        ],
        "TopicConfigurations": [{"Id": "removals", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
    }
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)
    return Targets(s3, sqs, *urls, topic, by_topic)


def filtered(name: str, arn: str, **rules: str) -> dict[str, Any]:
    told = [{"Name": rule, "Value": value} for rule, value in rules.items()]
    return {
        "Id": name,
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": told}},
    }


def got(aws: Aws, targets: Targets) -> dict[str, list[str]]:
    """Since the last time: event names and keys, by queue; the test events are left out."""
    aws.advance("5s")
    found: dict[str, list[str]] = {}
    for name, url in (("images", targets.images), ("reports", targets.reports), ("removals", targets.by_topic)):
        told = [json.loads(body) for body in bodies(targets.sqs, url)]
        records = [record for event in told for record in event.get("Records", [])]
        found[name] = [f"{record['eventName']} {record['s3']['object']['key']}" for record in records]
        targets.sqs.purge_queue(QueueUrl=url)
    aws.advance("1m")
    return found


def test_each_target_is_tested_when_it_is_configured(aws: Aws, targets: Targets) -> None:
    aws.advance("5s")
    for url in (targets.images, targets.reports, targets.by_topic):
        (event,) = [json.loads(body) for body in bodies(targets.sqs, url)]
        assert (event["Event"], event["Bucket"]) == ("s3:TestEvent", BUCKET)


def test_a_put_reaches_exactly_the_target_that_it_matches(aws: Aws, targets: Targets) -> None:
    got(aws, targets)
    for key in ("uploads/cat.png", "uploads/cat.jpg", "other/cat.png", "uploads/june.csv"):
        targets.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    assert got(aws, targets) == {
        "images": ["ObjectCreated:Put uploads/cat.png"],
        "reports": ["ObjectCreated:Put uploads/june.csv"],
        "removals": [],
    }
    targets.s3.delete_object(Bucket=BUCKET, Key="uploads/cat.png")
    assert got(aws, targets) == {"images": [], "reports": [], "removals": ["ObjectRemoved:Delete uploads/cat.png"]}


def test_the_record_tells_what_when_and_by_whom(aws: Aws, targets: Targets) -> None:
    got(aws, targets)
    put = targets.s3.put_object(Bucket=BUCKET, Key="uploads/a b.png", Body=b"meow")
    aws.advance("5s")
    ((record,),) = [json.loads(body)["Records"] for body in bodies(targets.sqs, targets.images)]
    assert (record["eventSource"], record["awsRegion"]) == ("aws:s3", "us-east-1")
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{BUCKET}"
    assert record["s3"]["configurationId"] == "images"
    told = record["s3"]["object"]
    assert (told["key"], told["size"], told["eTag"]) == ("uploads/a+b.png", 4, put["ETag"].strip('"'))


@pytest.mark.parametrize("kind", ["queue", "topic", "nowhere"])
def test_a_target_that_lets_s3_in_by_no_policy_is_refused(aws: Aws, targets: Targets, kind: str) -> None:
    closed = aws.client("sns").create_topic(Name="closed")["TopicArn"]
    aws.client("sqs").create_queue(QueueName="closed")
    queue = f"arn:aws:sqs:us-east-1:{aws.account}:{'closed' if kind == 'queue' else 'nowhere'}"
    wrong: dict[str, Any] = {"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]}
    if kind == "topic":
        wrong = {"TopicConfigurations": [{"TopicArn": closed, "Events": ["s3:ObjectCreated:*"]}]}
    before = targets.s3.get_bucket_notification_configuration(Bucket=BUCKET)
    asked = {"Bucket": BUCKET, "NotificationConfiguration": wrong}
    error = refused(targets.s3.put_bucket_notification_configuration, **asked)
    assert (error["Code"], error["Message"], error["Status"]) == ("InvalidArgument", REFUSAL, 400)
    after = targets.s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert {**after, "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}, "nothing has changed"


def test_two_rules_of_one_event_must_not_overlap(targets: Targets) -> None:
    arn = queue_arn(targets.sqs, targets.images)
    overlapping = [filtered("one", arn, prefix="uploads/"), filtered("two", arn, prefix="uploads/2026/")]
    asked = {"Bucket": BUCKET, "NotificationConfiguration": {"QueueConfigurations": overlapping}}
    error = refused(targets.s3.put_bucket_notification_configuration, **asked)
    assert error["Code"] == "InvalidArgument"
    assert "overlap" in error["Message"].lower()


def test_a_fifo_queue_is_no_target(aws: Aws, targets: Targets) -> None:
    url = targets.sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = queue_arn(targets.sqs, url)
    document = allowed(aws, "sqs:SendMessage", arn)
    targets.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    wrong = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    asked = {"Bucket": BUCKET, "NotificationConfiguration": wrong}
    assert refused(targets.s3.put_bucket_notification_configuration, **asked)["Code"] == "InvalidArgument"


def test_a_function_that_does_not_let_the_bucket_in_is_no_target(targets: Targets) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:thumbnail"
    wrong = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]}
    asked = {"Bucket": BUCKET, "NotificationConfiguration": wrong}
    error = refused(targets.s3.put_bucket_notification_configuration, **asked)
    assert (error["Code"], error["Message"], error["Status"]) == ("InvalidArgument", REFUSAL, 400)
