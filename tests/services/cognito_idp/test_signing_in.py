"""Signing in: by password, by proof of one, and what is refused."""

from __future__ import annotations

import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.services.cognito_idp import srp, traffic
from harness import Aws
from services.cognito_idp.signing import PASSWORD, PRIME, SrpClient, claims, new_pool, refused

WRONG = ("NotAuthorizedException", "Incorrect username or password.")


def test_the_group_is_that_of_the_rfc() -> None:
    assert srp.N == PRIME


async def test_a_password_is_proved_without_being_sent(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    client = SrpClient(pool.id)
    asked = {"USERNAME": "ann", "SRP_A": client.a}
    challenge = await pool.users.initiate_auth(
        {"ClientId": pool.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": asked}
    )
    assert challenge["ChallengeName"] == "PASSWORD_VERIFIER"
    assert "Session" not in challenge
    answer = {"ClientId": pool.client, "ChallengeName": "PASSWORD_VERIFIER"}
    parameters = challenge["ChallengeParameters"]
    signed_in = await pool.users.respond_to_auth_challenge(
        {**answer, "ChallengeResponses": client.responses(parameters, PASSWORD)}
    )
    assert claims(signed_in["AuthenticationResult"]["IdToken"])["cognito:username"] == "ann"
    with pytest.raises(AwsError) as raised:
        await pool.users.respond_to_auth_challenge(
            {**answer, "ChallengeResponses": client.responses(parameters, PASSWORD)}
        )
    assert refused(raised)[1] == "Invalid session for the user, session can only be used once."


async def test_a_wrong_password_is_not_proved(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    client = SrpClient(pool.id)
    asked = {"USERNAME": "ann", "SRP_A": client.a}
    challenge = await pool.users.initiate_auth(
        {"ClientId": pool.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": asked}
    )
    answer = {"ClientId": pool.client, "ChallengeName": "PASSWORD_VERIFIER"}
    with pytest.raises(AwsError) as raised:
        await pool.users.respond_to_auth_challenge(
            {**answer, "ChallengeResponses": client.responses(challenge["ChallengeParameters"], "Wrong-horse-1")}
        )
    assert refused(raised) == WRONG
    with pytest.raises(AwsError) as raised:
        await pool.users.initiate_auth(
            {
                "ClientId": pool.client,
                "AuthFlow": "USER_SRP_AUTH",
                "AuthParameters": {"USERNAME": "ann", "SRP_A": f"{PRIME:x}"},
            }
        )
    assert raised.value.code == "InvalidParameterException"


async def test_tokens_have_the_claims_and_signatures_that_aws_gives_them(aws: Aws) -> None:
    pool = await new_pool(aws)
    sub = await pool.user(email="ann@example.com", email_verified="true")
    pool.idp.create_group({"UserPoolId": pool.id, "GroupName": "admins", "RoleArn": "arn:aws:iam::111122223333:role/a"})
    pool.idp.admin_add_user_to_group({"UserPoolId": pool.id, "GroupName": "admins", "Username": "ann"})
    result = await pool.tokens()
    assert (result["ExpiresIn"], result["TokenType"]) == (3600, "Bearer")
    access, identity = claims(result["AccessToken"]), claims(result["IdToken"])
    now_s = aws.now // 1000
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert access == {
        "sub": sub,
        "cognito:groups": ["admins"],
        "iss": issuer,
        "client_id": pool.client,
        "origin_jti": access["origin_jti"],
        "event_id": access["event_id"],
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now_s,
        "iat": now_s,
        "exp": now_s + 3600,
        "jti": access["jti"],
        "username": "ann",
    }
    assert identity == {
        "sub": sub,
        "cognito:groups": ["admins"],
        "cognito:roles": ["arn:aws:iam::111122223333:role/a"],
        "cognito:preferred_role": "arn:aws:iam::111122223333:role/a",
        "cognito:username": "ann",
        "email": "ann@example.com",
        "email_verified": True,
        "iss": issuer,
        "aud": pool.client,
        "origin_jti": access["origin_jti"],
        "event_id": access["event_id"],
        "token_use": "id",
        "auth_time": now_s,
        "iat": now_s,
        "exp": now_s + 3600,
        "jti": identity["jti"],
    }
    visit = HttpRequest("GET", f"/{pool.id}/.well-known/jwks.json", "", [("Host", "localhost:4566")])
    assert traffic.serves(aws.world, visit)
    shown = json.loads(traffic.answer(aws.pipeline, visit).body)
    keys = KeySet.import_key_set(shown)
    tokens = [jwt.decode(result[name], keys) for name in ("AccessToken", "IdToken")]
    assert tokens[0].header["kid"] != tokens[1].header["kid"]
    assert {each["kid"] for each in shown["keys"]} == {token.header["kid"] for token in tokens}


async def test_five_wrong_passwords_lock_out_for_a_second_and_each_more_for_twice_as_long(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    for _ in range(5):
        with pytest.raises(AwsError) as raised:
            await pool.sign_in(password="Wrong-horse-1")
        assert refused(raised) == WRONG
    with pytest.raises(AwsError) as raised:
        await pool.sign_in()
    assert refused(raised) == ("NotAuthorizedException", "Password attempts exceeded")
    await aws.advance(seconds=1)
    with pytest.raises(AwsError) as raised:
        await pool.sign_in(password="Wrong-horse-1")
    assert refused(raised) == WRONG
    await aws.advance(seconds=1)
    with pytest.raises(AwsError) as raised:
        await pool.sign_in()
    assert refused(raised)[1] == "Password attempts exceeded"
    await aws.advance(seconds=1)
    await pool.sign_in()


async def test_a_client_that_hides_users_tells_the_same_of_those_who_do_not_exist(aws: Aws) -> None:
    pool = await new_pool(aws, {"PreventUserExistenceErrors": "ENABLED"})
    with pytest.raises(AwsError) as raised:
        await pool.sign_in("nobody")
    assert refused(raised) == WRONG
    open_pool = await new_pool(aws)
    with pytest.raises(AwsError) as raised:
        await open_pool.sign_in("nobody")
    assert refused(raised) == ("UserNotFoundException", "User does not exist.")
    sent = await pool.users.forgot_password({"ClientId": pool.client, "Username": "nobody"})
    assert sent["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"


async def test_a_client_with_a_secret_wants_its_hash(aws: Aws) -> None:
    pool = await new_pool(aws, {"GenerateSecret": True})
    await pool.user()
    with pytest.raises(AwsError) as raised:
        await pool.sign_in()
    told = f"Client {pool.client} is configured with secret but SECRET_HASH was not received"
    assert refused(raised) == ("NotAuthorizedException", told)
    with pytest.raises(AwsError) as raised:
        await pool.sign_in(AuthParameters={"SECRET_HASH": "bm90IGl0"})
    assert refused(raised)[1] == f"Unable to verify secret hash for client {pool.client}"


async def test_flows_are_refused_that_the_client_has_not_enabled(aws: Aws) -> None:
    pool = await new_pool(aws, {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]})
    await pool.user()
    with pytest.raises(AwsError) as raised:
        await pool.sign_in()
    assert refused(raised) == (
        "InvalidParameterException",
        "USER_PASSWORD_AUTH flow not enabled for this client",
    )
    facts = raised.value.why.facts
    assert facts[0].value == ["ALLOW_USER_SRP_AUTH"]
    assert facts[0].set_by is not None
    with pytest.raises(AwsError) as raised:
        await pool.users.initiate_auth({"ClientId": pool.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"})
    assert refused(raised)[1] == "Initiate Auth method not supported"


async def test_a_temporary_password_is_changed_at_the_first_sign_in_or_expires(aws: Aws) -> None:
    pool = await new_pool(aws, Schema=[{"Name": "name", "Required": True}])
    await pool.idp.admin_create_user(
        {
            "UserPoolId": pool.id,
            "Username": "ann",
            "TemporaryPassword": "Temp-orary-1",
            "UserAttributes": [{"Name": "email", "Value": "ann@example.com"}],
            "DesiredDeliveryMediums": ["EMAIL"],
        }
    )
    assert pool.code() == "Temp-orary-1"
    challenge = await pool.sign_in(password="Temp-orary-1")
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert json.loads(challenge["ChallengeParameters"]["requiredAttributes"]) == ["userAttributes.name"]
    with pytest.raises(AwsError) as raised:
        await pool.answer(challenge, USERNAME="ann", NEW_PASSWORD="short", **{"userAttributes.name": "Ann"})
    assert refused(raised) == (
        "InvalidPasswordException",
        "Password did not conform with policy: Password not long enough",
    )
    answered = {"USERNAME": "ann", "NEW_PASSWORD": PASSWORD, "userAttributes.name": "Ann"}
    assert "AuthenticationResult" in await pool.answer(challenge, **answered)
    assert pool.idp.admin_get_user({"UserPoolId": pool.id, "Username": "ann"})["UserStatus"] == "CONFIRMED"
    where = {"UserPoolId": pool.id, "Username": "ann"}
    pool.idp.admin_set_user_password({**where, "Password": "Temp-orary-2", "Permanent": False})
    await aws.advance(seconds=7 * 86_400)
    with pytest.raises(AwsError) as raised:
        await pool.sign_in(password="Temp-orary-2")
    assert refused(raised)[1] == "Temporary password has expired and must be reset by an administrator."


async def test_a_challenge_waits_as_long_as_the_client_says(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.idp.admin_create_user(
        {"UserPoolId": pool.id, "Username": "ann", "TemporaryPassword": "Temp-orary-1", "MessageAction": "SUPPRESS"}
    )
    challenge = await pool.sign_in(password="Temp-orary-1")
    await aws.advance(seconds=180)
    with pytest.raises(AwsError) as raised:
        await pool.answer(challenge, USERNAME="ann", NEW_PASSWORD=PASSWORD)
    assert refused(raised) == ("NotAuthorizedException", "Invalid session for the user, session is expired.")


async def test_who_is_disabled_or_reset_or_not_confirmed_does_not_get_in(aws: Aws) -> None:
    pool = await new_pool(aws, AutoVerifiedAttributes=["email"])
    await pool.user(email="ann@example.com", email_verified="true")
    where = {"UserPoolId": pool.id, "Username": "ann"}
    pool.idp.admin_disable_user(where)
    with pytest.raises(AwsError) as raised:
        await pool.sign_in()
    assert refused(raised) == ("NotAuthorizedException", "User is disabled.")
    pool.idp.admin_enable_user(where)
    await pool.idp.admin_reset_user_password(where)
    with pytest.raises(AwsError) as raised:
        await pool.sign_in()
    assert refused(raised) == ("PasswordResetRequiredException", "Password reset required for the user")
    await pool.users.confirm_forgot_password(
        {"ClientId": pool.client, "Username": "ann", "ConfirmationCode": pool.code(), "Password": "Another-horse-1"}
    )
    await pool.sign_in(password="Another-horse-1")
    email = [{"Name": "email", "Value": "bob@example.com"}]
    await pool.users.sign_up(
        {"ClientId": pool.client, "Username": "bob", "Password": PASSWORD, "UserAttributes": email}
    )
    with pytest.raises(AwsError) as raised:
        await pool.sign_in("bob")
    assert refused(raised) == ("UserNotConfirmedException", "User is not confirmed.")


def test_powers_of_the_generator_are_what_they_are_without_the_table() -> None:
    kept = srp.verifier("abc", "ann", PASSWORD, lambda bits: 7)
    secret, public = srp.offer(kept, lambda bits: (1 << 256) - 19)
    assert public == (srp.K * int(kept.value, 16) + pow(2, secret, PRIME)) % PRIME
