from __future__ import annotations

import json

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Services
from foulweather.policy import principal as principals
from foulweather.policy.principal import ANONYMOUS, Principal
from foulweather.services.sns.access import ACCESS
from harness import ACCOUNT, Aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"


def test_every_operation_has_its_row() -> None:
    services = Services()
    service = services.find("sns")
    assert service is not None
    assert set(services.built(service)) == set(ACCESS)


def test_a_user_without_policies_is_refused_in_sns_words(aws: Aws, sns) -> None:
    sns.topic()
    user = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT, "AIDA1"))
    with pytest.raises(AwsError) as caught:
        user.sns.create_topic({"Name": "mine"})
    assert caught.value.code == "AuthorizationErrorException"
    assert caught.value.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: SNS:CreateTopic on resource: "
        f"arn:aws:sns:us-east-1:{ACCOUNT}:mine because no identity-based policy allows the SNS:CreateTopic action"
    )


def test_another_account_is_refused_until_the_policy_lets_it_in(aws: Aws, sns) -> None:
    sns.topic()
    other = aws.in_account("444455556666")
    with pytest.raises(AwsError) as caught:
        other.sns.publish({"TopicArn": TOPIC, "Message": "x"})
    assert "SNS:Publish" in caught.value.message
    remedy = caught.value.why.remedy
    assert remedy
    assert remedy[0].startswith(f"aws sns set-topic-attributes --topic-arn {TOPIC} --attribute-name Policy")


def test_a_service_publishes_for_the_topics_owner_only(aws: Aws, sns) -> None:
    topic = sns.topic()
    call = Call(aws.pipeline, "events", "PutEvents", ACCOUNT, "us-east-1", principals.root(ACCOUNT))
    own = call.acting_as("cloudwatch.amazonaws.com", source_account=ACCOUNT)
    own.sns.publish({"TopicArn": topic, "Message": "x"})
    foreign = call.acting_as("cloudwatch.amazonaws.com", source_account="444455556666")
    # Amazon S3 and Amazon EventBridge do not say aws:SourceOwner, which a topic's default policy asks for.
    newer = [call.acting_as(f"{name}.amazonaws.com", source_account=ACCOUNT) for name in ("s3", "events")]
    for refused in (foreign, *newer):
        with pytest.raises(AwsError):
            refused.sns.publish({"TopicArn": topic, "Message": "x"})


def test_a_policy_limits_protocols_and_endpoints(aws: Aws, sns) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "sns:Subscribe",
        "Resource": TOPIC,
        "Condition": {"StringEquals": {"sns:Protocol": "https"}, "StringLike": {"sns:Endpoint": "https://ok/*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.topic(Policy=policy)
    other = aws.in_account("444455556666")
    other.sns.subscribe({"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://ok/1"})
    for protocol, endpoint in (("https", "https://bad/1"), ("http", "http://ok/1")):
        with pytest.raises(AwsError) as caught:
            other.sns.subscribe({"TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint})
        assert caught.value.code == "AuthorizationErrorException"


def test_nobody_publishes_without_credentials(aws: Aws, sns) -> None:
    sns.topic()
    with pytest.raises(AwsError):
        aws.as_principal(ANONYMOUS).sns.publish({"TopicArn": TOPIC, "Message": "x"})
