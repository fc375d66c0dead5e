"""Users sign up, confirm, forget, change and verify; groups; listings."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.cognito_idp.state import CognitoState
from harness import Aws
from services.cognito_idp.signing import PASSWORD, Pool, claims, new_pool, refused

EMAIL = {"Name": "email", "Value": "bob@example.com"}


async def signed_up(pool: Pool, name: str = "bob", **members: Any) -> dict[str, Any]:
    asked = {"ClientId": pool.client, "Username": name, "Password": PASSWORD, "UserAttributes": [EMAIL], **members}
    return await pool.users.sign_up(asked)


async def test_who_signs_up_confirms_by_the_code_that_was_sent(aws: Aws) -> None:
    pool = await new_pool(aws, AutoVerifiedAttributes=["email"])
    made = await signed_up(pool)
    assert made["UserConfirmed"] is False
    assert made["CodeDeliveryDetails"] == {
        "Destination": "b***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    state = aws.world.state(CognitoState, aws.account, aws.region)
    (message,) = state.messages.values()
    assert message.code == pool.code()
    assert message.code in message.body
    asked = {"ClientId": pool.client, "Username": "bob"}
    with pytest.raises(AwsError) as raised:
        await pool.users.confirm_sign_up({**asked, "ConfirmationCode": "000000"})
    assert refused(raised) == ("CodeMismatchException", "Invalid verification code provided, please try again.")
    await pool.users.confirm_sign_up({**asked, "ConfirmationCode": pool.code()})
    found = pool.idp.admin_get_user({"UserPoolId": pool.id, "Username": "bob"})
    assert found["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in found["UserAttributes"]
    with pytest.raises(AwsError) as raised:
        await pool.users.confirm_sign_up({**asked, "ConfirmationCode": pool.code()})
    assert refused(raised)[1] == "User cannot be confirmed. Current status is CONFIRMED"
    with pytest.raises(AwsError) as raised:
        await signed_up(pool)
    assert refused(raised) == ("UsernameExistsException", "User account already exists")


async def test_a_code_is_good_for_a_day_and_can_be_sent_again_five_times_an_hour(aws: Aws) -> None:
    pool = await new_pool(aws, AutoVerifiedAttributes=["email"])
    await signed_up(pool)
    asked = {"ClientId": pool.client, "Username": "bob"}
    await aws.advance(seconds=86_400)
    with pytest.raises(AwsError) as raised:
        await pool.users.confirm_sign_up({**asked, "ConfirmationCode": pool.code()})
    assert refused(raised) == ("ExpiredCodeException", "Invalid code provided, please request a code again.")
    for _ in range(5):
        await pool.users.resend_confirmation_code(asked)
    with pytest.raises(AwsError) as raised:
        await pool.users.resend_confirmation_code(asked)
    assert refused(raised) == ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
    await aws.advance(seconds=3600)
    await pool.users.resend_confirmation_code(asked)
    await pool.users.confirm_sign_up({**asked, "ConfirmationCode": pool.code()})


async def test_cognito_itself_sends_fifty_letters_a_day(aws: Aws) -> None:
    pool = await new_pool(aws, AutoVerifiedAttributes=["email"])
    for number in range(50):
        await signed_up(pool, f"user{number}")
        await aws.advance(seconds=1)
    with pytest.raises(AwsError) as raised:
        await signed_up(pool)
    code, words = refused(raised)
    assert code == "LimitExceededException"
    assert words.startswith("Exceeded daily email limit")
    with pytest.raises(AwsError):
        pool.idp.admin_get_user({"UserPoolId": pool.id, "Username": "bob"})
    await aws.advance(seconds=86_400)
    await signed_up(pool)


async def test_passwords_follow_the_policy_and_its_history(aws: Aws) -> None:
    policy = {
        "MinimumLength": 10,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "PasswordHistorySize": 2,
    }
    pool = await new_pool(aws, Policies={"PasswordPolicy": policy})
    for password, missing in (
        ("Short-1", "Password not long enough"),
        ("no-upper-case-1", "Password must have uppercase characters"),
        ("NO-LOWER-CASE-1", "Password must have lowercase characters"),
        ("No-number-at-all", "Password must have numeric characters"),
        ("NoSymbolAtAll1", "Password must have symbol characters"),
    ):
        with pytest.raises(AwsError) as raised:
            await signed_up(pool, Password=password)
        assert refused(raised) == ("InvalidPasswordException", f"Password did not conform with policy: {missing}")
    await pool.user()
    token = (await pool.tokens())["AccessToken"]
    change = {"AccessToken": token, "PreviousPassword": PASSWORD}
    with pytest.raises(AwsError) as raised:
        pool.users.change_password({**change, "ProposedPassword": PASSWORD})
    assert raised.value.code == "PasswordHistoryPolicyViolationException"
    pool.users.change_password({**change, "ProposedPassword": "Second-horse-2"})
    change["PreviousPassword"] = "Second-horse-2"
    with pytest.raises(AwsError) as raised:
        pool.users.change_password({**change, "ProposedPassword": PASSWORD})
    assert raised.value.code == "PasswordHistoryPolicyViolationException"
    pool.users.change_password({**change, "ProposedPassword": "Third-horse-3"})
    pool.users.change_password({**change, "PreviousPassword": "Third-horse-3", "ProposedPassword": PASSWORD})


async def test_a_forgotten_password_needs_a_verified_address(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user(email="ann@example.com")
    asked = {"ClientId": pool.client, "Username": "ann"}
    with pytest.raises(AwsError) as raised:
        await pool.users.forgot_password(asked)
    assert refused(raised) == (
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
    )
    verified = [{"Name": "email_verified", "Value": "true"}]
    await pool.idp.admin_update_user_attributes({"UserPoolId": pool.id, "Username": "ann", "UserAttributes": verified})
    await pool.users.forgot_password(asked)
    await aws.advance(seconds=3600)
    confirm = {**asked, "Password": "Another-horse-1"}
    with pytest.raises(AwsError) as raised:
        await pool.users.confirm_forgot_password({**confirm, "ConfirmationCode": pool.code()})
    assert raised.value.code == "ExpiredCodeException"
    await pool.users.forgot_password(asked)
    await pool.users.confirm_forgot_password({**confirm, "ConfirmationCode": pool.code()})
    await pool.sign_in(password="Another-horse-1")


async def test_users_are_named_by_their_address_whatever_its_case(aws: Aws) -> None:
    pool = await new_pool(aws, UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    sub = await pool.user("ann@example.com")
    tokens = await pool.tokens("ANN@Example.com")
    assert claims(tokens["IdToken"])["cognito:username"] == sub
    with pytest.raises(AwsError) as raised:
        await pool.user("ann")
    assert refused(raised) == ("InvalidParameterException", "Username should be an email.")
    with pytest.raises(AwsError) as raised:
        await pool.user("Ann@example.com")
    assert raised.value.code == "UsernameExistsException"


async def test_an_alias_counts_once_it_is_verified_and_is_nobody_elses(aws: Aws) -> None:
    pool = await new_pool(aws, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    await pool.user(email="ann@example.com")
    with pytest.raises(AwsError) as raised:
        await pool.sign_in("ann@example.com")
    assert raised.value.code == "UserNotFoundException"
    verified = [{"Name": "email_verified", "Value": "true"}]
    await pool.idp.admin_update_user_attributes({"UserPoolId": pool.id, "Username": "ann", "UserAttributes": verified})
    await pool.sign_in("ann@example.com")
    await signed_up(pool, UserAttributes=[{"Name": "email", "Value": "ann@example.com"}])
    asked = {"ClientId": pool.client, "Username": "bob", "ConfirmationCode": pool.code()}
    with pytest.raises(AwsError) as raised:
        await pool.users.confirm_sign_up(asked)
    assert refused(raised) == ("AliasExistsException", "An account with the email already exists.")
    await pool.users.confirm_sign_up({**asked, "ForceAliasCreation": True})
    found = claims((await pool.tokens("ann@example.com"))["IdToken"])
    assert found["cognito:username"] == "bob"


async def test_a_new_address_waits_until_it_is_verified_where_the_pool_says_so(aws: Aws) -> None:
    pool = await new_pool(
        aws,
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )
    await pool.user(email="ann@example.com", email_verified="true")
    token = (await pool.tokens())["AccessToken"]
    new = [{"Name": "email", "Value": "new@example.com"}]
    sent = await pool.users.update_user_attributes({"AccessToken": token, "UserAttributes": new})
    assert sent["CodeDeliveryDetailsList"][0]["Destination"] == "n***@e***"
    held = pool.users.get_user({"AccessToken": token})["UserAttributes"]
    assert {"Name": "email", "Value": "ann@example.com"} in held
    pool.users.verify_user_attribute({"AccessToken": token, "AttributeName": "email", "Code": pool.code()})
    held = pool.users.get_user({"AccessToken": token})["UserAttributes"]
    assert {"Name": "email", "Value": "new@example.com"} in held
    assert {"Name": "email_verified", "Value": "true"} in held


async def test_clients_read_and_write_what_they_may(aws: Aws) -> None:
    pool = await new_pool(
        aws,
        {"ReadAttributes": ["custom:plan"], "WriteAttributes": ["name"]},
        Schema=[{"Name": "plan", "AttributeDataType": "String", "Mutable": False}],
    )
    await pool.user(email="ann@example.com", **{"custom:plan": "gold"})
    tokens = await pool.tokens()
    found = claims(tokens["IdToken"])
    assert found["custom:plan"] == "gold"
    assert "email" not in found
    asked = {"AccessToken": tokens["AccessToken"], "UserAttributes": [{"Name": "email", "Value": "b@example.com"}]}
    with pytest.raises(AwsError) as raised:
        await pool.users.update_user_attributes(asked)
    assert refused(raised) == (
        "NotAuthorizedException",
        "A client attempted to write unauthorized attribute",
    )
    with pytest.raises(AwsError) as raised:
        await pool.idp.admin_update_user_attributes(
            {
                "UserPoolId": pool.id,
                "Username": "ann",
                "UserAttributes": [{"Name": "custom:plan", "Value": "tin"}],
            }
        )
    assert "Attribute cannot be updated." in raised.value.message


async def test_the_groups_precedence_says_whose_role_is_preferred(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    for name, precedence in (("staff", 5), ("admins", 1), ("all", None)):
        role = f"arn:aws:iam::111122223333:role/{name}"
        asked: dict[str, Any] = {"UserPoolId": pool.id, "GroupName": name, "RoleArn": role}
        pool.idp.create_group({**asked, **({} if precedence is None else {"Precedence": precedence})})
        pool.idp.admin_add_user_to_group({"UserPoolId": pool.id, "GroupName": name, "Username": "ann"})
    found = claims((await pool.tokens())["IdToken"])
    assert found["cognito:groups"] == ["admins", "staff", "all"]
    assert found["cognito:preferred_role"].endswith("role/admins")
    pool.idp.update_group({"UserPoolId": pool.id, "GroupName": "staff", "Precedence": 1})
    assert "cognito:preferred_role" not in claims((await pool.tokens())["IdToken"])
    pool.idp.delete_group({"UserPoolId": pool.id, "GroupName": "admins"})
    listed = pool.idp.admin_list_groups_for_user({"UserPoolId": pool.id, "Username": "ann"})["Groups"]
    assert [group["GroupName"] for group in listed] == ["all", "staff"]


async def test_users_are_listed_by_filter_and_page(aws: Aws) -> None:
    pool = await new_pool(aws)
    for name in ("ann", "anton", "bob"):
        await pool.user(name, email=f"{name}@example.com")
    pool.idp.admin_disable_user({"UserPoolId": pool.id, "Username": "bob"})

    def listed(**members: Any) -> list[str]:
        return [user["Username"] for user in pool.idp.list_users({"UserPoolId": pool.id, **members})["Users"]]

    assert listed(Filter='username ^= "an"') == ["ann", "anton"]
    assert listed(Filter='email = "bob@example.com"') == ["bob"]
    assert listed(Filter='cognito:user_status = "confirmed"') == ["ann", "anton", "bob"]
    assert listed(Filter='status = "Disabled"') == ["bob"]
    page = pool.idp.list_users({"UserPoolId": pool.id, "Limit": 2})
    assert listed(PaginationToken=page["PaginationToken"]) == ["bob"]
    for wrong in ("email", 'custom:plan = "x"'):
        with pytest.raises(AwsError) as raised:
            listed(Filter=wrong)
        assert raised.value.code == "InvalidParameterException"


async def test_an_alias_is_taken_over_where_an_administrator_wants_it(aws: Aws) -> None:
    pool = await new_pool(aws, AliasAttributes=["email"])
    await pool.user(email="ann@example.com", email_verified="true")
    listed = [{"Name": "email", "Value": "ann@example.com"}, {"Name": "email_verified", "Value": "true"}]
    asked = {"UserPoolId": pool.id, "Username": "bob", "UserAttributes": listed, "MessageAction": "SUPPRESS"}
    with pytest.raises(AwsError) as raised:
        await pool.idp.admin_create_user(asked)
    assert raised.value.code == "AliasExistsException"
    await pool.idp.admin_create_user({**asked, "ForceAliasCreation": True})
    found = pool.idp.admin_get_user({"UserPoolId": pool.id, "Username": "ann@example.com"})
    assert found["Username"] == "bob"
    assert {"Name": "email_verified", "Value": "false"} in pool.idp.admin_get_user(
        {"UserPoolId": pool.id, "Username": "ann"}
    )["UserAttributes"]
