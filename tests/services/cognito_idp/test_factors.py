"""Second factors: authenticator apps, text messages, letters; and signing in by a code alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.cognito_idp import totp
from harness import ACCOUNT, Aws
from services.cognito_idp.signing import PASSWORD, Pool, new_pool, refused

ROLE = f"arn:aws:iam::{ACCOUNT}:role/sms"
SMS = {"SnsCallerArn": ROLE, "ExternalId": "shop"}


def sms_role(aws: Aws, *, may_publish: bool = True) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "cognito-idp.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "shop"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.iam.create_role({"RoleName": "sms", "AssumeRolePolicyDocument": document})
    if may_publish:
        allowed = json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
        )
        aws.iam.put_role_policy({"RoleName": "sms", "PolicyName": "publish", "PolicyDocument": allowed})


async def with_totp(aws: Aws, mode: str = "OPTIONAL") -> Pool:
    pool = await new_pool(aws)
    await pool.idp.set_user_pool_mfa_config(
        {
            "UserPoolId": pool.id,
            "MfaConfiguration": mode,
            "SoftwareTokenMfaConfiguration": {"Enabled": True},
        }
    )
    await pool.user()
    return pool


def test_codes_are_those_of_the_rfc() -> None:
    # RFC 6238, appendix B, SHA-1: the secret "12345678901234567890" at 59 seconds, and at 1111111109.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.code(secret, 1) == "287082"
    assert totp.code(secret, 1_111_111_109 // 30) == "081804"


async def test_who_must_have_a_second_factor_sets_it_up_while_signing_in(aws: Aws) -> None:
    pool = await with_totp(aws, "ON")
    challenge = await pool.sign_in()
    assert challenge["ChallengeName"] == "MFA_SETUP"
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA"]
    made = pool.users.associate_software_token({"Session": challenge["Session"]})
    secret = made["SecretCode"]
    with pytest.raises(AwsError) as raised:
        pool.users.verify_software_token({"Session": made["Session"], "UserCode": "000000"})
    assert raised.value.code == "EnableSoftwareTokenMFAException"
    code = totp.code(secret, aws.now // 30_000)
    verified = pool.users.verify_software_token({"Session": made["Session"], "UserCode": code})
    assert verified["Status"] == "SUCCESS"
    done = await pool.answer({"ChallengeName": "MFA_SETUP", "Session": verified["Session"]}, USERNAME="ann")
    assert "AuthenticationResult" in done
    await aws.advance(seconds=30)
    again = await pool.sign_in()
    assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    with pytest.raises(AwsError) as raised:
        await pool.answer(again, USERNAME="ann", SOFTWARE_TOKEN_MFA_CODE="123456")
    assert refused(raised) == ("CodeMismatchException", "Invalid code received for user")
    code = totp.code(secret, aws.now // 30_000)
    await pool.answer(again, USERNAME="ann", SOFTWARE_TOKEN_MFA_CODE=code)
    with pytest.raises(AwsError) as raised:
        await pool.answer(await pool.sign_in(), USERNAME="ann", SOFTWARE_TOKEN_MFA_CODE=code)
    assert refused(raised) == ("ExpiredCodeException", "Your software token has already been used once.")


async def test_an_optional_factor_is_asked_for_once_it_is_chosen(aws: Aws) -> None:
    pool = await with_totp(aws)
    token = (await pool.tokens())["AccessToken"]
    wanted = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    with pytest.raises(AwsError) as raised:
        pool.users.set_user_mfa_preference({"AccessToken": token, **wanted})
    assert refused(raised)[1] == "User has not verified software token mfa"
    secret = pool.users.associate_software_token({"AccessToken": token})["SecretCode"]
    code = totp.code(secret, aws.now // 30_000)
    pool.users.verify_software_token({"AccessToken": token, "UserCode": code})
    assert "AuthenticationResult" in await pool.sign_in()
    pool.users.set_user_mfa_preference({"AccessToken": token, **wanted})
    assert (await pool.sign_in())["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    told = pool.users.get_user({"AccessToken": token})
    assert (told["PreferredMfaSetting"], told["UserMFASettingList"]) == ("SOFTWARE_TOKEN_MFA", ["SOFTWARE_TOKEN_MFA"])


async def test_a_text_message_needs_a_role_that_cognito_can_assume_and_that_may_publish(aws: Aws) -> None:
    with pytest.raises(AwsError) as raised:
        await new_pool(aws, SmsConfiguration=SMS)
    assert raised.value.code == "InvalidSmsRoleTrustRelationshipException"
    sms_role(aws, may_publish=False)
    with pytest.raises(AwsError) as raised:
        await new_pool(aws, SmsConfiguration=SMS)
    assert refused(raised) == (
        "InvalidSmsRoleAccessPolicyException",
        "Role does not have permission to publish with SNS",
    )


async def test_a_user_with_a_number_is_sent_a_code(aws: Aws) -> None:
    sms_role(aws)
    pool = await new_pool(aws, SmsConfiguration=SMS, MfaConfiguration="ON", SmsAuthenticationMessage="It is {####}!")
    await pool.user(phone_number="+15551234567")
    challenge = await pool.sign_in()
    assert challenge["ChallengeName"] == "SMS_MFA"
    parameters = challenge["ChallengeParameters"]
    assert parameters["CODE_DELIVERY_DESTINATION"] == "+*******4567"
    assert aws.events("cognito.MessageSent")[-1].facts["body"] == f"It is {pool.code()}!"
    assert "AuthenticationResult" in await pool.answer(challenge, USERNAME="ann", SMS_MFA_CODE=pool.code())


async def test_of_several_factors_one_is_chosen(aws: Aws) -> None:
    sms_role(aws)
    email: dict[str, Any] = {"EmailSendingAccount": "DEVELOPER"}
    email["SourceArn"] = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/shop@example.com"
    pool = await new_pool(aws, SmsConfiguration=SMS, EmailConfiguration=email)
    await pool.idp.set_user_pool_mfa_config(
        {
            "UserPoolId": pool.id,
            "MfaConfiguration": "OPTIONAL",
            "SmsMfaConfiguration": {"SmsConfiguration": SMS},
            "EmailMfaConfiguration": {"Message": "Code {####}", "Subject": "Code"},
        }
    )
    await pool.user(phone_number="+15551234567", email="ann@example.com", email_verified="true")
    enabled = {"Enabled": True}
    pool.idp.admin_set_user_mfa_preference(
        {"UserPoolId": pool.id, "Username": "ann", "SMSMfaSettings": enabled, "EmailMfaSettings": enabled}
    )
    challenge = await pool.sign_in()
    assert challenge["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SMS_MFA", "EMAIL_OTP"]
    chosen = await pool.answer(challenge, USERNAME="ann", ANSWER="EMAIL_OTP")
    assert chosen["ChallengeName"] == "EMAIL_OTP"
    assert "AuthenticationResult" in await pool.answer(chosen, USERNAME="ann", EMAIL_OTP_CODE=pool.code())


async def test_a_code_can_take_the_place_of_a_password(aws: Aws) -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = await new_pool(aws, {"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}, Policies=policies)
    await pool.user(email="ann@example.com", email_verified="true")
    asked = {"ClientId": pool.client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ann"}}
    challenge = await pool.users.initiate_auth(asked)
    assert challenge["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]
    chosen = await pool.answer(challenge, USERNAME="ann", ANSWER="EMAIL_OTP")
    assert "AuthenticationResult" in await pool.answer(chosen, USERNAME="ann", EMAIL_OTP_CODE=pool.code())
    challenge = await pool.users.initiate_auth(asked)
    done = await pool.answer(challenge, USERNAME="ann", ANSWER="PASSWORD", PASSWORD=PASSWORD)
    assert "AuthenticationResult" in done
