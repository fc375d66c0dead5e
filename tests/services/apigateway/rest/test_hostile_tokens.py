"""Tokens that must open nothing: none of them brings a request to the integration behind a user pool authorizer."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foulweather.kernel.http import HttpRequest, HttpResponse
from loopback import Application, serving
from services.apigateway.rest.served import Web, method, told
from services.apigateway.rest.test_authorizing import part, waited

UNAUTHORIZED = (401, {"message": "Unauthorized"})
OWN = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Tokens(NamedTuple):
    """What a user pool has issued, and the keys that it publishes."""

    arn: str
    id: str
    access: str
    keys: list[dict[str, Any]]


class Guarded:
    """Two paths behind a user pool: `/id` asks for an ID token, `/scoped` for an access token with a scope."""

    def __init__(self) -> None:
        self.stack = contextlib.AsyncExitStack()
        self.app = Application(lambda _: HttpResponse(200, [("Content-Type", "application/json")], b'{"in": true}'))

    async def open(self) -> Guarded:
        self.web = Web()
        port = (await self.stack.enter_async_context(serving(self.app))).port
        self.good, self.other = [await signed_in(self.web, name) for name in ("shop", "other")]
        proxy = {"type": "HTTP_PROXY", "httpMethod": "GET", "uri": f"http://127.0.0.1:{port}/"}
        own = method(proxy, authorizationType="COGNITO_USER_POOLS", authorizerId="a1")
        scoped = {**own, "authorizationScopes": ["aws.cognito.signin.user.admin"]}
        held = {"id": "a1", "name": "pool", "type": "COGNITO_USER_POOLS", "providerARNs": [self.good.arn]}
        paths = {"/id": {"GET": own}, "/scoped": {"GET": scoped}, "/orders": {"GET": {**own}}}
        paths["/orders"]["GET"]["authorizationScopes"] = ["orders/read"]
        self.web.api(paths, authorizers={"a1": held})
        return self

    async def close(self) -> None:
        await self.stack.aclose()
        self.web.cloud.close()

    async def answered(self, path: str, *tokens: str) -> tuple[int, Any]:
        named = [("Host", "api1.execute-api.us-east-1.amazonaws.com"), *(("Authorization", each) for each in tokens)]
        response = await self.web.send(HttpRequest("GET", f"/prod{path}", "", named))
        return response.status, told(response)


async def signed_in(web: Web, name: str) -> Tokens:
    cognito = getattr(web.aws, "cognito-idp")
    pool = (await waited(cognito.create_user_pool({"PoolName": name})))["UserPool"]
    flow = "ADMIN_USER_PASSWORD_AUTH"
    asked = {"UserPoolId": pool["Id"], "ClientName": "web", "ExplicitAuthFlows": [f"ALLOW_{flow}"]}
    client = (await waited(cognito.create_user_pool_client(asked)))["UserPoolClient"]["ClientId"]
    ann = {"UserPoolId": pool["Id"], "Username": "ann"}
    await waited(cognito.admin_create_user({**ann, "MessageAction": "SUPPRESS"}))
    await waited(cognito.admin_set_user_password({**ann, "Password": "Secret-123", "Permanent": True}))
    words = {"USERNAME": "ann", "PASSWORD": "Secret-123"}
    place = {"UserPoolId": pool["Id"], "ClientId": client}
    answer = await waited(cognito.admin_initiate_auth({**place, "AuthFlow": flow, "AuthParameters": words}))
    host = "cognito-idp.us-east-1.amazonaws.com"
    path = f"/{pool['Id']}/.well-known/jwks.json"
    keys = told(await web.send(HttpRequest("GET", path, "", [("Host", host)])))["keys"]
    issued = answer["AuthenticationResult"]
    return Tokens(pool["Arn"], issued["IdToken"], issued["AccessToken"], keys)


def read(text: str) -> dict[str, Any]:
    return json.loads(decoded(text))


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def published(key: dict[str, Any]) -> rsa.RSAPublicKey:
    exponent, modulus = (int.from_bytes(decoded(key[name]), "big") for name in ("e", "n"))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def forgeries(good: Tokens, other: Tokens) -> dict[str, str]:
    """Tokens by what is wrong with them; the claims are those of a token that is in force."""
    head, body, signature = good.id.split(".")
    kid, claims = read(head)["kid"], read(body)
    jwk = next(each for each in good.keys if each["kid"] == kid)
    public = published(jwk)
    info = PublicFormat.SubjectPublicKeyInfo
    secrets = {
        "PEM": public.public_bytes(Encoding.PEM, info),
        "PEM without its last line break": public.public_bytes(Encoding.PEM, info).strip(),
        "PKCS1 PEM": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "DER": public.public_bytes(Encoding.DER, info),
        "modulus": decoded(jwk["n"]),
        "modulus as published": jwk["n"].encode(),
        "JWK": json.dumps(jwk).encode(),
        "nothing": b"",
        "kid": kid.encode(),
    }

    def hashed(alg: str, secret: bytes, **more: Any) -> str:
        text = f"{part({'alg': alg, 'kid': kid, **more})}.{body}"
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), getattr(hashlib, f'sha{alg[2:]}')))}"

    def signed(own: dict[str, Any] | None = None, padding: Any = None, digest: Any = None, **changed: Any) -> str:
        text = f"{part({'alg': 'RS256', 'kid': kid, **(own or {})})}.{part({**claims, **changed})}"
        return f"{text}.{encoded(OWN.sign(text.encode(), padding or PKCS1v15(), digest or SHA256()))}"

    numbers = OWN.public_key().public_numbers()
    mine = {"kty": "RSA", "kid": kid, "e": "AQAB", "n": encoded(numbers.n.to_bytes(256, "big"))}
    found = {
        f"alg {alg!r}": f"{part({'alg': alg, 'kid': kid})}.{body}." for alg in ("none", "None", "nOnE", "NONE", "")
    }
    found |= {
        f"alg {alg!r}, signed": f"{part({'alg': alg, 'kid': kid})}.{body}.{signature}" for alg in ("none", None, 0)
    }
    found |= {
        f"{alg} with the public key as secret: {name}": hashed(alg, secret)
        for alg in ("HS256", "HS384", "HS512")
        for name, secret in secrets.items()
    }
    odd_kids = (
        "../../../dev/null",
        "/dev/null",
        "",
        None,
        0,
        [kid],
        {"kid": kid},
        f"{kid}\0",
        f"{kid} ",
        "' OR '1'='1",
    )
    found |= {f"kid {odd!r}": signed({"kid": odd}) for odd in odd_kids}
    found |= {f"kid {odd!r}, HS256 with nothing": hashed("HS256", b"", kid=odd) for odd in odd_kids}
    brought = {"jwk": mine, "jku": "http://127.0.0.1:1/jwks.json", "x5u": "http://127.0.0.1:1/", "x5c": [encoded(b"x")]}
    found |= {f"its own key in {name}": signed({name: value}) for name, value in brought.items()}
    pool = claims["iss"].rpartition("/")[2]
    issuers = (
        f"https://evil.example/{pool}",
        f"http://cognito-idp.us-east-1.amazonaws.com/{pool}",
        f"{claims['iss']}/",
        f"https://cognito-idp.us-east-1.amazonaws.com.evil.example/{pool}",
        f"https://cognito-idp.us-east-1.amazonaws.com@evil.example/{pool}",
        f"https://cognito-idp.eu-west-1.amazonaws.com/{pool}",
    )
    found |= {f"issuer {issuer}": signed(iss=issuer) for issuer in issuers}
    twice = f'{{"alg": "none", "alg": "RS256", "kid": "{kid}"}}'
    return found | {
        "signed by another key": signed(),
        "a root of its own": signed(sub="root", **{"cognito:groups": ["admin"]}),
        "PS256": signed({"alg": "PS256"}, PSS(MGF1(SHA256()), 32)),
        "PSS under RS256": signed(None, PSS(MGF1(SHA256()), 32)),
        "RS512": f"{part({'alg': 'RS512', 'kid': kid})}.{body}.{signature}",
        "SHA-512 under RS256": signed(None, None, SHA512()),
        "changed claims": f"{head}.{part({**claims, 'sub': 'root'})}.{signature}",
        "later end": f"{head}.{part({**claims, 'exp': claims['exp'] + 1})}.{signature}",
        "another token's signature": f"{head}.{body}.{good.access.split('.')[2]}",
        "no signature": f"{head}.{body}.",
        "zeros": f"{head}.{body}.{'A' * len(signature)}",
        "one": f"{head}.{body}.{encoded((1).to_bytes(256, 'big'))}",
        "junk in the signature": f"{head}.{body}.!{signature}",
        "two parts": f"{head}.{body}",
        "four parts": f"{good.id}.x",
        "encrypted": f"{head}..{body}.{signature}.x",
        "another pool's": other.id,
        "another pool's access token": other.access,
        "another pool's key for this issuer": f"{other.id.split('.')[0]}.{body}.{other.id.split('.')[2]}",
        "deep": f"{encoded(b'[' * 5000)}.{body}.{signature}",
        "deep claims": f"{head}.{encoded(b'[' * 5000)}.{signature}",
        "no JSON": f"{encoded(b'{')}.{encoded(bytes(range(256)))}.{signature}",
        "lists": f"{encoded(b'[]')}.{encoded(b'[]')}.{signature}",
        "two names": f"{encoded(twice.encode())}.{body}.{signature}",
        "twice Bearer": f"Bearer Bearer {good.id}",
        "Basic": f"Basic {good.id}",
        "two tokens": f"{good.id}, {good.id}",
        "nothing": "..",
        "Latin-1": "é.é.é",
    }


async def test_no_forged_token_reaches_the_integration() -> None:
    guarded = await Guarded().open()
    try:
        for name, token in forgeries(guarded.good, guarded.other).items():
            for path in ("/id", "/scoped", "/orders"):
                for sent in (token, f"Bearer {token}"):
                    assert await guarded.answered(path, sent) == UNAUTHORIZED, (name, path)
        assert guarded.app.asked == []
        assert await guarded.answered("/id", guarded.good.id) == (200, {"in": True}), "and the good one does"
        assert await guarded.answered("/scoped", guarded.good.access) == (200, {"in": True})
        assert len(guarded.app.asked) == 2
    finally:
        await guarded.close()


async def test_a_good_token_of_the_wrong_kind_or_time_reaches_no_integration() -> None:
    guarded = await Guarded().open()
    good = guarded.good
    try:
        for path, token in (("/id", good.access), ("/scoped", good.id), ("/orders", good.id), ("/orders", good.access)):
            assert await guarded.answered(path, token) == UNAUTHORIZED, path
        assert (await guarded.answered("/id"))[0] == 401
        assert (await guarded.answered("/id", good.id, "x"))[0] == 401, "the last of several headers counts"
        await guarded.web.aws.advance(seconds=3_601)
        for path, token in (("/id", good.id), ("/scoped", good.access)):
            assert await guarded.answered(path, token) == (401, {"message": "The incoming token has expired"})
        assert guarded.app.asked == []
    finally:
        await guarded.close()


def mutated_times(examples: int) -> None:
    """Change tokens at random; whatever still says the same, and is signed the same, is no change."""
    with asyncio.Runner() as runner:
        guarded = runner.run(Guarded().open())
        good = guarded.good
        characters = st.sampled_from("AQgw-_09az=.+/ !\x00é")
        cuts = st.tuples(st.integers(0, len(good.id)), st.integers(0, 3), st.text(characters, max_size=3))

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from([good.id, good.access]), st.lists(cuts, min_size=1, max_size=3), st.booleans())
        def try_one(token: str, changes: list[tuple[int, int, str]], is_scoped: bool) -> None:
            changed = token
            for at, dropped, put in changes:
                changed = changed[:at] + put + changed[at + dropped :]
            if same(changed, token):
                return
            guarded.app.asked.clear()
            status, _ = runner.run(guarded.answered("/scoped" if is_scoped else "/id", changed))
            assert status == 401
            assert guarded.app.asked == []

        try_one()
        runner.run(guarded.close())


def same(changed: str, token: str) -> bool:
    """Whether a changed token's signed text is what it was, and its signature the same number (spare bits aside)."""
    text, _, signature = changed.strip().removeprefix("Bearer ").strip().rpartition(".")
    was, _, signed = token.rpartition(".")
    return text == was and signature.rstrip("=")[:-1] == signed[:-1]


def test_no_change_of_a_token_opens_anything() -> None:
    mutated_times(100)


@pytest.mark.slow
def test_no_change_of_a_token_opens_anything_however_often() -> None:
    mutated_times(20_000)
