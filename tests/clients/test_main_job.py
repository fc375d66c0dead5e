"""The main job: a stack is built, a request dies of what it dies of in AWS, `why` says so, its command mends it."""

from __future__ import annotations

import json
import re
import shlex
import time
from typing import Any

import pytest

from clients.running import ACCOUNT, REGION, Cloud

pytestmark = [pytest.mark.client, pytest.mark.needs("aws", "bash")]


def received(cloud: Cloud, queue_url: str, wait_s: int = 0) -> list[dict[str, Any]]:
    wait = ("--wait-time-seconds", str(wait_s))
    return cloud.aws("sqs", "receive-message", "--queue-url", queue_url, *wait).get("Messages", [])


@pytest.mark.parametrize("raw", [False, True], ids=["wrapped", "raw"])
def test_a_lost_message_is_explained_and_the_printed_command_mends_it(cloud: Cloud, raw: bool) -> None:
    name = "raw" if raw else "wrapped"
    topic = cloud.aws("sns", "create-topic", "--name", name)["TopicArn"]
    queue_url = cloud.aws("sqs", "create-queue", "--queue-name", name)["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    subscribing = ("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue)
    cloud.aws(*subscribing, *(("--attributes", "RawMessageDelivery=true") if raw else ()))
    published = cloud.aws("sns", "publish", "--topic-arn", topic, "--message", "lost")
    assert received(cloud, queue_url, 1) == []

    told, commands = cloud.why()
    assert published["MessageId"] in told
    assert f"sns.amazonaws.com may not sqs:SendMessage on {queue}: no resource-based policy allows it." in told
    assert f"{queue} · principal = sns.amazonaws.com" in told
    assert f"{queue} · action = sqs:SendMessage" in told
    assert f"{queue} · aws:SourceArn = {topic}" in told
    assert f"{queue} · Policy = (not there)" in told
    times = [int(found) for found in re.findall(r"^\S+ \+(\d+) ms  s[qn]s:", told, re.MULTILINE)]
    assert len(times) == 2
    assert times == sorted(times)
    attributes = json.loads(shlex.split(commands[0])[shlex.split(commands[0]).index("--attributes") + 1])
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "sqs:SendMessage", queue)
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}

    cloud.pasted(commands[0])
    published = cloud.aws("sns", "publish", "--topic-arn", topic, "--message", "found")
    (message,) = received(cloud, queue_url, 5)
    if raw:
        assert message["Body"] == "found"
    else:
        envelope = json.loads(message["Body"])
        assert (envelope["Message"], envelope["MessageId"]) == ("found", published["MessageId"])


def test_the_mend_keeps_what_the_policy_allows_already(cloud: Cloud) -> None:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name="second")["TopicArn"]
    queue_url = sqs.create_queue(QueueName="second")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:second"
    older = {
        "Sid": "Don't lose me",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"{topic}-of-old"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [older]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": document})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.publish(TopicArn=topic, Message="lost")
    until = time.monotonic() + 5
    while topic not in (told := cloud.why())[0]:
        assert time.monotonic() < until, told[0]
    assert f"aws:SourceArn ArnEquals {topic}-of-old, and it is {topic}" in told[0]
    cloud.pasted(told[1][0])
    sns.publish(TopicArn=topic, Message="found")
    (message,) = received(cloud, queue_url, 5)
    assert json.loads(message["Body"])["Message"] == "found"
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    (statement,) = json.loads(found)["Statement"]
    condition = {"ArnEquals": {"aws:SourceArn": [f"{topic}-of-old", topic]}}
    assert statement == older | {"Condition": condition}


def test_a_command_reaches_the_region_where_it_happened(cloud: Cloud) -> None:
    region = "eu-central-1"
    sns, sqs = cloud.client("sns", region=region), cloud.client("sqs", region=region)
    topic = sns.create_topic(Name="away")["TopicArn"]
    queue_url = sqs.create_queue(QueueName="away")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{region}:{ACCOUNT}:away")
    sns.publish(TopicArn=topic, Message="lost")
    until = time.monotonic() + 5
    while topic not in (told := cloud.why())[0]:
        assert time.monotonic() < until, told[0]
    cloud.pasted(told[1][0])
    sns.publish(TopicArn=topic, Message="found")
    assert sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=5)["Messages"]
