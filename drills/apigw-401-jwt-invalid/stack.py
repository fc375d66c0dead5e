"""An API whose authorizer verifies tokens with a key out of Secrets Manager, as whoever issues them signs with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import SELDOM
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import answered, function, may
from foulweather.drilling.load.token_authorizers import ASKED, schemes, written

API, FUNCTION, AUTHORIZER, SECRET = "orders", "list-orders", "verify-token", "signing-key"
ISSUER = "https://auth.example.com"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'
CODE = """import base64
import hashlib
import hmac
import json
import time
from functools import lru_cache

import boto3

ISSUER = "https://auth.example.com"
secrets = boto3.client("secretsmanager")


@lru_cache
def key():
    return secrets.get_secret_value(SecretId="signing-key")["SecretString"].encode()


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified(token):
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(hmac.new(key(), signed.encode(), hashlib.sha256).digest(), decoded(signature)):
        raise ValueError("InvalidSignatureError: Signature verification failed")
    claims = json.loads(decoded(signed.split(".")[1]))
    if claims["exp"] <= time.time():
        raise ValueError("ExpiredSignatureError: Signature has expired")
    if claims["iss"] != ISSUER:
        raise ValueError("InvalidIssuerError: Invalid issuer")
    return claims


def handler(event, context):
    try:
        claims = verified(event["authorizationToken"].removeprefix("Bearer "))
    except ValueError as error:
        print(error)
        raise Exception("Unauthorized")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": claims["sub"], "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def token(key: str, claims: Mapping[str, Any]) -> str:
    """A token, signed with HS256."""
    signed = f"{_part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_part(json.dumps(claims).encode())}"
    return f"{signed}.{_part(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


def current(lab: Lab) -> str:
    """The key as it is now."""
    return answered(lab.client("secretsmanager").get_secret_value(SecretId=SECRET))["SecretString"]


class People(ApiClient):
    """Each request with a fresh token, good for five minutes, from whoever issues them."""

    def claims(self, n: int) -> dict[str, Any]:
        """What the token says."""
        now_s = self.lab.now_ms // 1000
        return {"iss": ISSUER, "sub": f"user-{n}", "iat": now_s, "exp": now_s + 300}

    def key(self) -> str:
        """What it is signed with."""
        return current(self.lab)

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """One look at the orders."""
        return "GET", "/orders", {"Authorization": f"Bearer {token(self.key(), self.claims(n))}"}, b""


class Impostor(People):
    """Comes with tokens that have expired, are somebody else's, or are signed by himself."""

    IS_OURS = False

    def claims(self, n: int) -> dict[str, Any]:
        """Expired, or of another issuer, in two of three cases."""
        told = super().claims(n)
        wrong: dict[int, dict[str, Any]] = {0: {"exp": told["iat"] - 60}, 1: {"iss": "https://auth.example.org"}}
        return {**told, **wrong.get(n % 3, {})}

    def key(self) -> str:
        """His own, in the third."""
        return "guessed" if self.asked % 3 == 0 else super().key()


def rotate(lab: Lab) -> None:
    """A new key, for whoever asks from now on."""
    rotated: list[int] = lab.notes.setdefault("rotated_ms", [])
    rotated.append(lab.now_ms)
    key = f"key-{len(rotated)}-of-{lab.account}"
    request = lab.world.ids.uuid()
    secrets = lab.client("secretsmanager")
    answered(secrets.put_secret_value(SecretId=SECRET, SecretString=key, ClientRequestToken=request))


def build(lab: Lab) -> None:
    """The key, two functions, the API; people, and one who is none of them."""
    asked = {"SecretString": f"key-0-of-{lab.account}", "ClientRequestToken": lab.world.ids.uuid()}
    made = answered(lab.client("secretsmanager").create_secret(Name=SECRET, **asked))
    function(lab, FUNCTION, MODEL)
    written(lab, AUTHORIZER, CODE, may("secretsmanager:GetSecretValue", made["ARN"], "Key"))
    paths = {"/orders": {"get": to_function(lab, FUNCTION, security=ASKED)}}
    api = rest_api(lab, API, paths, components=schemes(lab, AUTHORIZER))
    lab.notes["api"] = api
    alarm(lab, API, "4XXError", threshold=0.5)
    lab.add(People(lab, "people", url=url_of(api), arrivals=SELDOM))
    lab.add(Impostor(lab, "impostor", url=url_of(api), arrivals=SELDOM))
