"""What a pool's functions are asked, and what becomes of what they answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, REGION, Aws
from services.cognito_idp.signing import PASSWORD, Pool, SrpClient, claims, new_pool, refused
from services.lambda_.packaged import function, logged, role

CODE = """
import json, time
def handler(event, context):
    source, request, response = event["triggerSource"], event["request"], event["response"]
    print(source, json.dumps(request.get("session")))
    name = event["userName"]
    if source == "PreSignUp_SignUp":
        if name == "refused":
            raise Exception("not you")
        if name == "odd":
            return "odd"
        if name == "slow":
            time.sleep(6)
        response["autoConfirmUser"] = response["autoVerifyEmail"] = True
    elif source == "CustomMessage_ForgotPassword":
        response["emailMessage"], response["emailSubject"] = "Use " + request["codeParameter"], "Forgot?"
    elif source.startswith("TokenGeneration"):
        response["claimsAndScopeOverrideDetails"] = {
            "idTokenGeneration": {"claimsToAddOrOverride": {"plan": "gold", "sub": "me"}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tenant": 7}, "claimsToSuppress": ["username"], "scopesToAdd": ["orders/read"]
            },
            "groupOverrideDetails": {"groupsToOverride": ["vip"]},
        }
    elif source == "DefineAuthChallenge_Authentication":
        session = request["session"]
        last = session[-1] if session else None
        if last and last["challengeName"] == "SRP_A":
            response.update(challengeName="PASSWORD_VERIFIER", issueTokens=False, failAuthentication=False)
        elif last and last["challengeName"] == "CUSTOM_CHALLENGE" and last["challengeResult"]:
            response.update(issueTokens=True, failAuthentication=False)
        elif len(session) > 4:
            response.update(issueTokens=False, failAuthentication=True)
        else:
            response.update(challengeName="CUSTOM_CHALLENGE", issueTokens=False, failAuthentication=False)
    elif source == "CreateAuthChallenge_Authentication":
        response["publicChallengeParameters"] = {"hint": "the usual"}
        response["privateChallengeParameters"] = {"answer": "5"}
        response["challengeMetadata"] = "FIVE"
    elif source == "VerifyAuthChallengeResponse_Authentication":
        response["answerCorrect"] = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
    elif source == "UserMigration_Authentication":
        if request["password"] == "Correct-horse-1":
            response["userAttributes"] = {"email": "old@example.com", "email_verified": "true"}
            response["finalUserStatus"], response["messageAction"] = "CONFIRMED", "SUPPRESS"
    return event
