"""Signatures, verified as AWS's page says.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from foulweather.services.sns.signing import signing_certificate
from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"


def verify(world: World, message: dict[str, str]) -> None:
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    certificate = x509.load_pem_x509_certificate(signing_certificate(world))
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}[message["SignatureVersion"]]
    key = certificate.public_key()
    key.verify(base64.b64decode(message["Signature"]), signed.encode(), padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Überschrift"}])
def test_a_notification_verifies(aws: Aws, sns, version, more) -> None:
    queue = sns.subscribed(sns.topic(SignatureVersion=version))
    sns.publish(TOPIC, 'line\nand "quotes" \u00fc', **more)
    (body,) = sns.bodies(queue)
    assert body["SignatureVersion"] == version
    verify(aws.world, body)
    with pytest.raises(InvalidSignature):
        verify(aws.world, {**body, "Message": "forged"})


def test_a_confirmation_verifies(aws: Aws, sns) -> None:
    other = aws.in_account("444455556666")
    queue = sns.queue("theirs", sns.topic(), aws=other)
    sns.subscribe(TOPIC, queue)
    (message,) = sns.received(queue, other)
    verify(aws.world, json.loads(message["Body"]))


def test_all_subscriptions_get_one_signature(aws: Aws, sns) -> None:
    topic = sns.topic()
    first, second = sns.subscribed(topic, "a"), sns.subscribed(topic, "b")
    sns.publish(topic)
    (one,), (two,) = sns.bodies(first), sns.bodies(second)
    assert one["Signature"] == two["Signature"]
    assert one["UnsubscribeURL"] != two["UnsubscribeURL"]


def test_messages_of_fifo_topics_are_not_signed(aws: Aws, sns) -> None:
    topic = sns.topic("orders.fifo", ContentBasedDeduplication="true")
    queue = sns.subscribed(topic, "inbox.fifo")
    sns.publish(topic, MessageGroupId="g")
    (body,) = sns.bodies(queue)
    assert "Signature" not in body


def test_the_certificate_has_its_url(aws: Aws, sns) -> None:
    queue = sns.subscribed(sns.topic())
    sns.publish(TOPIC)
    (body,) = sns.bodies(queue)
    assert body["SigningCertURL"].startswith("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-")
    assert body["SigningCertURL"].endswith(".pem")
    certificate = x509.load_pem_x509_certificate(signing_certificate(aws.world))
    assert certificate.subject.rfc4514_string() == "CN=sns.amazonaws.com"


def test_the_key_is_kept_and_made_only_when_needed(tmp_path: Path, tools) -> None:
    from foulweather.services.sns.signing import Signer

    aws = new_aws(directory=tmp_path)
    raw = tools(aws).subscribed(tools(aws).topic(), RawMessageDelivery="true")
    tools(aws).publish(TOPIC)
    assert len(aws.world.state(Signer).keys) == 0
    assert len(tools(aws).received(raw)) == 1
    queue = tools(aws).subscribed(TOPIC, "json")
    tools(aws).publish(TOPIC)
    (body,) = tools(aws).bodies(queue)
    certificate = signing_certificate(aws.world)
    aws.world.close()
    again = World(directory=tmp_path)
    assert signing_certificate(again) == certificate
    verify(again, body)
