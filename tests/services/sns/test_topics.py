from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"


def refusal(operation, request) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value.code, caught.value.message


def test_a_new_topic_has_the_attributes_that_aws_gives_it(aws: Aws, sns) -> None:
    sns.topic()
    attributes = aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]
    policy = json.loads(attributes.pop("Policy"))
    effective = json.loads(attributes.pop("EffectiveDeliveryPolicy"))
    assert attributes == {
        "Owner": ACCOUNT,
        "TopicArn": TOPIC,
        "DisplayName": "",
        "SubscriptionsPending": "0",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsDeleted": "0",
    }
    assert policy["Id"] == "__default_policy_ID"
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    assert effective["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert effective["http"]["disableSubscriptionOverrides"] is False


def test_creating_a_topic_again_gives_the_same_topic(aws: Aws, sns) -> None:
    assert sns.topic(DisplayName="Orders") == TOPIC
    assert sns.topic(DisplayName="Orders") == TOPIC
    assert sns.topic() == TOPIC
    assert aws.sns.list_topics() == {"Topics": [{"TopicArn": TOPIC}]}


def test_creating_a_topic_again_with_different_attributes_or_tags_is_refused(aws: Aws, sns) -> None:
    aws.sns.create_topic({"Name": "orders", "Tags": [{"Key": "team", "Value": "a"}]})
    assert refusal(aws.sns.create_topic, {"Name": "orders", "Attributes": {"DisplayName": "x"}}) == (
        "InvalidParameterException",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    assert refusal(aws.sns.create_topic, {"Name": "orders", "Tags": [{"Key": "team", "Value": "b"}]}) == (
        "InvalidParameterException",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Name": "no spaces"}, "Invalid parameter: Topic Name"),
        ({"Name": "a" * 257}, "Invalid parameter: Topic Name"),
        ({"Name": "orders.fifo"}, "Invalid parameter: Topic Name"),
        ({}, "Invalid parameter: Name Reason: no value for required parameter"),
        (
            {"Name": "orders", "Attributes": {"FifoTopic": "true"}},
            "Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and "
            "lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters "
            "long.",
        ),
        (
            {"Name": "orders", "Attributes": {"Color": "red"}},
            "Invalid parameter: Attributes Reason: Unknown attribute: Color",
        ),
        ({"Name": "orders", "Attributes": {"Policy": "{"}}, "Invalid parameter: Attributes Reason: Policy Error: null"),
        (
            {"Name": "orders", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
            "Invalid parameter: Duplicated keys are not allowed.",
        ),
    ],
)
def test_what_create_topic_refuses(aws: Aws, request_, message) -> None:
    assert refusal(aws.sns.create_topic, request_) == ("InvalidParameterException", message)
    assert aws.sns.list_topics() == {"Topics": []}


def test_more_than_fifty_tags_are_refused(aws: Aws) -> None:
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    assert refusal(aws.sns.create_topic, {"Name": "orders", "Tags": tags})[0] == "TagLimitExceededException"


@pytest.mark.parametrize(
    ("arn", "code", "message"),
    [
        (TOPIC, "NotFoundException", "Topic does not exist"),
        (
            "orders",
            "InvalidParameterException",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (TOPIC.replace("us-east-1", "eu-west-1"), "InvalidParameterException", "Invalid parameter: TopicArn"),
        (TOPIC.replace(":sns:", ":sqs:"), "InvalidParameterException", "Invalid parameter: TopicArn"),
    ],
)
def test_topics_that_are_not_there_or_not_named_right(aws: Aws, arn, code, message) -> None:
    assert refusal(aws.sns.get_topic_attributes, {"TopicArn": arn}) == (code, message)


def test_deleting_a_topic_takes_its_subscriptions_and_may_be_repeated(aws: Aws, sns) -> None:
    sns.subscribed(sns.topic())
    aws.sns.delete_topic({"TopicArn": TOPIC})
    aws.sns.delete_topic({"TopicArn": TOPIC})
    assert aws.sns.list_topics()["Topics"] == []
    assert aws.sns.list_subscriptions()["Subscriptions"] == []


def test_topics_are_listed_by_hundreds(aws: Aws, sns) -> None:
    for number in range(205):
        sns.topic(f"t{number:03d}")
    pages = []
    token = None
    while True:
        page = aws.sns.list_topics({"NextToken": token} if token else {})
        pages.append(len(page["Topics"]))
        token = page.get("NextToken")
        if token is None:
            break
        await_less = aws.now + 1000
        aws.world.clock.move_to(await_less)
    assert pages == [100, 100, 5]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DisplayName", "Orders"),
        ("KmsMasterKeyId", "alias/aws/sns"),
        ("SignatureVersion", "2"),
        ("TracingConfig", "Active"),
        ("SQSSuccessFeedbackRoleArn", f"arn:aws:iam::{ACCOUNT}:role/feedback"),
        ("LambdaSuccessFeedbackSampleRate", "50"),
        ("HTTPFailureFeedbackRoleArn", f"arn:aws:iam::{ACCOUNT}:role/feedback"),
    ],
)
def test_attributes_that_are_set_are_shown(aws: Aws, sns, name, value) -> None:
    sns.topic()
    aws.sns.set_topic_attributes({"TopicArn": TOPIC, "AttributeName": name, "AttributeValue": value})
    assert aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"][name] == value
    fact = aws.events("sns.TopicAttributesSet")[-1]
    assert fact.facts[name] == value
    assert fact.kept


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Owner", "x", "Invalid parameter: AttributeName"),
        ("Policy", "nonsense", "Invalid parameter: Policy Error: null"),
        (
            "Policy",
            json.dumps(
                {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": TOPIC}]}
            ),
            "Invalid parameter: Policy statement action out of service scope!",
        ),
        ("SignatureVersion", "3", "Invalid parameter: SignatureVersion: Invalid value [3]. Please use either 1 or 2"),
        (
            "ContentBasedDeduplication",
            "true",
            "Invalid parameter: ContentBasedDeduplication: ContentBasedDeduplication is only supported for FIFO topics",
        ),
        (
            "DeliveryPolicy",
            '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}',
            "Invalid parameter: DeliveryPolicy: http.defaultHealthyRetryPolicy.minDelayTarget must be specified",
        ),
        (
            "SQSSuccessFeedbackSampleRate",
            "101",
            "Invalid parameter: SQSSuccessFeedbackSampleRate: Invalid value [101]. Must be between 0 and 100",
        ),
    ],
)
def test_attributes_that_are_refused(aws: Aws, sns, name, value, message) -> None:
    sns.topic()
    before = aws.sns.get_topic_attributes({"TopicArn": TOPIC})
    request = {"TopicArn": TOPIC, "AttributeName": name, "AttributeValue": value}
    assert refusal(aws.sns.set_topic_attributes, request) == ("InvalidParameterException", message)
    assert aws.sns.get_topic_attributes({"TopicArn": TOPIC}) == before


