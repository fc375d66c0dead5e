from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

NUMBER = "+12065550100"
DAY = 24 * 3600


def refusal(operation, request) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value.code, caught.value.message


def verified(aws: Aws, number: str = NUMBER) -> None:
    aws.sns.create_sms_sandbox_phone_number({"PhoneNumber": number})
    code = aws.events("sns.SmsRecorded")[-1].facts["text"].rpartition(" ")[2]
    aws.sns.verify_sms_sandbox_phone_number({"PhoneNumber": number, "OneTimePassword": code})


def test_an_account_begins_in_the_sandbox(aws: Aws, sns) -> None:
    assert aws.sns.get_sms_sandbox_account_status() == {"IsInSandbox": True}
    aws.sns.publish({"PhoneNumber": NUMBER, "Message": "hi"})
    assert aws.events("sns.SmsRecorded") == []
    why = sns.why()
    assert "SMS sandbox" in why.cause
    assert why.remedy == (f"aws sns create-sms-sandbox-phone-number --phone-number {NUMBER}",)


def test_a_verified_number_gets_texts(aws: Aws, sns) -> None:
    verified(aws)
    assert aws.sns.list_sms_sandbox_phone_numbers() == {"PhoneNumbers": [{"PhoneNumber": NUMBER, "Status": "Verified"}]}
    aws.sns.publish({"PhoneNumber": NUMBER, "Message": "hi"})
    assert aws.events("sns.SmsRecorded")[-1].facts["text"] == "hi"


def test_a_topics_texts_begin_with_its_display_name(aws: Aws, sns) -> None:
    verified(aws)
    topic = sns.topic(DisplayName="Shop")
    aws.sns.subscribe({"TopicArn": topic, "Protocol": "sms", "Endpoint": NUMBER})
    sns.publish(topic, "hi")
    assert aws.events("sns.SmsRecorded")[-1].facts["text"] == "Shop> hi"


async def test_a_wrong_or_late_code_does_not_verify(aws: Aws) -> None:
    aws.sns.create_sms_sandbox_phone_number({"PhoneNumber": NUMBER})
    code = aws.events("sns.SmsRecorded")[-1].facts["text"].rpartition(" ")[2]
    wrong = {"PhoneNumber": NUMBER, "OneTimePassword": "00000"}
    assert refusal(aws.sns.verify_sms_sandbox_phone_number, wrong)[0] == "VerificationException"
    await aws.advance(seconds=15 * 60)
    late = {"PhoneNumber": NUMBER, "OneTimePassword": code}
    assert refusal(aws.sns.verify_sms_sandbox_phone_number, late)[0] == "VerificationException"


async def test_the_sandboxs_limits(aws: Aws) -> None:
    for _ in range(5):
        aws.sns.create_sms_sandbox_phone_number({"PhoneNumber": NUMBER})
    assert refusal(aws.sns.create_sms_sandbox_phone_number, {"PhoneNumber": NUMBER})[0] == "ThrottledException"
    for number in range(1, 10):
        aws.sns.create_sms_sandbox_phone_number({"PhoneNumber": f"+1206555010{number}"})
    assert refusal(aws.sns.create_sms_sandbox_phone_number, {"PhoneNumber": "+12065550111"})[0] == "UserErrorException"
    assert refusal(aws.sns.delete_sms_sandbox_phone_number, {"PhoneNumber": NUMBER})[0] == "UserErrorException"
    await aws.advance(seconds=DAY)
    aws.sns.delete_sms_sandbox_phone_number({"PhoneNumber": NUMBER})
    assert len(aws.sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"]) == 9


def test_numbers_that_are_none(aws: Aws) -> None:
    assert refusal(aws.sns.publish, {"PhoneNumber": "nope", "Message": "x"}) == (
        "InvalidParameterException",
        "Invalid parameter: PhoneNumber Reason: nope is not valid to publish to",
    )
    assert refusal(aws.sns.create_sms_sandbox_phone_number, {"PhoneNumber": "x"})[0] == "InvalidParameterException"


def test_opting_out(aws: Aws) -> None:
    assert aws.sns.check_if_phone_number_is_opted_out({"phoneNumber": NUMBER}) == {"isOptedOut": False}
    assert aws.sns.list_phone_numbers_opted_out() == {"phoneNumbers": []}
    assert aws.sns.opt_in_phone_number({"phoneNumber": NUMBER}) == {}


def test_preferences(aws: Aws) -> None:
    assert aws.sns.get_sms_attributes() == {"attributes": {"MonthlySpendLimit": "1"}}
    aws.sns.set_sms_attributes({"attributes": {"DefaultSMSType": "Transactional"}})
    assert aws.sns.get_sms_attributes({"attributes": ["DefaultSMSType"]}) == {
        "attributes": {"DefaultSMSType": "Transactional"}
    }
    assert refusal(aws.sns.set_sms_attributes, {"attributes": {"Color": "red"}})[0] == "InvalidParameterException"
