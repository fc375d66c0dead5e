"""A user pool with an app client for OAuth, and an identity pool that gives its users credentials of AWS."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from catalog.configurations import code_of, policy, refused, session_of, visit
from foulweather.testing import Aws

PASSWORD = "Correct-horse-7"
DOMAIN = "shop-7.auth.us-east-1.amazoncognito.com"
BACK = "https://app.example.com/back"
FORM = "application/x-www-form-urlencoded"
EMAIL = [{"Name": "email", "Value": "ann@example.com"}]


class Shop(NamedTuple):
    """A pool, and the client of an app that has no secret."""

    aws: Aws
    idp: Any
    pool: str
    client: str

    def sign_in(self, password: str = PASSWORD) -> dict[str, Any]:
        """What an app gets for a name and a password."""
        told = {"USERNAME": "ann", "PASSWORD": password}
        asked = {"ClientId": self.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": told}
        return self.idp.initiate_auth(**asked)["AuthenticationResult"]

    def join(self) -> None:
        """Have ann sign up, and confirm with the code that is mailed to her."""
        self.idp.sign_up(ClientId=self.client, Username="ann", Password=PASSWORD, UserAttributes=EMAIL)
        code = self.aws.events("cognito.MessageSent")[-1].facts["code"]
        self.idp.confirm_sign_up(ClientId=self.client, Username="ann", ConfirmationCode=code)


@pytest.fixture
def shop(aws: Aws) -> Shop:
    idp: Any = aws.client("cognito-idp")
    pool = idp.create_user_pool(PoolName="shop", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    scopes = [{"ScopeName": "read", "ScopeDescription": "read orders"}]
    idp.create_resource_server(UserPoolId=pool, Identifier="orders", Name="orders", Scopes=scopes)
    client = idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "orders/read"],
        CallbackURLs=[BACK],
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]["ClientId"]
    idp.create_user_pool_domain(Domain="shop-7", UserPoolId=pool)
    return Shop(aws, idp, pool, client)


def claims(token: str) -> dict[str, Any]:
    """What a token says."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def authorize(shop: Shop, **more: str) -> Any:
    """What the pool's domain answers an app that sends somebody to sign in."""
    asked = {"client_id": shop.client, "redirect_uri": BACK, "response_type": "code", **more}
    return visit(shop.aws, "GET", f"https://{DOMAIN}/oauth2/authorize?{urlencode(asked)}")


def signed_in(shop: Shop, scope: str) -> str:
    """The code with which ann comes back from the page to sign in on."""
    to_login = dict(authorize(shop, scope=scope).headers)
    url = urljoin(f"https://{DOMAIN}/", to_login["Location"])
    cookies: dict[str, str] = {}
    page = visit(shop.aws, "GET", url)
    for name, value in page.headers:
        if name.lower() == "set-cookie":
            key, _, held = value.partition(";")[0].partition("=")
            cookies[key] = held
    found = re.search(r'action="(.*?)".*?name="_csrf" value="(.*?)"', page.body.decode(), re.DOTALL)
    assert found is not None
    fields = {"_csrf": html.unescape(found[2]), "username": "ann", "password": PASSWORD}
    answer = visit(
        shop.aws,
        "POST",
        urljoin(url, html.unescape(found[1])),
        urlencode(fields).encode(),
        Content_Type=FORM,
        Origin=f"https://{DOMAIN}",
        Cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
    )
    assert answer.status == 302, answer.body
    return parse_qs(urlsplit(dict(answer.headers)["Location"]).query)["code"][0]


def test_whoever_signs_up_and_confirms_gets_three_tokens(shop: Shop) -> None:
    shop.idp.sign_up(ClientId=shop.client, Username="ann", Password=PASSWORD, UserAttributes=EMAIL)
    assert code_of(shop.sign_in) == "UserNotConfirmedException"
    confirm = {"ClientId": shop.client, "Username": "ann"}
    assert code_of(shop.idp.confirm_sign_up, **confirm, ConfirmationCode="wrong1") == "CodeMismatchException"
    code = shop.aws.events("cognito.MessageSent")[-1].facts["code"]
    shop.idp.confirm_sign_up(**confirm, ConfirmationCode=code)
    error = refused(shop.sign_in, password="Wrong-horse-7")
    assert (error["Code"], error["Message"]) == ("NotAuthorizedException", "Incorrect username or password.")

    tokens = shop.sign_in()
    assert {"AccessToken", "IdToken", "RefreshToken"} <= set(tokens)
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    assert (access["token_use"], access["scope"]) == ("access", "aws.cognito.signin.user.admin")
    assert (access["client_id"], access["exp"] - access["iat"]) == (shop.client, 3600)
    assert (identity["token_use"], identity["aud"], identity["email"]) == ("id", shop.client, "ann@example.com")
    assert identity["email_verified"] is True


def test_the_hosted_page_gives_the_scopes_that_were_asked_for_and_no_others(shop: Shop) -> None:
    shop.join()
    code = signed_in(shop, "openid orders/read")
    fields = {"grant_type": "authorization_code", "client_id": shop.client, "redirect_uri": BACK, "code": code}
    url, body = f"https://{DOMAIN}/oauth2/token", urlencode(fields).encode()
    told = json.loads(visit(shop.aws, "POST", url, body, Content_Type=FORM).body)
    assert set(claims(told["access_token"])["scope"].split()) == {"openid", "orders/read"}
    assert {"id_token", "refresh_token"} <= set(told)
    again = visit(shop.aws, "POST", url, body, Content_Type=FORM)
    assert (again.status, json.loads(again.body)) == (400, {"error": "invalid_grant"})

    foreign = dict(authorize(shop, scope="openid orders/write").headers)["Location"]
    assert foreign.startswith(BACK)
    assert parse_qs(urlsplit(foreign).query)["error"] == ["invalid_scope"]


def test_the_identity_pool_gives_credentials_that_the_role_limits(shop: Shop) -> None:
    aws, provider = shop.aws, f"cognito-idp.{shop.aws.region}.amazonaws.com/{shop.pool}"
    shop.join()
    identity: Any = aws.client("cognito-identity")
    pool = identity.create_identity_pool(
        IdentityPoolName="shop",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": shop.client}],
    )["IdentityPoolId"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        },
    }
    iam: Any = aws.client("iam")
    role = iam.create_role(RoleName="customers", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    lists = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
    iam.put_role_policy(RoleName="customers", PolicyName="work", PolicyDocument=policy(lists))
    identity.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})

    anybody: Any = aws.client("cognito-identity", config=Config(signature_version=UNSIGNED))
    logins = {provider: shop.sign_in()["IdToken"]}
    ann = anybody.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    given = anybody.get_credentials_for_identity(IdentityId=ann, Logins=logins)["Credentials"]
    session = session_of(aws, {"Credentials": {**given, "SecretAccessKey": given["SecretKey"]}})
    assert session.client("sts").get_caller_identity()["Arn"].split("/")[1] == "customers"
    sqs = session.client("sqs")
    assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert code_of(sqs.create_queue, QueueName="q") == "AccessDenied"
    assert code_of(anybody.get_id, IdentityPoolId=pool) == "NotAuthorizedException"
    aws.advance("61m")
    assert code_of(anybody.get_id, IdentityPoolId=pool, Logins=logins) == "NotAuthorizedException"
