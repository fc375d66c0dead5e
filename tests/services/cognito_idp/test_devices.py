"""Devices: confirmed, remembered, in place of a second factor, forgotten; and tokens that are good on one alone."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.cognito_idp import totp
from harness import Aws
from services.cognito_idp.signing import PRIME, Pool, SrpClient, claims, hexed, new_pool, refused, sha

ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
ASKED = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
SECRET = "a password that the device alone knows"


async def tracking(aws: Aws, configuration: dict[str, bool] = ALWAYS) -> Pool:
    pool = await new_pool(aws, DeviceConfiguration=configuration)
    await pool.user()
    return pool


def encoded(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def verifier(device: dict[str, str], salt: int = 0x1234567890) -> dict[str, str]:
    """What a client makes of a password that it has drawn for its device."""
    identity = f"{device['DeviceGroupKey']}{device['DeviceKey']}:{SECRET}"
    x = sha(hexed(salt) + hashlib.sha256(identity.encode()).hexdigest())
    return {"Salt": encoded(hexed(salt)), "PasswordVerifier": encoded(hexed(pow(2, x, PRIME)))}


def confirmed(pool: Pool, tokens: dict[str, Any], **members: Any) -> dict[str, Any]:
    device = tokens["NewDeviceMetadata"]
    asked = {"AccessToken": tokens["AccessToken"], "DeviceKey": device["DeviceKey"], "DeviceName": "phone"}
    return pool.users.confirm_device({**asked, "DeviceSecretVerifierConfig": verifier(device), **members})


async def proved(pool: Pool, challenge: dict[str, Any], device: dict[str, str], secret: str = SECRET) -> dict[str, Any]:
    """The tokens of a device that answers DEVICE_SRP_AUTH."""
    assert challenge["ChallengeName"] == "DEVICE_SRP_AUTH"
    client = SrpClient(f"x_{device['DeviceGroupKey']}")
    key = device["DeviceKey"]
    offered = await pool.answer(challenge, USERNAME="ann", DEVICE_KEY=key, SRP_A=client.a)
    assert offered["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    given = client.responses({**offered["ChallengeParameters"], "USER_ID_FOR_SRP": key}, secret)
    return await pool.answer(offered, **{**given, "USERNAME": "ann", "DEVICE_KEY": key})


async def test_a_pool_that_tracks_no_devices_tells_of_none_and_confirms_none(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    tokens = await pool.tokens()
    assert "NewDeviceMetadata" not in tokens
    assert "device_key" not in claims(tokens["AccessToken"])
    with pytest.raises(AwsError) as raised:
        pool.users.confirm_device({"AccessToken": tokens["AccessToken"], "DeviceKey": "us-east-1_a"})
    assert raised.value.code == "InvalidUserPoolConfigurationException"


async def test_any_member_of_the_configuration_turns_tracking_on(aws: Aws) -> None:
    pool = await tracking(aws, {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False})
    tokens = await pool.tokens()
    device = tokens["NewDeviceMetadata"]
    assert device["DeviceKey"].startswith("us-east-1_")
    assert claims(tokens["AccessToken"])["device_key"] == device["DeviceKey"]


async def test_a_confirmed_device_is_remembered_and_shown(aws: Aws) -> None:
    pool = await tracking(aws)
    tokens = await pool.tokens()
    assert pool.users.list_devices({"AccessToken": tokens["AccessToken"]})["Devices"] == []
    assert confirmed(pool, tokens) == {"UserConfirmationNecessary": False}
    key = tokens["NewDeviceMetadata"]["DeviceKey"]
    (shown,) = pool.idp.admin_list_devices({"UserPoolId": pool.id, "Username": "ann"})["Devices"]
    told = {each["Name"]: each["Value"] for each in shown["DeviceAttributes"]}
    assert (shown["DeviceKey"], told["device_name"], told["dev:device_remembered_status"]) == (
        key,
        "phone",
        "remembered",
    )
    asked = {"AccessToken": tokens["AccessToken"], "DeviceKey": key}
    assert pool.users.get_device(asked)["Device"] == shown
    pool.users.update_device_status({**asked, "DeviceRememberedStatus": "not_remembered"})
    held = pool.users.get_device(asked)["Device"]["DeviceAttributes"]
    assert {"Name": "dev:device_remembered_status", "Value": "not_remembered"} in held


async def test_somebody_elses_device_is_not_confirmed(aws: Aws) -> None:
    pool = await tracking(aws)
    first, second = await pool.tokens(), await pool.tokens()
    with pytest.raises(AwsError) as raised:
        confirmed(pool, first, DeviceKey=second["NewDeviceMetadata"]["DeviceKey"])
    assert refused(raised) == ("InvalidParameterException", "Invalid device key given.")


async def test_a_remembered_device_proves_itself_and_gets_tokens_of_its_own(aws: Aws) -> None:
    pool = await tracking(aws)
    tokens = await pool.tokens()
    confirmed(pool, tokens)
    device = tokens["NewDeviceMetadata"]
    await aws.advance(seconds=60)
    challenge = await pool.sign_in(AuthParameters={"DEVICE_KEY": device["DeviceKey"]})
    again = (await proved(pool, challenge, device))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in again
    assert claims(again["AccessToken"])["device_key"] == device["DeviceKey"]
    shown = pool.users.get_device({"AccessToken": again["AccessToken"], "DeviceKey": device["DeviceKey"]})["Device"]
    assert shown["DeviceLastAuthenticatedDate"] == aws.now
    challenge = await pool.sign_in(AuthParameters={"DEVICE_KEY": device["DeviceKey"]})
    with pytest.raises(AwsError) as raised:
        await proved(pool, challenge, device, "a guess")
    assert refused(raised) == ("NotAuthorizedException", "Incorrect username or password.")


async def test_a_remembered_device_stands_in_for_the_second_factor_if_the_pool_says_so(aws: Aws) -> None:
    pool = await tracking(aws)
    await pool.idp.set_user_pool_mfa_config(
        {"UserPoolId": pool.id, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    )
    tokens = await pool.tokens()
    confirmed(pool, tokens)
    secret = pool.users.associate_software_token({"AccessToken": tokens["AccessToken"]})["SecretCode"]
    code = totp.code(secret, aws.now // 30_000)
    pool.users.verify_software_token({"AccessToken": tokens["AccessToken"], "UserCode": code})
    preference = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    pool.users.set_user_mfa_preference({"AccessToken": tokens["AccessToken"], **preference})
    assert (await pool.sign_in())["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    device = tokens["NewDeviceMetadata"]
    known = {"DEVICE_KEY": device["DeviceKey"]}
    assert "AuthenticationResult" in await proved(pool, await pool.sign_in(AuthParameters=known), device)
    told = pool.idp.describe_user_pool({"UserPoolId": pool.id})["UserPool"]["DeviceConfiguration"]
    assert told == ALWAYS
    configuration = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
    await pool.idp.update_user_pool(
        {"UserPoolId": pool.id, "DeviceConfiguration": configuration, "MfaConfiguration": "OPTIONAL"}
    )
    assert (await pool.sign_in(AuthParameters=known))["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


async def test_where_users_are_asked_a_device_is_not_remembered_until_they_say_so(aws: Aws) -> None:
    pool = await tracking(aws, ASKED)
    tokens = await pool.tokens()
    assert confirmed(pool, tokens) == {"UserConfirmationNecessary": True}
    device = tokens["NewDeviceMetadata"]
    known = {"DEVICE_KEY": device["DeviceKey"]}
    assert "AuthenticationResult" in await pool.sign_in(AuthParameters=known)
    asked = {"AccessToken": tokens["AccessToken"], "DeviceKey": device["DeviceKey"]}
    pool.users.update_device_status({**asked, "DeviceRememberedStatus": "remembered"})
    assert (await pool.sign_in(AuthParameters=known))["ChallengeName"] == "DEVICE_SRP_AUTH"


async def test_a_refresh_token_is_good_on_its_confirmed_device_alone(aws: Aws) -> None:
    pool = await tracking(aws)
    tokens = await pool.tokens()
    key = tokens["NewDeviceMetadata"]["DeviceKey"]

    async def refresh(**further: str) -> dict[str, Any]:
        given = {"REFRESH_TOKEN": tokens["RefreshToken"], **further}
        asked = {"ClientId": pool.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": given}
        return (await pool.users.initiate_auth(asked))["AuthenticationResult"]

    for further in ({"DEVICE_KEY": key}, {}):  # not confirmed yet; then confirmed, but not named
        with pytest.raises(AwsError) as raised:
            await refresh(**further)
        assert refused(raised) == ("NotAuthorizedException", "Invalid Refresh Token.")
        if further:
            confirmed(pool, tokens)
    assert claims((await refresh(DEVICE_KEY=key))["AccessToken"])["device_key"] == key
    pool.users.forget_device({"AccessToken": tokens["AccessToken"], "DeviceKey": key})
    with pytest.raises(AwsError) as raised:
        await refresh(DEVICE_KEY=key)
    assert "forgotten" in str(raised.value.why)


async def test_a_forgotten_device_is_unknown_to_a_sign_in(aws: Aws) -> None:
    pool = await tracking(aws)
    tokens = await pool.tokens()
    confirmed(pool, tokens)
    key = tokens["NewDeviceMetadata"]["DeviceKey"]
    pool.idp.admin_forget_device({"UserPoolId": pool.id, "Username": "ann", "DeviceKey": key})
    with pytest.raises(AwsError) as raised:
        await pool.sign_in(AuthParameters={"DEVICE_KEY": key})
    assert refused(raised) == ("ResourceNotFoundException", "Device does not exist.")


async def test_unsigned_calls_are_counted_for_the_account_of_the_pool(aws: Aws) -> None:
    from foulweather.gates.throttle import Buckets

    pool = await new_pool(aws)
    await pool.user()
    await pool.tokens()
    held = [key for key in Buckets.of(aws.world).fills if key[3] == "UserAuthentication"]
    assert [key[:2] for key in held] == [(aws.account, "us-east-1")]
