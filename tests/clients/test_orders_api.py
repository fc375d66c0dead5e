"""An orders API (API Gateway, a function, a table, a user pool, plans in three tiers), made twice: by Terraform and by
importing a definition. A client signs in by SRP and meets each thing that may refuse it, and each refusal's cause.
"""

from __future__ import annotations

import http.client
import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from clients.running import Cloud, running
from clients.test_terraform import NOTHING_TO_CHANGE, STACKS, Terraform
from services.cognito_idp.signing import PASSWORD, SrpClient

pytestmark = pytest.mark.client
TIERS = {"free": (1, 2, 5), "silver": (10, 20, 1000), "premium": (100, 200, 100_000)}
ORDER = {"id": "7", "item": "umbrella"}


class Shop(NamedTuple):
    """What was deployed."""

    cloud: Cloud
    api: str
    pool: str
    client: str
    keys: dict[str, str]


class Answer(NamedTuple):
    """What a request came to."""

    status: int
    body: Any
    request_id: str


def package() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("orders.py", (2026, 1, 1, 0, 0, 0))
        archive.writestr(entry, (STACKS / "shop_api" / "orders.py").read_text())
    return made.getvalue()


def definition(function: str, pool: str) -> dict[str, Any]:
    """The same API as the stack's, as a definition with API Gateway's extensions."""
    method = {
        "responses": {},
        "security": [{"customers": [], "api_key": []}],
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
        },
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "shop", "version": "1"},
        "x-amazon-apigateway-binary-media-types": ["multipart/form-data"],
        "paths": {
            "/orders": {"post": method},
            "/orders/{id}": {"get": method},
            "/slow": {"get": method},
            "/broken": {"get": method},
        },
        "components": {
            "securitySchemes": {
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
                "customers": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "cognito_user_pools",
                    "x-amazon-apigateway-authorizer": {
                        "type": "cognito_user_pools",
                        "providerARNs": [f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{pool}"],
                    },
                },
            }
        },
    }


