from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS
from harness import ACCOUNT, Aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
DAY = 24 * 3600


def refusal(operation, request) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value.code, caught.value.message


def subscribe(aws: Aws, protocol: str, endpoint: str, **more) -> str:
    request = {"TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint, **more}
    return aws.sns.subscribe(request)["SubscriptionArn"]


def token(aws: Aws) -> str:
    text = aws.events("sns.EmailRecorded")[-1].facts["text"]
    return text.partition("Token=")[2].split()[0]


@pytest.mark.parametrize(
    ("protocol", "endpoint", "message"),
    [
        ("pigeon", "coo", "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"),
        ("http", "https://example.com", "Invalid parameter: Endpoint must match the specified protocol"),
        ("https", "http://example.com", "Invalid parameter: Endpoint must match the specified protocol"),
        ("email", "nobody", "Invalid parameter: Email address"),
        ("sms", "x-xxx", "Invalid parameter: Invalid SMS endpoint: x-xxx"),
        ("sqs", "inbox", "Invalid parameter: SQS endpoint ARN"),
        ("sqs", TOPIC, "Invalid parameter: SQS endpoint ARN"),
        (
            "sqs",
            QUEUE + ".fifo",
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard "
            "SNS topics",
        ),
        ("lambda", QUEUE, "Invalid parameter: Lambda endpoint ARN"),
        ("firehose", QUEUE, "Invalid parameter: Firehose endpoint ARN"),
        ("sqs", "", "Invalid parameter: Endpoint Reason: no value for required parameter"),
        (
            "application",
            f"arn:aws:sns:us-east-1:{ACCOUNT}:endpoint/GCM/app/1",
            f"Invalid parameter: Endpoint Reason: Endpoint does not exist for endpoint arn:aws:sns:us-east-1:{ACCOUNT}"
            ":endpoint/GCM/app/1",
        ),
    ],
)
def test_endpoints_that_are_refused(aws: Aws, sns, protocol, endpoint, message) -> None:
    sns.topic()
    request = {"TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint}
    assert refusal(aws.sns.subscribe, request) == ("InvalidParameterException", message)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"Color": "red"}, "Attributes Reason: Unknown attribute: Color"),
        (
            {"RawMessageDelivery": "maybe"},
            "Attributes Reason: RawMessageDelivery: Invalid value [maybe]. Must be true or false.",
        ),
        (
            {"FilterPolicyScope": "Moon"},
            "Attributes Reason: FilterPolicyScope: Invalid value [Moon]. Please use either MessageBody or "
            "MessageAttributes",
        ),
        ({"FilterPolicy": '{"a":"b"}'}, 'Attributes Reason: FilterPolicy: "a" must be an object or an array'),
        (
            {"RedrivePolicy": '{"maxReceiveCount":5}'},
            "Attributes Reason: RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown.",
        ),
        ({"RedrivePolicy": "{}"}, "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        (
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:444455556666:dlq"})},
            "Attributes Reason: RedrivePolicy: deadLetterTargetArn must be in the same account and region as the "
            "subscription",
        ),
        (
            {"ReplayPolicy": '{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z"}'},
            "Attributes Reason: ReplayPolicy: ReplayPolicy is only supported for FIFO topics",
        ),
    ],
)
def test_attributes_that_are_refused(aws: Aws, sns, attributes, message) -> None:
    sns.topic()
    request = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": attributes}
    assert refusal(aws.sns.subscribe, request) == ("InvalidParameterException", f"Invalid parameter: {message}")
    assert aws.sns.list_subscriptions()["Subscriptions"] == []


def test_raw_delivery_is_not_for_functions(aws: Aws, sns) -> None:
    sns.topic()
    arn = subscribe(aws, "lambda", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f")
    request = {"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    assert refusal(aws.sns.set_subscription_attributes, request)[1] == (
        "Invalid parameter: Delivery protocol [lambda] does not support raw message delivery."
    )


def test_a_subscription_to_a_missing_topic_is_refused(aws: Aws) -> None:
    request = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE}
    assert refusal(aws.sns.subscribe, request) == ("NotFoundException", "Topic does not exist")


def test_subscribing_again_gives_the_same_subscription(aws: Aws, sns) -> None:
    sns.topic()
    first = subscribe(aws, "sqs", QUEUE, Attributes={"RawMessageDelivery": "true"})
    assert subscribe(aws, "sqs", QUEUE) == first
    assert subscribe(aws, "sqs", QUEUE, Attributes={"RawMessageDelivery": "true"}) == first
    request = {
        "TopicArn": TOPIC,
        "Protocol": "sqs",
        "Endpoint": QUEUE,
        "Attributes": {"RawMessageDelivery": "false"},
    }
    assert refusal(aws.sns.subscribe, request)[1] == (
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    )


def test_an_own_queue_needs_no_confirmation(aws: Aws, sns) -> None:
    sns.topic()
    arn = subscribe(aws, "sqs", QUEUE)
    attributes = aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]
    assert attributes["PendingConfirmation"] == "false"
    assert attributes["ConfirmationWasAuthenticated"] == "true"
    assert attributes["RawMessageDelivery"] == "false"
    assert "FilterPolicyScope" not in attributes


def test_an_email_address_must_confirm(aws: Aws, sns) -> None:
    sns.topic()
    assert subscribe(aws, "email", "me@example.com") == "pending confirmation"
    listed = aws.sns.list_subscriptions_by_topic({"TopicArn": TOPIC})["Subscriptions"]
    assert listed[0]["SubscriptionArn"] == "PendingConfirmation"
    sns.publish(TOPIC, "too early")
    confirmed = aws.sns.confirm_subscription({"TopicArn": TOPIC, "Token": token(aws)})["SubscriptionArn"]
    sns.publish(TOPIC, "in time", Subject="Hi")
    mails = [event.facts for event in aws.events("sns.EmailRecorded")]
    assert [mail["subject"] for mail in mails] == ["AWS Notification - Subscription Confirmation", "Hi"]
    assert mails[1]["text"].startswith("in time\n")
    assert mails[1]["to"] == "me@example.com"
    shown = aws.sns.get_subscription_attributes({"SubscriptionArn": confirmed})["Attributes"]
    assert shown["PendingConfirmation"] == "false"


def test_the_arn_of_a_pending_subscription_is_given_when_asked_for(aws: Aws, sns) -> None:
    sns.topic()
    arn = subscribe(aws, "email", "me@example.com", ReturnSubscriptionArn=True)
    assert arn.startswith(TOPIC + ":")
    shown = aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]
    assert shown["PendingConfirmation"] == "true"


def test_a_link_in_an_email_confirms_without_credentials(aws: Aws, sns) -> None:
    sns.topic()
    subscribe(aws, "email", "me@example.com")
    nobody = aws.as_principal(ANONYMOUS)
    arn = nobody.sns.confirm_subscription({"TopicArn": TOPIC, "Token": token(aws)})["SubscriptionArn"]
    shown = aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]
    assert shown["ConfirmationWasAuthenticated"] == "false"
    nobody.sns.unsubscribe({"SubscriptionArn": arn})
    mails = len(aws.events("sns.EmailRecorded"))
    sns.publish(TOPIC)
    assert len(aws.events("sns.EmailRecorded")) == mails
    # The goodbye holds a link that restores the subscription.
    nobody.sns.confirm_subscription({"TopicArn": TOPIC, "Token": token(aws)})
    sns.publish(TOPIC)
    assert len(aws.events("sns.EmailRecorded")) == mails + 1


def test_a_subscription_that_needs_a_signature_stays_without_one(aws: Aws, sns) -> None:
    sns.topic()
    subscribe(aws, "email", "me@example.com")
    arn = aws.sns.confirm_subscription({"TopicArn": TOPIC, "Token": token(aws), "AuthenticateOnUnsubscribe": "true"})[
        "SubscriptionArn"
    ]
    nobody = aws.as_principal(ANONYMOUS)
    assert refusal(nobody.sns.unsubscribe, {"SubscriptionArn": arn})[0] == "AuthorizationErrorException"
    aws.sns.unsubscribe({"SubscriptionArn": arn})
    assert aws.sns.list_subscriptions()["Subscriptions"] == []


async def test_a_token_is_good_for_two_days(aws: Aws, sns) -> None:
    sns.topic()
    subscribe(aws, "email", "me@example.com")
    old = token(aws)
    await aws.advance(seconds=2 * DAY)
    assert refusal(aws.sns.confirm_subscription, {"TopicArn": TOPIC, "Token": old}) == (
        "InvalidParameterException",
        "Invalid parameter: Token",
    )
    subscribe(aws, "email", "me@example.com")
    aws.sns.confirm_subscription({"TopicArn": TOPIC, "Token": token(aws)})


async def test_what_nobody_confirms_is_forgotten_after_three_days(aws: Aws, sns) -> None:
    sns.topic()
    subscribe(aws, "email", "me@example.com")
    await aws.advance(seconds=3 * DAY - 1)
    assert len(aws.sns.list_subscriptions()["Subscriptions"]) == 1
    await aws.advance(seconds=1)
    assert aws.sns.list_subscriptions()["Subscriptions"] == []


