"""A user pool as authorizer: which token opens a method with scopes, and which one without."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.gateways import Api, mock, rest_api
from foulweather.testing import Aws

SCOPE = "aws.cognito.signin.user.admin"
PASSWORD = "Correct-horse-7"


def tokens(aws: Aws, name: str) -> tuple[str, dict[str, str]]:
    """A pool's ARN, and what its user is given when he signs in."""
    idp: Any = aws.client("cognito-idp")
    pool = idp.create_user_pool(PoolName=name)["UserPool"]
    client = idp.create_user_pool_client(
        UserPoolId=pool["Id"], ClientName="web", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    idp.admin_create_user(UserPoolId=pool["Id"], Username="ann", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool["Id"], Username="ann", Password=PASSWORD, Permanent=True)
    signed_in = idp.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    return pool["Arn"], {"id": signed_in["IdToken"], "access": signed_in["AccessToken"]}


@pytest.fixture
def pool(aws: Aws) -> tuple[Api, dict[str, str]]:
    arn, held = tokens(aws, "customers")
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [arn]},
    }
    scopes = {"/open": [], "/scoped": [SCOPE], "/admin": ["orders/admin"]}
    paths = {path: {"get": mock(security=[{"pool": each}])} for path, each in scopes.items()}
    return rest_api(aws, paths, components={"securitySchemes": {"pool": scheme}}), held


def test_with_scopes_it_is_the_access_token_and_without_the_id_token(pool: tuple[Api, dict[str, str]]) -> None:
    api, held = pool

    def status(path: str, token: str) -> int:
        return api.ask("GET", path, Authorization=f"Bearer {held[token]}").status

    assert {(path, token): status(path, token) for path in ("/open", "/scoped", "/admin") for token in held} == {
        ("/open", "id"): 200,
        ("/open", "access"): 401,
        ("/scoped", "id"): 401,
        ("/scoped", "access"): 200,
        ("/admin", "id"): 401,
        ("/admin", "access"): 401,
    }


def test_no_token_one_that_has_expired_and_one_of_another_pool(aws: Aws, pool: tuple[Api, dict[str, str]]) -> None:
    api, held = pool
    nobody = api.ask("GET", "/scoped")
    assert (nobody.status, nobody.body) == (401, b'{"message":"Unauthorized"}')
    _, foreign = tokens(aws, "strangers")
    assert api.ask("GET", "/scoped", Authorization=foreign["access"]).body == b'{"message":"Unauthorized"}'
    aws.advance("61m")
    expired = api.ask("GET", "/scoped", Authorization=held["access"])
    assert (expired.status, expired.body) == (401, b'{"message":"The incoming token has expired"}')