def imported(cloud: Cloud) -> Shop:
    """The API, made by its definition and the rest by boto3."""
    cloud.client("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:GetItem"], "Resource": "*"}
    role = iam.create_role(RoleName="orders-api", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="orders-api", PolicyName="orders", PolicyDocument=document(may))
    cloud.foulweather("clock", "advance", "1m")
    functions = cloud.client("lambda")
    function = functions.create_function(
        FunctionName="orders",
        Role=role,
        Runtime="python3.11",
        Handler="orders.handler",
        Code={"ZipFile": package()},
        Timeout=60,
        MemorySize=1769,
    )["FunctionArn"]
    pools = cloud.client("cognito-idp")
    pool = pools.create_user_pool(PoolName="customers")["UserPool"]["Id"]
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = pools.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
    gateway = cloud.client("apigateway")
    body = json.dumps(definition(function, pool)).encode()
    api = gateway.import_rest_api(body=body, failOnWarnings=True, parameters={"endpointConfigurationTypes": "REGIONAL"})
    gateway.create_deployment(restApiId=api["id"], stageName="prod")
    functions.add_permission(
        FunctionName="orders",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api['id']}/*/*",
    )
    keys: dict[str, str] = {}
    for tier, (rate, burst, quota) in TIERS.items():
        plan = gateway.create_usage_plan(
            name=tier,
            apiStages=[{"apiId": api["id"], "stage": "prod"}],
            throttle={"rateLimit": rate, "burstLimit": burst},
            quota={"limit": quota, "period": "MONTH"},
        )
        key = gateway.create_api_key(name=tier, enabled=True)
        gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
        keys[tier] = key["value"]
    cloud.foulweather("clock", "advance", "1m")  # until the function is active
    return Shop(cloud, api["id"], pool, client["UserPoolClient"]["ClientId"], keys)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def signed_in(shop: Shop) -> str:
    """The id token of a customer who proves the password without sending it."""
    pools = shop.cloud.client("cognito-idp")
    pools.admin_create_user(UserPoolId=shop.pool, Username="ann", MessageAction="SUPPRESS")
    pools.admin_set_user_password(UserPoolId=shop.pool, Username="ann", Password=PASSWORD, Permanent=True)
    unsigned = Config(signature_version=UNSIGNED)
    nobody = boto3.client("cognito-idp", endpoint_url=shop.cloud.endpoint, region_name="us-east-1", config=unsigned)
    proof = SrpClient(shop.pool)
    begun = nobody.initiate_auth(
        ClientId=shop.client, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "ann", "SRP_A": proof.a}
    )
    assert begun["ChallengeName"] == "PASSWORD_VERIFIER"
    answers = proof.responses(begun["ChallengeParameters"], PASSWORD)
    done = nobody.respond_to_auth_challenge(
        ClientId=shop.client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=answers
    )
    return str(done["AuthenticationResult"]["IdToken"])


def asked(
    shop: Shop, method: str, path: str, token: str = "", tier: str = "premium", body: Any = None, **headers: str
) -> Answer:
    """Send a request to the stage as any HTTP client would."""
    connection = http.client.HTTPConnection("127.0.0.1", shop.cloud.port, timeout=60)
    given = dict(headers)
    if token:
        given["Authorization"] = token
    if tier:
        given["x-api-key"] = shop.keys[tier]
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, f"/_aws/execute-api/{shop.api}/prod{path}", sent, given)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return Answer(answer.status, json.loads(read) if read else None, answer.headers["x-amzn-RequestId"])


def cause(shop: Shop, answer: Answer) -> str:
    """What `foulweather why` says of a request, first."""
    return shop.cloud.why(answer.request_id)[0]


def prove(shop: Shop) -> None:
    """Be served, and refused by each of the things that may."""
    token = signed_in(shop)
    made = asked(shop, "POST", "/orders", token, body=ORDER)
    assert (made.status, made.body) == (201, ORDER), cause(shop, made)
    read = asked(shop, "GET", "/orders/7", token)
    assert (read.status, read.body) == (200, {"order": ORDER, "for": "ann"})
    assert asked(shop, "GET", "/orders/8", token).status == 404

    stranger = asked(shop, "GET", "/orders/7")
    assert (stranger.status, stranger.body) == (401, {"message": "Unauthorized"})
    forged = asked(shop, "GET", "/orders/7", token[:-8] + "AAAAAAAA")
    assert forged.status == 401
    assert "signature" in cause(shop, forged)
    keyless = asked(shop, "GET", "/orders/7", token, tier="")
    assert (keyless.status, keyless.body) == (403, {"message": "Forbidden"})
    unknown = asked(shop, "GET", "/nothing")
    assert (unknown.status, unknown.body) == (403, {"message": "Missing Authentication Token"})

    broken = asked(shop, "GET", "/broken", token)
    assert (broken.status, broken.body) == (502, {"message": "Internal server error"})
    assert "statusCode" in cause(shop, broken) or "malformed" in cause(shop, broken).lower()

    before = clock(shop)
    slow = asked(shop, "GET", "/slow", token)
    assert (slow.status, slow.body) == (504, {"message": "Endpoint request timed out"})
    assert 29_000 <= clock(shop) - before < 31_000
    assert "29" in cause(shop, slow)

    throttled_and_out_of_quota(shop, token)


def throttled_and_out_of_quota(shop: Shop, token: str) -> None:
    """The free tier: two at once, one a second, five a month; the premium one goes on."""
    free = [asked(shop, "GET", "/orders/7", token, "free") for _ in range(3)]
    assert [each.status for each in free] == [200, 200, 429]
    assert free[2].body == {"message": "Too Many Requests"}
    assert "free" in cause(shop, free[2])
    for _ in range(3):
        shop.cloud.foulweather("clock", "advance", "2s")
        assert asked(shop, "GET", "/orders/7", token, "free").status == 200
    shop.cloud.foulweather("clock", "advance", "2s")
    spent = asked(shop, "GET", "/orders/7", token, "free")
    assert (spent.status, spent.body) == (429, {"message": "Limit Exceeded"})
    assert "quota" in cause(shop, spent).lower()
    assert asked(shop, "GET", "/orders/7", token, "premium").status == 200
    shop.cloud.foulweather("clock", "advance", "2h")
    expired = asked(shop, "GET", "/orders/7", token, "premium")
    assert (expired.status, expired.body) == (401, {"message": "The incoming token has expired"})
    assert "expired" in cause(shop, expired)


def clock(shop: Shop) -> int:
    return int(json.loads(shop.cloud.foulweather("clock", "show", "--json"))["now_ms"])


def test_a_shop_that_was_imported_serves_and_refuses(tmp_path: Path) -> None:
    with running(tmp_path, "--clock", "held") as cloud:
        prove(imported(cloud))


@pytest.mark.slow
@pytest.mark.needs("terraform", "terraform-provider-aws")
def test_a_shop_that_terraform_made_serves_and_refuses(tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(package())
    with running(tmp_path) as cloud:
        terraform = Terraform(cloud, tmp_path / "shop_api", "shop_api")
        options = ("-input=false", f"-var=package={tmp_path / 'package.zip'}")
        terraform("init", "-input=false")
        terraform("apply", "-auto-approve", *options)
        terraform("plan", "-detailed-exitcode", *options, status=NOTHING_TO_CHANGE)
        made = terraform.outputs()
        cloud.foulweather("clock", "hold")
        prove(Shop(cloud, made["api"], made["pool"], made["client"], made["keys"]))
        cloud.foulweather("clock", "release")
        terraform("destroy", "-auto-approve", *options)
