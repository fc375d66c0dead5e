"""SQS and SNS under KMS keys: a queue or topic is refused where its key may not be used."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from harness import ACCOUNT, REGION, Aws
from services.kms.kms_calls import (
    OTHER,
    allow,
    arn,
    decrypt,
    described,
    enabling_iam,
    make_key,
    make_user,
    policy,
    refused,
    statement,
)

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
SNS = {"Service": "sns.amazonaws.com"}
QUEUE_POLICY = policy({**statement(SNS, "sqs:SendMessage"), "Resource": QUEUE})


async def done(answer: Any) -> Any:
    return await answer if hasattr(answer, "__await__") else answer


def make_queue(aws: Aws, key: str, **attributes: str) -> str:
    attributes = {"KmsMasterKeyId": key, **attributes}
    return aws.sqs.create_queue({"QueueName": "orders", "Attributes": attributes})["QueueUrl"]


async def send(aws: Aws, url: str, body: str = "hello") -> Any:
    return await done(aws.sqs.send_message({"QueueUrl": url, "MessageBody": body}))


async def receive(aws: Aws, url: str) -> list[str]:
    answer = await done(aws.sqs.receive_message({"QueueUrl": url}))
    return [message["Body"] for message in answer.get("Messages", [])]


async def test_a_sender_needs_the_key_and_so_does_a_receiver(aws: Aws) -> None:
    key = make_key(aws)
    url = make_queue(aws, key)
    ann = make_user(aws, "ann", "sqs:*")
    with refused("KmsAccessDenied") as refusal:
        await send(ann, url)
    assert refusal.error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: kms:GenerateDataKey on resource: "
        f"{arn(key)} because no identity-based policy allows the kms:GenerateDataKey action"
    )
    assert refusal.error.why.facts[0].property == "KmsMasterKeyId"
    assert "put-user-policy" in refusal.error.why.first_cause().remedy[0]
    allow(aws, "ann", "sqs:*", "kms:GenerateDataKey")
    with refused("KmsAccessDenied"):
        await send(ann, url)
    allow(aws, "ann", "sqs:*", "kms:GenerateDataKey", "kms:Decrypt")
    await send(ann, url)
    bob = make_user(aws, "bob", "sqs:*")
    with refused("KmsAccessDenied") as refusal:
        await receive(bob, url)
    assert "kms:Decrypt" in refusal.error.message
    assert await receive(ann, url) == ["hello"]


async def test_a_key_policy_may_want_the_service_in_between(aws: Aws) -> None:
    via = {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}
    ann = make_user(aws, "ann", "sqs:*", "kms:GenerateDataKey")
    key = make_key(
        aws,
        Policy=policy(
            statement(f"arn:aws:iam::{ACCOUNT}:root", "kms:Put*"),
            statement(ann.principal.arn, "kms:*", Condition=via),
        ),
    )
    with refused("AccessDeniedException"):
        ann.kms.generate_data_key({"KeyId": key, "KeySpec": "AES_256"})
    await send(ann, make_queue(aws, key))
    calls = [event for event in aws.events("api.Call") if event.facts["service"] == "kms"]
    assert {event.principal for event in calls if event.resource == arn(key)} == {ann.principal.arn}


async def test_a_data_key_is_used_again_until_its_period_is_over(aws: Aws) -> None:
    key = make_key(aws)
    url = make_queue(aws, key, KmsDataKeyReusePeriodSeconds="60")
    await send(aws, url)
    aws.kms.disable_key({"KeyId": key})
    await aws.advance(ms=59_999)
    await send(aws, url)
    await aws.advance(ms=1)
    with refused("KmsDisabled", f"{arn(key)} is disabled."):
        await send(aws, url)
    with refused("KmsDisabled"):
        await receive(aws, url)
    aws.kms.schedule_key_deletion({"KeyId": key})
    with refused("KmsInvalidState"):
        await send(aws, url)
    with refused("KmsNotFound"):
        aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"KmsMasterKeyId": "alias/none"}})
        await send(aws, url)


async def test_the_aws_managed_key_serves_the_account_through_the_service_only(aws: Aws) -> None:
    url = make_queue(aws, "alias/aws/sqs", Policy=QUEUE_POLICY)
    ann = make_user(aws, "ann", "sqs:*")
    await send(ann, url)
    assert await receive(ann, url) == ["hello"]
    assert described(aws, "alias/aws/sqs")["KeyManager"] == "AWS"
    with refused("AccessDeniedException"):
        aws.kms.generate_data_key({"KeyId": "alias/aws/sqs", "KeySpec": "AES_256"})
    open_to_all = policy({**statement({"AWS": OTHER}, "sqs:*"), "Resource": QUEUE})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": open_to_all}})
    with refused("KmsAccessDenied"):
        await send(aws.in_account(OTHER), url)


async def test_a_message_is_sealed_with_the_queue_as_its_context(aws: Aws) -> None:
    key = make_key(aws)
    only = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": QUEUE}}
    ann = make_user(aws, "ann", "kms:GenerateDataKey", "kms:Decrypt", **only)
    blob = ann.kms.generate_data_key(
        {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"aws:sqs:arn": QUEUE}}
    )["CiphertextBlob"]  # fmt: skip
    assert decrypt(ann, blob, EncryptionContext={"aws:sqs:arn": QUEUE})
    with refused("AccessDeniedException"):
        decrypt(ann, blob)


# --- SNS


def subscribed(aws: Aws, **topic: str) -> None:
    aws.sns.create_topic({"Name": "news", "Attributes": topic})
    aws.sns.subscribe({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE})


async def published(aws: Aws) -> None:
    aws.sns.publish({"TopicArn": TOPIC, "Message": "m"})
    await aws.advance(seconds=4000)


def failures(aws: Aws) -> list[Any]:
    return aws.events("sns.NotificationFailed")


async def test_sns_does_not_deliver_to_a_queue_whose_key_does_not_let_it(aws: Aws) -> None:
    key = make_key(aws)
    url = make_queue(aws, key, Policy=QUEUE_POLICY)
    subscribed(aws)
    await published(aws)
    assert failures(aws), "SNS gave the delivery up"
    why = _told(aws)
    assert any("kms:GenerateDataKey" in one.cause for one in _chain(why)), why
    lets = {"ArnEquals": {"aws:SourceArn": TOPIC}}
    aws.kms.put_key_policy(
        {"KeyId": key, "Policy": policy(enabling_iam(), statement(SNS, "kms:GenerateDataKey*", "kms:Decrypt",
                                                                   Condition=lets))}
    )  # fmt: skip
    await published(aws)
    assert len(failures(aws)) == 1
    assert len(await receive(aws, url)) == 1


def _told(aws: Aws) -> Why:
    """Why the delivery was given up."""
    whys = [hop.why for trace in aws.world.state(Traces) for hop in trace.hops if hop.operation == "Delivery"]
    return next(why for why in whys if why is not None)


def _chain(why: Why) -> list[Why]:
    return [why, *(deeper for one in why.because for deeper in _chain(one))]


async def test_a_publisher_needs_the_topics_key(aws: Aws) -> None:
    key = make_key(aws)
    aws.sns.create_topic({"Name": "news", "Attributes": {"KmsMasterKeyId": key}})
    ann = make_user(aws, "ann", "sns:*")
    with pytest.raises(AwsError) as caught:
        ann.sns.publish({"TopicArn": TOPIC, "Message": "m"})
    assert caught.value.code == "KMSAccessDeniedException"
    assert "kms:GenerateDataKey" in caught.value.message
    allow(aws, "ann", "sns:*", "kms:GenerateDataKey*", "kms:Decrypt")
    assert ann.sns.publish({"TopicArn": TOPIC, "Message": "m"})
    aws.kms.disable_key({"KeyId": key})
    assert ann.sns.publish({"TopicArn": TOPIC, "Message": "m"}), "the data key is reused for five minutes"
    await aws.advance(seconds=300)
    with refused("KMSDisabledException"):
        ann.sns.publish({"TopicArn": TOPIC, "Message": "m"})