def test_an_empty_policy_brings_the_default_one_back(aws: Aws, sns) -> None:
    sns.topic()
    default = aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]["Policy"]
    own = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC}],
        }
    )
    aws.sns.set_topic_attributes({"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": own})
    assert aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]["Policy"] == own
    aws.sns.set_topic_attributes({"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": ""})
    assert aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]["Policy"] == default


def test_a_permission_is_a_statement_of_the_policy(aws: Aws, sns) -> None:
    sns.topic()
    grant = {"TopicArn": TOPIC, "Label": "grant", "AWSAccountId": ["444455556666"], "ActionName": ["Publish"]}
    aws.sns.add_permission(grant)
    policy = json.loads(aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]["Policy"])
    assert policy["Statement"][-1] == {
        "Sid": "grant",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "SNS:Publish",
        "Resource": TOPIC,
    }
    aws.in_account("444455556666").sns.publish({"TopicArn": TOPIC, "Message": "hi"})
    assert refusal(aws.sns.add_permission, grant) == (
        "InvalidParameterException",
        "Invalid parameter: Statement already exists",
    )
    aws.sns.remove_permission({"TopicArn": TOPIC, "Label": "grant"})
    code, _ = refusal(aws.in_account("444455556666").sns.publish, {"TopicArn": TOPIC, "Message": "hi"})
    assert code == "AuthorizationErrorException"


def test_a_permission_for_another_services_action_is_refused(aws: Aws, sns) -> None:
    sns.topic()
    grant = {"TopicArn": TOPIC, "Label": "x", "AWSAccountId": [ACCOUNT], "ActionName": ["SendMessage"]}
    assert refusal(aws.sns.add_permission, grant)[1] == (
        "Invalid parameter: Policy statement action out of service scope!"
    )


def test_tags_are_added_changed_and_removed(aws: Aws, sns) -> None:
    sns.topic()
    aws.sns.tag_resource({"ResourceArn": TOPIC, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    aws.sns.tag_resource({"ResourceArn": TOPIC, "Tags": [{"Key": "b", "Value": "3"}]})
    aws.sns.untag_resource({"ResourceArn": TOPIC, "TagKeys": ["a", "zzz"]})
    assert aws.sns.list_tags_for_resource({"ResourceArn": TOPIC}) == {"Tags": [{"Key": "b", "Value": "3"}]}
    other = TOPIC + "2"
    assert refusal(aws.sns.list_tags_for_resource, {"ResourceArn": other}) == (
        "ResourceNotFoundException",
        "Resource does not exist",
    )


def test_what_is_not_built_is_501(aws: Aws) -> None:
    with pytest.raises(AwsError) as caught:
        aws.sns.create_topic({"Name": "orders", "DataProtectionPolicy": "{}"})
    assert caught.value.status == 501
