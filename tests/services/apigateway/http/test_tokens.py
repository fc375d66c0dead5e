"""JWT authorizers: what opens a route, and every forgery that must not."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.apigateway.http.opened import OTHER, PRIVATE, Shop, encoded, published
from services.apigateway.rest.served import header, told

REFUSED = (401, {"message": "Unauthorized"})


def guarded(shop: Shop, **more: Any) -> None:
    shop.route("GET /", AuthorizationType="JWT", AuthorizerId=shop.jwt(), **more)


async def answered(shop: Shop, token: str) -> tuple[int, Any]:
    response = await shop.with_token(token)
    return response.status, told(response)


async def test_a_token_of_the_issuer_for_the_audience_passes(shop: Shop) -> None:
    guarded(shop)
    assert (await answered(shop, shop.token()))[0] == 200
    assert (await answered(shop, shop.token(aud=["other", "shop"])))[0] == 200
    assert (await answered(shop, shop.token(aud=None, client_id="shop")))[0] == 200
    bare = await shop.ask("GET", "/", {"Authorization": shop.token()})
    assert bare.status == 200, "a token without Bearer is one too"
    assert shop.backend.fetched == 1, "the issuer's keys are held"


async def test_who_has_no_token_is_told_what_is_wanted(shop: Shop) -> None:
    guarded(shop)
    response = await shop.ask()
    assert (response.status, told(response)) == REFUSED
    assert header(response, "www-authenticate") == "Bearer"
    assert len(header(response, "apigw-requestid")) == 16
    assert "has no $request.header.Authorization" in shop.web.why().cause


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"iss": "http://elsewhere"}, "the token does not have a valid issuer"),
        ({"iss": None}, "the token does not have a valid issuer"),
        ({"iss": ["http://127.0.0.1"]}, "the token does not have a valid issuer"),
        ({"aud": "other"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"aud": "other", "client_id": "shop"}, "the token does not have a valid audience"),
        ({"aud": []}, "the token does not have a valid audience"),
        ({"aud": [["shop"]]}, "the token does not have a valid audience"),
        ({"aud": {"shop": 1}}, "the token does not have a valid audience"),
        ({"exp": None}, "the token has expired"),
        ({"exp": 1}, "the token has expired"),
        ({"exp": "9999999999"}, "the token could not be parsed"),
        ({"exp": True}, "the token could not be parsed"),
        ({"exp": 1e300}, "the token could not be parsed"),
        ({"nbf": 1 << 40}, "the token is not valid yet"),
        ({"iat": 1 << 40}, "the token used before issued"),
    ],
)
async def test_signed_claims_that_do_not_fit_are_refused(shop: Shop, claims: dict[str, Any], words: str) -> None:
    guarded(shop)
    response = await shop.with_token(shop.token(**claims))
    assert (response.status, told(response)) == REFUSED
    wanted = f'Bearer scope="" error="invalid_token" error_description="{words}"'
    assert header(response, "www-authenticate") == wanted


async def test_no_forged_signature_passes(shop: Shop) -> None:
    guarded(shop)
    good = shop.token()
    head, body, signature = good.split(".")
    public = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def forged(header: dict[str, Any], key: bytes | None = None) -> str:
        text = f"{encoded(json.dumps(header).encode())}.{body}"
        return f"{text}.{encoded(hmac.digest(key, text.encode(), hashlib.sha256)) if key is not None else ''}"

    own = {"jwk": published(OTHER), "x5u": "http://127.0.0.1/", "jku": "http://127.0.0.1/jwks"}
    tokens = {
        "none": forged({"alg": "none", "kid": "one"}),
        "None": forged({"alg": "None", "kid": "one"}),
        "no algorithm": forged({"kid": "one"}),
        "HMAC with the public key": forged({"alg": "HS256", "kid": "one"}, public),
        "HMAC with nothing": forged({"alg": "HS256", "kid": "one"}, b""),
        "another key": shop.token(key=OTHER),
        "another key, brought along": shop.token(own, key=OTHER),
        "unknown kid": shop.token({"kid": "two"}),
        "no kid": shop.token({"kid": None}),
        "kid of a path": shop.token({"kid": "../../dev/null"}),
        "kid is a list": shop.token({"kid": ["one"]}),
        "critical": shop.token({"crit": ["b64"], "b64": False}),
        "algorithm is a list": shop.token({"alg": ["RS256"]}),
        "another algorithm of the family": shop.token({"alg": "RS512"}),
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "five parts": f"{good}.a.b",
        "changed claims": f"{head}.{encoded(json.dumps(shop.claims(sub='root')).encode())}.{signature}",
        "changed signature": f"{head}.{body}.{'A' * len(signature)}",
        "not base64": f"{head}.{body}.%%%",
        "spaces": f"{head}. {body}.{signature}",
        "no JSON": f"{encoded(b'{')}.{body}.{signature}",
        "deep": f"{encoded(b'[' * 3000)}.{body}.{signature}",
        "a list": f"{encoded(b'[]')}.{body}.{signature}",
        "too long": shop.token(padding="x" * 9000),
        "a token in a token": f"Bearer {good}",
        "empty": "..",
    }
    passed = [name for name, token in tokens.items() if (await shop.with_token(token)).status in range(200, 400)]
    assert passed == []
    assert (await answered(shop, good))[0] == 200, "and the good one does"


async def test_a_remembered_token_still_ends_with_the_worlds_time(shop: Shop) -> None:
    guarded(shop)
    token = shop.token()
    assert (await answered(shop, token))[0] == 200
    await shop.web.aws.advance(seconds=3599)
    assert (await answered(shop, token))[0] == 200
    await shop.web.aws.advance(seconds=1)
    assert await answered(shop, token) == REFUSED
    assert "expired" in shop.web.why().cause


async def test_a_remembered_token_opens_no_other_api(shop: Shop) -> None:
    guarded(shop)
    token = shop.token()
    assert (await answered(shop, token))[0] == 200
    other = Shop(shop.web, shop.backend)
    authorizer = other.jwt("another audience")
    other.route("GET /", AuthorizationType="JWT", AuthorizerId=authorizer)
    assert (await other.with_token(token)).status == 401


async def test_a_key_that_its_issuer_withdraws_counts_until_the_keys_are_fetched_again(shop: Shop) -> None:
    guarded(shop)
    token = shop.token(exp=shop.web.aws.now // 1000 + 86_400)
    assert (await answered(shop, token))[0] == 200
    shop.backend.keys = [published(OTHER, "two")]
    assert (await answered(shop, token))[0] == 200, "held for two hours"
    await shop.web.aws.advance(seconds=7200)
    assert await answered(shop, token) == REFUSED
    assert (await answered(shop, shop.token({"kid": "two"}, OTHER)))[0] == 200


async def test_a_key_for_another_use_verifies_nothing(shop: Shop) -> None:
    guarded(shop)
    for key in (published(use="enc"), published(alg="RS512"), {**published(), "kty": "oct", "k": "AAAA"}):
        shop.backend.keys = [key]
        await shop.web.aws.advance(seconds=7200)
        assert await answered(shop, shop.token()) == REFUSED


async def test_an_issuer_that_does_not_answer_lets_nobody_in(shop: Shop) -> None:
    authorizer = shop.jwt(JwtConfiguration={"Issuer": "http://127.0.0.1:1", "Audience": ["shop"]})
    shop.route("GET /", AuthorizationType="JWT", AuthorizerId=authorizer)
    assert await answered(shop, shop.token(iss="http://127.0.0.1:1")) == REFUSED
    assert shop.web.why().cause.startswith("The issuer's keys cannot be had")


async def test_scopes_open_a_route_and_their_lack_is_forbidden(shop: Shop) -> None:
    guarded(shop, AuthorizationScopes=["orders.read", "orders.write"])
    assert (await answered(shop, shop.token(scope="profile orders.read")))[0] == 200
    assert (await answered(shop, shop.token(scp=["orders.write"])))[0] == 200
    response = await shop.with_token(shop.token(scope="profile"))
    assert (response.status, told(response)) == (403, {"message": "Forbidden"})
    wanted = 'Bearer scope="orders.read orders.write" error="insufficient_scope"'
    assert header(response, "www-authenticate") == wanted
    assert (await shop.with_token(shop.token())).status == 403


async def given(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def test_a_user_pool_of_the_world_is_an_issuer(shop: Shop) -> None:
    cognito = getattr(shop.web.aws, "cognito-idp")
    pool = (await given(cognito.create_user_pool({"PoolName": "people"})))["UserPool"]["Id"]
    asked = {"UserPoolId": pool, "ClientName": "web", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    client = (await given(cognito.create_user_pool_client(asked)))["UserPoolClient"]["ClientId"]
    await given(cognito.admin_create_user({"UserPoolId": pool, "Username": "ann", "MessageAction": "SUPPRESS"}))
    password = {"UserPoolId": pool, "Username": "ann", "Password": "Abcdefg1!", "Permanent": True}
    await given(cognito.admin_set_user_password(password))
    signing_in = cognito.initiate_auth(
        {
            "ClientId": client,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": "ann", "PASSWORD": "Abcdefg1!"},
        }
    )
    signed_in = await given(signing_in)
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
    authorizer = shop.jwt(JwtConfiguration={"Issuer": issuer, "Audience": [client]})
    shop.route("GET /", AuthorizationType="JWT", AuthorizerId=authorizer)
    for kind in ("IdToken", "AccessToken"):  # an access token has no aud, but a client_id
        assert (await shop.with_token(signed_in["AuthenticationResult"][kind])).status == 200
