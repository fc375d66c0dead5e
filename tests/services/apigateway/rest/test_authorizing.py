"""Who may call: resource policies, IAM, functions that decide, user pools."""

from __future__ import annotations

import base64
import inspect
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from foulweather.engines.functions.interpreters import available
from foulweather.gates.authenticate import Caller
from foulweather.kernel.credentials import Session
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.services.apigateway import traffic
from foulweather.services.apigateway.rest import answering, logging, stages, user_pools
from harness import ACCOUNT, REGION
from services.apigateway.rest.served import MOCK, Web, header, method, told
from services.apigateway.rest.test_keys import VALUE, key
from services.lambda_.packaged import function, role

API = "arn:aws:execute-api:us-east-1:111122223333:api1"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:work"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
needs_functions = pytest.mark.skipif(not available(), reason="no interpreter for functions")


def policy(*statements: dict[str, Any]) -> str:
    every = [{"Principal": "*", "Action": "execute-api:Invoke", "Effect": "Allow", **each} for each in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": every})


# --- resource policies


async def test_a_private_api_is_not_reached_from_outside_a_vpc(web: Web) -> None:
    web.api({"/": {"GET": method()}}, restApi={"endpointConfiguration": {"types": ["PRIVATE"]}})
    response = await web.ask("GET", "")
    assert (response.status, told(response)) == (403, {"message": "Forbidden"})
    assert web.why().cause.startswith("The API is private")


async def test_a_resource_policy_opens_only_what_it_allows(web: Web) -> None:
    held = policy({"Resource": f"{API}/*/GET/open"}, {"Resource": "execute-api:/*/GET/short"})
    web.api({path: {"GET": method()} for path in ("/open", "/short", "/closed")}, policy=held)
    assert [(await web.ask("GET", path)).status for path in ("/open", "/short", "/closed")] == [200, 200, 403]
    response = await web.ask("GET", "/closed")
    assert header(response, "x-amzn-errortype") == "AccessDeniedException"
    message = told(response)["Message"]
    assert message.startswith(
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:us-east-1:********3333:api1/prod/GET/closed"
    )


async def test_an_address_that_the_policy_denies_is_kept_out(web: Web) -> None:
    inside = {
        "Effect": "Deny",
        "Resource": "execute-api:/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    }
    web.api({"/": {"GET": method()}}, policy=policy({"Resource": "execute-api:/*"}, inside))
    response = await web.ask("GET", "")
    assert response.status == 403
    assert "with an explicit deny" in told(response)["Message"]
    assert web.why().because[0].facts


# --- IAM


async def signed(web: Web, who: Principal | None, path: str = "") -> HttpResponse:
    """A request whose signature the wire has proved already."""
    request = HttpRequest("GET", f"/prod{path}", "", [("Host", "api1.execute-api.us-east-1.amazonaws.com")])
    request.caller = None if who is None else Caller(who, who.account, "AKIA", None)
    answer = traffic.answer(web.aws.pipeline, request)
    return answer if isinstance(answer, HttpResponse) else await answer


def user(web: Web, name: str, *statements: dict[str, Any]) -> Principal:
    made = web.aws.iam.create_user({"UserName": name})["User"]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        web.aws.iam.put_user_policy({"UserName": name, "PolicyName": "p", "PolicyDocument": document})
    return Principal("user", made["Arn"], "111122223333", made["UserId"])


async def test_iam_lets_in_whom_a_policy_allows_and_tells_who_it_was(web: Web) -> None:
    answer = {"200": {"statusCode": "200", "responseTemplates": {"application/json": "$context.identity.userArn"}}}
    own = method({**MOCK, "integrationResponses": answer}, authorizationType="AWS_IAM")
    web.api({"/a": {"GET": own}, "/b": {"GET": own}})
    ann = user(web, "ann", {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{API}/prod/GET/a"})
    response = await signed(web, ann, "/a")
    assert (response.status, response.body.decode()) == (200, ann.arn)
    response = await signed(web, ann, "/b")
    assert response.status == 403
    assert "execute-api:Invoke" in told(response)["Message"]
    assert (await signed(web, principals.root("111122223333"), "/b")).status == 200
    response = await signed(web, None, "/a")
    assert (response.status, told(response)) == (403, {"message": "Missing Authentication Token"})
    assert "AWS_IAM" in web.why().cause


async def test_access_logs_tell_a_signature_that_does_not_hold_from_a_policy_that_does_not_allow(web: Web) -> None:
    stage = web.api({"/": {"GET": method(authorizationType="AWS_IAM")}})
    place = stages.Place(ACCOUNT, REGION, web.state.apis["api1"], stage, "/", "d", "")
    form = "$context.authenticate.status $context.authorize.status $context.authorize.error"
    lines: list[str] = []
    for who in (None, user(web, "bob"), principals.root("111122223333")):
        request = HttpRequest("GET", "/prod/", "", [("Host", "d")])
        request.caller = None if who is None else Caller(who, who.account, "AKIA", None)
        visit = stages.visit(web.aws.pipeline, request, place)
        lines.append(logging.access_line(visit, form, await answering.answer(visit)))
    assert lines[0] == "403 - -"
    assert lines[1].startswith("200 403 User: arn:aws:iam::111122223333:user/bob is not authorized")
    assert lines[2] == "200 200 -"


async def test_an_identity_of_an_identity_pool_is_told_of_with_its_logins(web: Web) -> None:
    names = ("Id", "PoolId")
    told_of = ",".join(
        [f"$context.identity.cognitoIdentity{each}" for each in names]
        + [f"$context.identity.cognitoAuthentication{each}" for each in ("Type", "Provider")]
    )
    answer = {"200": {"statusCode": "200", "responseTemplates": {"application/json": told_of}}}
    web.api({"/": {"GET": method({**MOCK, "integrationResponses": answer}, authorizationType="AWS_IAM")}})
    pool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_a"
    key = "cognito-identity.amazonaws.com:"
    claims = {f"{key}sub": "us-east-1:id", f"{key}aud": "us-east-1:pool"}
    claims |= {f"{key}amr": ["authenticated", pool, f"{pool}:CognitoSignIn:sub"]}
    request = HttpRequest("GET", "/prod/", "", [("Host", "api1.execute-api.us-east-1.amazonaws.com")])
    root = principals.root("111122223333")
    request.caller = Caller(root, root.account, "ASIA", Session(issued_ms=0, claims=claims))
    answered = traffic.answer(web.aws.pipeline, request)
    response = answered if isinstance(answered, HttpResponse) else await answered
    assert response.body.decode().split(",") == [
        "us-east-1:id",
        "us-east-1:pool",
        "authenticated",
        pool,
        f"{pool}:CognitoSignIn:sub",
    ]


async def test_another_accounts_user_needs_both_policies(web: Web) -> None:
    own = method(authorizationType="AWS_IAM")
    stranger = principals.root("444455556666")
    web.api({"/": {"GET": own}})
    assert (await signed(web, stranger)).status == 403
    web.api({"/": {"GET": own}}, policy=policy({"Resource": "execute-api:/*"}))
    assert (await signed(web, stranger)).status == 200


# --- functions that decide


def authorizer(**more: Any) -> dict[str, Any]:
    held = {"id": "a1", "name": "auth", "type": "TOKEN", "authorizerUri": URI, "authorizerResultTtlInSeconds": 300}
    return {"a1": {**held, "identitySource": "method.request.header.Authorization", **more}}


CODE = """
def handler(event, context):
    token = event.get('authorizationToken') or event['headers'].get('X-Token')
    if token == 'nobody': raise Exception('Unauthorized')
    if token == 'broken': raise Exception('oops')
    if token == 'malformed': return {'principalId': 'p'}
    if token == 'nested': return {'principalId': 'p', 'policyDocument': {}, 'context': {'a': {}}}
    resource = event['methodArn'] if token != 'wide' else event['methodArn'].split('/')[0] + '/*'
    effect = 'Deny' if token == 'deny' else 'Allow'
    if token == 'neither': resource = resource + 'x'
    statement = {'Effect': effect, 'Action': 'execute-api:Invoke', 'Resource': resource}
    return {'principalId': 'ann', 'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]},
            'context': {'n': 1, 'flag': True}, 'usageIdentifierKey': token}
"""


async def decided(web: Web, **more: Any) -> None:
    role(web.aws)
    await function(web.aws, CODE)
    web.aws.lambda_.add_permission(
        {
            "FunctionName": "work",
            "StatementId": "api",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"{API}/authorizers/a1",
        }
    )
    template = '"$context.authorizer.principalId $context.authorizer.n $context.authorizer.flag"'
    answer = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    own = method({**MOCK, "integrationResponses": answer}, authorizationType="CUSTOM", authorizerId="a1")
    web.api({"/orders": {"GET": own, "POST": own}}, authorizers=authorizer(**more))


async def told_to(web: Web, token: str, verb: str = "GET") -> tuple[int, Any]:
    response = await web.ask(verb, "/orders", {"Authorization": token} if token else {})
    return response.status, told(response)


@needs_functions
async def test_each_answer_of_an_authorizer_has_its_status(web: Web) -> None:
    await decided(web, authorizerResultTtlInSeconds=0)
    explicit = "User is not authorized to access this resource with an explicit deny in an identity-based policy"
    assert await told_to(web, "ok") == (200, "ann 1 true")
    assert await told_to(web, "") == (401, {"message": "Unauthorized"})
    assert await told_to(web, "nobody") == (401, {"message": "Unauthorized"})
    assert await told_to(web, "deny") == (403, {"Message": explicit})
    assert await told_to(web, "neither") == (403, {"Message": "User is not authorized to access this resource"})
    for token in ("broken", "malformed", "nested"):
        assert await told_to(web, token) == (500, {"message": None}), token
    assert len(web.aws.events("lambda.Invoked")) == 7  # nobody was asked about a request without a token


@needs_functions
async def test_a_cached_policy_is_judged_for_the_method_at_hand(web: Web) -> None:
    await decided(web)
    assert (await told_to(web, "narrow"))[0] == 200
    assert (await told_to(web, "narrow", "POST"))[0] == 403
    why = web.why()
    assert "too narrow for caching" in why.cause
    assert "authorizerResultTtlInSeconds,value=0" in why.remedy[0]
    assert (await told_to(web, "wide"))[0] == 200
    assert (await told_to(web, "wide", "POST"))[0] == 200
    assert len(web.aws.events("lambda.Invoked")) == 2
    await web.aws.advance(seconds=301)
    assert (await told_to(web, "narrow", "POST"))[0] == 200


@needs_functions
async def test_a_request_authorizer_knows_callers_by_its_identity_sources(web: Web) -> None:
    sources = "method.request.header.X-Token, method.request.querystring.tenant"
    await decided(web, type="REQUEST", identitySource=sources)
    assert (await web.ask("GET", "/orders", {"X-Token": "ok"})).status == 401
    assert (await web.ask("GET", "/orders?tenant=1", {"X-Token": "ok"})).status == 200
    assert (await web.ask("GET", "/orders?tenant=2", {"X-Token": "ok"})).status == 200
    assert (await web.ask("GET", "/orders?tenant=2", {"X-Token": "ok"})).status == 200
    assert len(web.aws.events("lambda.Invoked")) == 2


@needs_functions
async def test_an_authorizer_that_may_not_be_invoked_is_a_500(web: Web) -> None:
    await decided(web)
    web.aws.lambda_.remove_permission({"FunctionName": "work", "StatementId": "api"})
    assert await told_to(web, "ok") == (500, {"message": None})
    assert "authorizers/a1" in web.why().remedy[0]


@needs_functions
async def test_an_authorizer_can_give_the_api_key(web: Web) -> None:
    await decided(web)
    held = {"200": {"statusCode": "200", "responseTemplates": {"application/json": '"$context.identity.apiKeyId"'}}}
    own = method(
        {**MOCK, "integrationResponses": held}, authorizationType="CUSTOM", authorizerId="a1", apiKeyRequired=True
    )
    web.api({"/orders": {"GET": own}}, authorizers=authorizer(), restApi={"apiKeySource": "AUTHORIZER"})
    key(web, {})
    assert await told_to(web, VALUE) == (200, "k1")
    assert await told_to(web, "another") == (403, {"message": "Forbidden"})
    assert "usageIdentifierKey" in web.why().cause


# --- user pools

POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc"
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def part(of: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(of).encode()).decode().rstrip("=")


def token(web: Web, **claims: Any) -> str:
    now = web.aws.now // 1000
    own = {"iss": ISSUER, "sub": "s", "exp": now + 3600, "iat": now, "token_use": "id", "aud": "client", **claims}
    text = f"{part({'alg': 'RS256', 'kid': 'k'})}.{part(own)}"
    signature = KEY.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def pooled(web: Web, **more: Any) -> None:
    user_pools.Keys.of(web.aws.world)[ISSUER, "k"] = KEY.public_key()
    template = '"$context.authorizer.claims.sub"'
    answer = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    own = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "a1", **more}
    held = {"id": "a1", "name": "pool", "type": "COGNITO_USER_POOLS", "providerARNs": [POOL]}
    web.api({"/orders": {"GET": method({**MOCK, "integrationResponses": answer}, **own)}}, authorizers={"a1": held})


async def test_without_scopes_it_must_be_an_id_token(web: Web) -> None:
    pooled(web)
    assert await told_to(web, token(web)) == (200, "s")
    assert await told_to(web, f"Bearer {token(web)}") == (200, "s")
    assert await told_to(web, token(web, token_use="access", scope="a/b")) == (401, {"message": "Unauthorized"})
    assert "asks for an ID token" in web.why().cause


async def test_with_scopes_it_must_be_an_access_token_that_has_one(web: Web) -> None:
    pooled(web, authorizationScopes=["orders/read"])
    assert (await told_to(web, token(web, token_use="access", scope="x orders/read")))[0] == 200
    assert await told_to(web, token(web)) == (401, {"message": "Unauthorized"})
    assert "the client sent an id token" in web.why().cause
    assert (await told_to(web, token(web, token_use="access", scope="orders/write")))[0] == 401
    assert "none of the method's scopes" in web.why().cause


async def test_tokens_that_prove_nothing_are_refused_each_for_its_reason(web: Web) -> None:
    pooled(web)
    good = token(web)
    head, body, signature = good.split(".")
    unsigned = f"{part({'alg': 'none'})}.{body}."
    forged = f"{head}.{part({'iss': ISSUER, 'sub': 'root', 'exp': 9999999999, 'token_use': 'id'})}.{signature}"
    causes = []
    for bad in ("", "x", unsigned, forged, token(web, iss="https://evil/us-east-1_abc"), "a.b.c"):
        assert await told_to(web, bad) == (401, {"message": "Unauthorized"}), bad
        causes.append(web.why().cause)
    assert len(set(causes)) >= 5
    assert await told_to(web, token(web, exp=1)) == (401, {"message": "The incoming token has expired"})


async def test_a_token_of_a_real_user_pool_opens_the_method(web: Web) -> None:
    cognito = getattr(web.aws, "cognito-idp")
    pool = (await waited(cognito.create_user_pool({"PoolName": "shop"})))["UserPool"]
    client = await waited(
        cognito.create_user_pool_client(
            {
                "UserPoolId": pool["Id"],
                "ClientName": "web",
                "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            }
        )
    )
    place = {"UserPoolId": pool["Id"], "Username": "ann"}
    await waited(cognito.admin_create_user({**place, "MessageAction": "SUPPRESS"}))
    await waited(cognito.admin_set_user_password({**place, "Password": "Secret-123", "Permanent": True}))
    answer = await waited(
        cognito.admin_initiate_auth(
            {
                "UserPoolId": pool["Id"],
                "ClientId": client["UserPoolClient"]["ClientId"],
                "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": "ann", "PASSWORD": "Secret-123"},
            }
        )
    )
    tokens = answer["AuthenticationResult"]
    template = "\"$context.authorizer.claims['cognito:username']\""
    told_by = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    own = method({**MOCK, "integrationResponses": told_by}, authorizationType="COGNITO_USER_POOLS", authorizerId="a1")
    held = {"id": "a1", "name": "pool", "type": "COGNITO_USER_POOLS", "providerARNs": [pool["Arn"]]}
    web.api({"/orders": {"GET": own}}, authorizers={"a1": held})
    assert await told_to(web, tokens["IdToken"]) == (200, "ann")
    assert (await told_to(web, tokens["AccessToken"]))[0] == 401
    await web.aws.advance(seconds=3601)
    assert await told_to(web, tokens["IdToken"]) == (401, {"message": "The incoming token has expired"})


async def waited(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer
