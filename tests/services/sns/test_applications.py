from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws

APP = f"arn:aws:sns:us-east-1:{ACCOUNT}:app/GCM/shop"


def refusal(operation, request) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value.code, caught.value.message


@pytest.fixture
def endpoint(aws: Aws) -> str:
    request = {"Name": "shop", "Platform": "GCM", "Attributes": {"PlatformCredential": "secret"}}
    assert aws.sns.create_platform_application(request) == {"PlatformApplicationArn": APP}
    return aws.sns.create_platform_endpoint({"PlatformApplicationArn": APP, "Token": "t1"})["EndpointArn"]


def test_an_application_does_not_show_its_secrets(aws: Aws, endpoint) -> None:
    attributes = aws.sns.get_platform_application_attributes({"PlatformApplicationArn": APP})["Attributes"]
    assert attributes == {"Enabled": "true"}
    assert not any("secret" in str(event.facts) for event in aws.world.journal)
    assert aws.sns.list_platform_applications()["PlatformApplications"][0]["PlatformApplicationArn"] == APP


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Platform": "PIGEON"}, "Invalid parameter: Platform Reason: unsupported platform"),
        ({"Attributes": {}}, "Invalid parameter: Attributes Reason: PlatformCredential attribute is required"),
        (
            {"Platform": "APNS"},
            "Invalid parameter: Attributes Reason: PlatformPrincipal attribute is required",
        ),
        (
            {"Attributes": {"PlatformCredential": "x", "Color": "red"}},
            "Invalid parameter: Attributes Reason: Invalid attribute name: Color",
        ),
    ],
)
def test_applications_that_are_refused(aws: Aws, more, message) -> None:
    request = {"Name": "shop", "Platform": "GCM", "Attributes": {"PlatformCredential": "x"}, **more}
    assert refusal(aws.sns.create_platform_application, request) == ("InvalidParameterException", message)


def test_the_same_token_is_the_same_endpoint(aws: Aws, endpoint) -> None:
    request = {"PlatformApplicationArn": APP, "Token": "t1"}
    assert aws.sns.create_platform_endpoint(request)["EndpointArn"] == endpoint
    assert refusal(aws.sns.create_platform_endpoint, {**request, "CustomUserData": "other"})[1] == (
        f"Invalid parameter: Token Reason: Endpoint {endpoint} already exists with the same Token, but different "
        "attributes."
    )
    listed = aws.sns.list_endpoints_by_platform_application({"PlatformApplicationArn": APP})["Endpoints"]
    assert listed == [{"EndpointArn": endpoint, "Attributes": {"Enabled": "true", "Token": "t1"}}]


def test_a_push_is_recorded(aws: Aws, sns, endpoint) -> None:
    text = json.dumps({"default": "d", "GCM": '{"notification":{"title":"t"}}'})
    aws.sns.publish({"TargetArn": endpoint, "Message": text, "MessageStructure": "json"})
    (push,) = aws.events("sns.PushRecorded")
    assert push.facts["to"] == "t1"
    assert push.facts["text"] == '{"notification":{"title":"t"}}'


def test_a_topic_pushes_to_its_devices(aws: Aws, sns, endpoint) -> None:
    topic = sns.topic()
    aws.sns.subscribe({"TopicArn": topic, "Protocol": "application", "Endpoint": endpoint})
    sns.publish(topic, "hello")
    assert [event.facts["to"] for event in aws.events("sns.PushRecorded")] == ["t1"]
    aws.sns.set_endpoint_attributes({"EndpointArn": endpoint, "Attributes": {"Enabled": "false"}})
    sns.publish(topic, "hello")
    assert len(aws.events("sns.PushRecorded")) == 1
    assert "is disabled" in sns.why().because[0].cause


def test_a_disabled_endpoint_refuses_a_direct_message(aws: Aws, endpoint) -> None:
    aws.sns.set_endpoint_attributes({"EndpointArn": endpoint, "Attributes": {"Enabled": "false"}})
    assert refusal(aws.sns.publish, {"TargetArn": endpoint, "Message": "x"}) == (
        "EndpointDisabledException",
        "Endpoint is disabled",
    )


def test_deleting(aws: Aws, endpoint) -> None:
    aws.sns.delete_endpoint({"EndpointArn": endpoint})
    aws.sns.delete_endpoint({"EndpointArn": endpoint})
    assert refusal(aws.sns.get_endpoint_attributes, {"EndpointArn": endpoint}) == (
        "NotFoundException",
        "Endpoint does not exist",
    )
    aws.sns.delete_platform_application({"PlatformApplicationArn": APP})
    aws.sns.delete_platform_application({"PlatformApplicationArn": APP})
    assert refusal(aws.sns.get_platform_application_attributes, {"PlatformApplicationArn": APP})[0] == (
        "NotFoundException"
    )


async def test_application_events_are_published_to_a_topic_that_lets_them_in(aws: Aws, sns, endpoint) -> None:
    topic = sns.topic()
    queue = sns.subscribed(topic)
    aws.sns.set_platform_application_attributes(
        {"PlatformApplicationArn": APP, "Attributes": {"EventEndpointCreated": topic}}
    )
    aws.sns.create_platform_endpoint({"PlatformApplicationArn": APP, "Token": "t2"})
    await aws.advance()
    (body,) = sns.bodies(queue)
    assert json.loads(body["Message"])["EventType"] == "EndpointCreated"
