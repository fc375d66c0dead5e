"""Tokens expire, are refreshed, rotated, revoked and signed out."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.cognito_idp.signing import Pool, claims, new_pool, refused


async def refreshed(pool: Pool, token: str) -> dict[str, Any]:
    asked = {"ClientId": pool.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}}
    return (await pool.users.initiate_auth(asked))["AuthenticationResult"]


async def test_an_access_token_ends_with_its_hour_and_is_refreshed(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    tokens = await pool.tokens()
    await aws.advance(seconds=3599)
    pool.users.get_user({"AccessToken": tokens["AccessToken"]})
    await aws.advance(seconds=1)
    with pytest.raises(AwsError) as raised:
        pool.users.get_user({"AccessToken": tokens["AccessToken"]})
    assert refused(raised) == ("NotAuthorizedException", "Access Token has expired")
    renewed = await refreshed(pool, tokens["RefreshToken"])
    assert "RefreshToken" not in renewed
    old, new = claims(tokens["AccessToken"]), claims(renewed["AccessToken"])
    assert (new["auth_time"], new["origin_jti"]) == (old["auth_time"], old["origin_jti"])
    assert new["jti"] != old["jti"]
    await aws.advance(seconds=30 * 86_400)
    with pytest.raises(AwsError) as raised:
        await refreshed(pool, tokens["RefreshToken"])
    assert refused(raised) == ("NotAuthorizedException", "Refresh Token has expired")


async def test_a_token_that_was_changed_is_not_believed(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    await pool.user("bob")
    ann, bob = await pool.tokens(), await pool.tokens("bob")
    head, body, _ = bob["AccessToken"].split(".")
    forged = f"{head}.{body}.{ann['AccessToken'].split('.')[2]}"
    with pytest.raises(AwsError) as raised:
        pool.users.get_user({"AccessToken": forged})
    assert refused(raised) == ("NotAuthorizedException", "Could not verify signature for Access Token")
    with pytest.raises(AwsError) as raised:
        pool.users.get_user({"AccessToken": ann["IdToken"]})
    assert refused(raised) == ("NotAuthorizedException", "Invalid Access Token")


async def test_signing_out_everywhere_ends_what_was_issued_before_and_nothing_after(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    tokens = await pool.tokens()
    pool.users.global_sign_out({"AccessToken": tokens["AccessToken"]})
    with pytest.raises(AwsError) as raised:
        pool.users.get_user({"AccessToken": tokens["AccessToken"]})
    assert refused(raised) == ("NotAuthorizedException", "Access Token has been revoked")
    with pytest.raises(AwsError):
        await refreshed(pool, tokens["RefreshToken"])
    pool.users.get_user({"AccessToken": (await pool.tokens())["AccessToken"]})


async def test_revoking_a_refresh_token_ends_its_session_alone(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    first, second = await pool.tokens(), await pool.tokens()
    pool.users.revoke_token({"ClientId": pool.client, "Token": first["RefreshToken"]})
    with pytest.raises(AwsError) as raised:
        pool.users.get_user({"AccessToken": first["AccessToken"]})
    assert refused(raised)[1] == "Access Token has been revoked"
    with pytest.raises(AwsError):
        await refreshed(pool, first["RefreshToken"])
    pool.users.get_user({"AccessToken": second["AccessToken"]})
    with pytest.raises(AwsError) as raised:
        pool.users.revoke_token({"ClientId": pool.client, "Token": second["AccessToken"]})
    assert raised.value.code == "UnsupportedTokenTypeException"


async def test_a_rotated_refresh_token_is_good_once_and_for_its_grace(aws: Aws) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    pool = await new_pool(aws, {"RefreshTokenRotation": rotation, "ExplicitAuthFlows": flows})
    await pool.user()
    token = (await pool.tokens())["RefreshToken"]
    asked = {"ClientId": pool.client, "RefreshToken": token}
    renewed = await pool.users.get_tokens_from_refresh_token(asked)
    assert renewed["AuthenticationResult"]["RefreshToken"] != token
    await aws.advance(seconds=9)
    await pool.users.get_tokens_from_refresh_token(asked)
    await aws.advance(seconds=1)
    with pytest.raises(AwsError) as raised:
        await pool.users.get_tokens_from_refresh_token(asked)
    assert raised.value.code == "RefreshTokenReuseException"
    asked["RefreshToken"] = renewed["AuthenticationResult"]["RefreshToken"]
    await pool.users.get_tokens_from_refresh_token(asked)


async def test_what_was_issued_is_good_after_a_restart(tmp_path: Any) -> None:
    from foulweather.world.world import World
    from harness import START_MS, new_aws

    world = World(seed=1, mode="held", start_ms=START_MS, directory=tmp_path / "world")
    aws = new_aws(world=world)
    pool = await new_pool(aws)
    await pool.user()
    tokens = await pool.tokens()
    world.close()
    again = new_aws(world=World(seed=1, mode="held", start_ms=START_MS, directory=tmp_path / "world"))
    pool = Pool(again, pool.id, pool.client)
    pool.users.get_user({"AccessToken": tokens["AccessToken"]})
    await refreshed(pool, tokens["RefreshToken"])
    await pool.sign_in()
    again.world.close()