def test_unsubscribing(aws: Aws, sns) -> None:
    sns.topic()
    arn = subscribe(aws, "sqs", QUEUE)
    aws.sns.unsubscribe({"SubscriptionArn": arn})
    aws.sns.unsubscribe({"SubscriptionArn": arn})
    assert refusal(aws.sns.get_subscription_attributes, {"SubscriptionArn": arn}) == (
        "NotFoundException",
        "Subscription does not exist",
    )
    attributes = aws.sns.get_topic_attributes({"TopicArn": TOPIC})["Attributes"]
    assert attributes["SubscriptionsDeleted"] == "1"
    assert refusal(aws.sns.unsubscribe, {"SubscriptionArn": "PendingConfirmation"})[0] == "InvalidParameterException"


def test_subscriptions_are_listed_by_hundreds(aws: Aws, sns) -> None:
    sns.topic()
    for number in range(101):
        subscribe(aws, "sqs", f"{QUEUE}{number:03d}")
        aws.world.clock.move_to(aws.now + 20)
    first = aws.sns.list_subscriptions_by_topic({"TopicArn": TOPIC})
    assert len(first["Subscriptions"]) == 100
    second = aws.sns.list_subscriptions_by_topic({"TopicArn": TOPIC, "NextToken": first["NextToken"]})
    assert len(second["Subscriptions"]) == 1
    assert "NextToken" not in second


def test_another_accounts_queue_gets_a_confirmation_and_then_the_messages(aws: Aws, sns) -> None:
    topic = sns.topic()
    other = aws.in_account("444455556666")
    queue = sns.queue("theirs", topic, aws=other)
    assert sns.subscribe(topic, queue) == "pending confirmation"
    (message,) = sns.received(queue, other)
    asked = json.loads(message["Body"])
    assert asked["Type"] == "SubscriptionConfirmation"
    assert asked["Message"] == (
        f"You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    aws.sns.confirm_subscription({"TopicArn": topic, "Token": asked["Token"]})
    sns.publish(topic)
    assert [json.loads(message["Body"])["Message"] for message in sns.received(queue, other)] == ["hello"]


def test_the_owner_of_a_queue_subscribes_it_to_another_accounts_topic_at_once(aws: Aws, sns) -> None:
    topic = sns.topic()
    aws.sns.add_permission(
        {"TopicArn": topic, "Label": "x", "AWSAccountId": ["444455556666"], "ActionName": ["Subscribe"]}
    )
    other = aws.in_account("444455556666")
    queue = sns.queue("theirs", topic, aws=other)
    arn = other.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue})["SubscriptionArn"]
    assert arn.startswith(topic)
    assert other.sns.list_subscriptions()["Subscriptions"][0]["Owner"] == "444455556666"
    assert aws.sns.list_subscriptions()["Subscriptions"] == []
    sns.publish(topic)
    assert len(sns.received(queue, other)) == 1


def test_filter_attributes_come_and_go_together(aws: Aws, sns) -> None:
    sns.topic()
    arn = subscribe(aws, "sqs", QUEUE)

    def set_to(name: str, value: str) -> dict[str, str]:
        aws.sns.set_subscription_attributes({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value})
        return aws.sns.get_subscription_attributes({"SubscriptionArn": arn})["Attributes"]

    shown = set_to("FilterPolicy", '{"a":["b"]}')
    assert (shown["FilterPolicy"], shown["FilterPolicyScope"]) == ('{"a":["b"]}', "MessageAttributes")
    shown = set_to("FilterPolicy", "")
    assert "FilterPolicy" not in shown
    assert "FilterPolicyScope" not in shown
    request = {"SubscriptionArn": arn, "AttributeName": "Protocol", "AttributeValue": "x"}
    assert refusal(aws.sns.set_subscription_attributes, request)[1] == "Invalid parameter: AttributeName"


def test_two_hundred_filter_policies_a_topic(aws: Aws, sns) -> None:
    sns.topic()
    for number in range(200):
        subscribe(aws, "sqs", f"{QUEUE}{number}", Attributes={"FilterPolicy": '{"a":["b"]}'})
        aws.world.clock.move_to(aws.now + 20)
    request = {
        "TopicArn": TOPIC,
        "Protocol": "sqs",
        "Endpoint": QUEUE,
        "Attributes": {"FilterPolicy": '{"a":["b"]}'},
    }
    assert refusal(aws.sns.subscribe, request)[0] == "FilterPolicyLimitExceededException"
    arn = subscribe(aws, "sqs", QUEUE)
    attribute = {"SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": '{"a":["b"]}'}
    assert refusal(aws.sns.set_subscription_attributes, attribute)[0] == "FilterPolicyLimitExceededException"
