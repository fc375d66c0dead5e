"""A TOKEN authorizer of ours that verifies JSON web tokens, and whose answer is used again for 300 seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from catalog.configurations import role
from catalog.functions import function, written
from catalog.gateways import Api, lambda_proxy, rest_api
from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.testing import Aws

SECRET = "a key that both sides know"
VERIFIES = """
import base64, hashlib, hmac, json
import boto3

KEY = boto3.client("secretsmanager").get_secret_value(SecretId="signing-key")["SecretString"].encode()

def read(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

def handler(event, context):
    head, body, signature = event["authorizationToken"].removeprefix("Bearer ").split(".")
    claims = json.loads(read(body))
    print("ASKED", claims["sub"])
    if not hmac.compare_digest(hmac.digest(KEY, f"{head}.{body}".encode(), hashlib.sha256), read(signature)):
        raise Exception("Unauthorized")
    every = event["methodArn"].split("/")[0] + "/*"
    allow = {"Effect": claims["effect"], "Action": "execute-api:Invoke", "Resource": every}
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [allow]},
        "context": {"userId": claims["sub"], "email": claims["email"], "tier": claims["tier"]},
    }
"""
TELLS_WHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"])}
"""


def part(of: bytes) -> str:
    return base64.urlsafe_b64encode(of).decode().rstrip("=")


def token(sub: str, effect: str = "Allow", secret: str = SECRET, tier: int = 2) -> str:
    """A token as the issuer signs it."""
    claims = {"sub": sub, "email": f"{sub}@example.com", "tier": tier, "effect": effect}
    text = f"{part(json.dumps({'alg': 'HS256'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"Bearer {text}.{part(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


@pytest.fixture
def api(aws: Aws) -> Api:
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    secret = aws.client("secretsmanager").create_secret(Name="signing-key", SecretString=SECRET)["ARN"]
    reads = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
    verifier = function(aws, "verify", VERIFIES, reads, Timeout=20)
    orders = function(aws, "orders", TELLS_WHO)
    invokes = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": verifier}
    uri = f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{verifier}/invocations"
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": uri,
            "authorizerCredentials": role(aws, "gateway", {"Service": "apigateway.amazonaws.com"}, invokes),
            "identitySource": "method.request.header.Authorization",
            "authorizerResultTtlInSeconds": 300,
        },
    }
    method = lambda_proxy(aws, orders, security=[{"jwt": []}])
    paths = {"/orders": {"get": method, "post": method}, "/orders/{orderId}": {"get": method}}
    return rest_api(aws, paths, "orders", components={"securitySchemes": {"jwt": scheme}})


def asked(aws: Aws) -> list[str]:
    """Whom the authorizer was asked for; it has no log before it is."""
    if not aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/verify")["logGroups"]:
        return []
    return [text.split()[1] for text in written(aws, "verify") if text.startswith("ASKED")]


def test_the_backend_is_told_who_it_is_and_the_authorizer_asked_once_in_300_s(aws: Aws, api: Api) -> None:
    ann, bob = token("ann"), token("bob", tier=1)
    told: dict[str, Any] = json.loads(api.ask("GET", "/orders", Authorization=ann).body)
    assert {name: told[name] for name in ("principalId", "userId", "email", "tier")} == {
        "principalId": "ann",
        "userId": "ann",
        "email": "ann@example.com",
        "tier": "2",  # whatever it was in the context: the proxy integration tells strings
    }
    assert api.ask("POST", "/orders", {}, Authorization=ann).status == 200
    assert json.loads(api.ask("GET", "/orders/7", Authorization=bob).body)["userId"] == "bob"
    assert asked(aws) == ["ann", "bob"]

    aws.advance("290s")
    assert api.ask("GET", "/orders", Authorization=ann).status == 200
    assert asked(aws) == ["ann", "bob"]
    aws.advance("11s")
    assert api.ask("GET", "/orders", Authorization=ann).status == 200
    assert asked(aws) == ["ann", "bob", "ann"]


def test_no_token_a_forged_one_and_one_that_is_denied(aws: Aws, api: Api) -> None:
    nobody = api.ask("GET", "/orders")
    assert (nobody.status, nobody.body) == (401, b'{"message":"Unauthorized"}')
    assert asked(aws) == []
    forged = api.ask("GET", "/orders", Authorization=token("eve", secret="another"))
    assert (forged.status, forged.body) == (401, b'{"message":"Unauthorized"}')
    assert api.ask("GET", "/orders", Authorization=token("dan", "Deny")).status == 403
    assert asked(aws) == ["eve", "dan"]


def test_a_role_that_may_not_invoke_the_authorizer_is_a_500(aws: Aws, api: Api) -> None:
    aws.client("iam").delete_role_policy(RoleName="gateway", PolicyName="work")
    aws.advance("1m")
    response = api.ask("GET", "/orders", Authorization=token("ann"))
    assert (response.status, response.body) == (500, b'{"message":null}')
    assert asked(aws) == []