"""
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work"


async def asked(aws: Aws, *triggers: str, is_permitted: bool = True, **members: Any) -> Pool:
    """A pool with a function for some triggers."""
    role(aws)
    await function(aws, CODE, Timeout=10)
    config: dict[str, Any] = {name: ARN for name in triggers if name != "PreTokenGeneration"}
    if "PreTokenGeneration" in triggers:
        config["PreTokenGenerationConfig"] = {"LambdaVersion": "V2_0", "LambdaArn": ARN}
    pool = await new_pool(aws, LambdaConfig=config, **members)
    if is_permitted:
        arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool.id}"
        aws.lambda_.add_permission(
            {
                "FunctionName": "work",
                "StatementId": "pool",
                "Action": "lambda:InvokeFunction",
                "Principal": "cognito-idp.amazonaws.com",
                "SourceArn": arn,
            }
        )
    return pool


async def signed_up(pool: Pool, name: str) -> dict[str, Any]:
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    return await pool.users.sign_up(
        {"ClientId": pool.client, "Username": name, "Password": PASSWORD, "UserAttributes": email}
    )


async def test_a_function_confirms_refuses_or_answers_nonsense(aws: Aws) -> None:
    pool = await asked(aws, "PreSignUp", "PostConfirmation", "CustomMessage")
    assert (await signed_up(pool, "ann"))["UserConfirmed"] is True
    assert any(line.startswith("PostConfirmation_ConfirmSignUp") for line in logged(aws))
    with pytest.raises(AwsError) as raised:
        await signed_up(pool, "refused")
    assert refused(raised) == ("UserLambdaValidationException", "PreSignUp failed with error not you.")
    with pytest.raises(AwsError) as raised:
        await signed_up(pool, "odd")
    assert refused(raised) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")
    await pool.users.forgot_password({"ClientId": pool.client, "Username": "ann"})
    sent = aws.events("cognito.MessageSent")[-1].facts
    assert sent["body"] == f"Use {sent['code']}"


async def test_a_function_that_cognito_may_not_invoke_is_told_with_the_command_that_permits_it(aws: Aws) -> None:
    pool = await asked(aws, "PreSignUp", is_permitted=False)
    with pytest.raises(AwsError) as raised:
        await signed_up(pool, "ann")
    code, words = refused(raised)
    assert code == "UnexpectedLambdaException"
    assert words == "PreSignUp invocation failed due to error AccessDeniedException."
    assert raised.value.why.remedy[0].startswith("aws lambda add-permission")
    assert raised.value.why.first_cause().decision == "denied"


async def test_a_function_has_five_seconds_three_times(aws: Aws) -> None:
    pool = await asked(aws, "PreSignUp")
    begun = aws.now
    import asyncio

    waiting = asyncio.ensure_future(signed_up(pool, "slow"))
    await asyncio.sleep(0)
    await aws.advance(seconds=30)
    with pytest.raises(AwsError) as raised:
        await waiting
    assert refused(raised) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.",
    )
    assert sum(line.startswith("PreSignUp") for line in logged(aws)) == 3
    assert aws.now >= begun + 15_000


async def test_claims_scopes_and_groups_are_changed_but_not_who_the_user_is(aws: Aws) -> None:
    pool = await asked(aws, "PreTokenGeneration")
    sub = await pool.user()
    tokens = await pool.tokens()
    identity, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    assert (identity["plan"], identity["sub"], identity["cognito:groups"]) == ("gold", sub, ["vip"])
    assert (access["tenant"], access["username"]) == (7, "ann")
    assert access["scope"] == "aws.cognito.signin.user.admin orders/read"


async def test_custom_challenges_follow_the_password(aws: Aws) -> None:
    pool = await asked(aws, "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    await pool.user()
    client = SrpClient(pool.id)
    given = {"USERNAME": "ann", "CHALLENGE_NAME": "SRP_A", "SRP_A": client.a}
    first = await pool.users.initiate_auth(
        {"ClientId": pool.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": given}
    )
    assert first["ChallengeName"] == "PASSWORD_VERIFIER"
    second = await pool.answer(first, **client.responses(first["ChallengeParameters"], PASSWORD))
    assert second["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert second["ChallengeParameters"] == {"USERNAME": "ann", "hint": "the usual"}
    third = await pool.answer(second, USERNAME="ann", ANSWER="4")
    assert third["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert "AuthenticationResult" in await pool.answer(third, USERNAME="ann", ANSWER="5")
    told = [json.loads(line.partition(" ")[2]) for line in logged(aws) if line.startswith("DefineAuthChallenge")]
    assert [entry["challengeResult"] for entry in told[-1]] == [True, True, False, True]


async def test_a_user_who_is_elsewhere_comes_over_with_the_right_password(aws: Aws) -> None:
    pool = await asked(aws, "UserMigration")
    with pytest.raises(AwsError) as raised:
        await pool.sign_in("old", "Wrong-horse-1")
    assert raised.value.code == "UserNotFoundException"
    await pool.sign_in("old")
    found = pool.idp.admin_get_user({"UserPoolId": pool.id, "Username": "old"})
    assert found["UserStatus"] == "CONFIRMED"
    assert {"Name": "email", "Value": "old@example.com"} in found["UserAttributes"]
